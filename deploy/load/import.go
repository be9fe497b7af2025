package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/dataset"
)

const importHelp = `load import --account ACCOUNT --mapping FILE [flags] FILE

Adds the rows of a CSV file as records. A mapping says which columns become
what: deploy/load/sf311.yaml is one, with everything explained. Ids derive from
the external key, so importing a file twice changes nothing. Values are stored
byte for byte.

  DATABASE_URL=postgres://localhost/offhours \
    load import --account 1 --mapping deploy/load/sf311.yaml deploy/load/sample.csv

If any row is malformed, nothing is loaded and the first problems are listed by
line. To load the others:

    load import --account 1 --mapping my.yaml --skip-bad --bad-rows bad.csv my.csv

A mapping may say that a column names files, in a Custom Field Set. Small
invented ones are then stored in the bucket of OFFHOURS_BUCKET_URL; nothing is
fetched.

`

// importRun is what was asked of one import.
type importRun struct {
	account, mapping, badRows, file string
	skipBad                         bool
}

func (l loader) importFile(ctx context.Context, args []string) error {
	run, err := l.parseImport(args)
	if err != nil {
		return err
	}
	mapping, err := dataset.ReadMapping(run.mapping)
	if err != nil {
		return err
	}
	file, err := os.Open(run.file)
	if err != nil {
		return fmt.Errorf("open the CSV file: %w", err)
	}
	defer file.Close()
	return l.importRows(ctx, run, mapping, file)
}

func (l loader) parseImport(args []string) (run importRun, err error) {
	flags := flag.NewFlagSet("import", flag.ContinueOnError)
	flags.StringVar(&run.account, "account", "", "`id` or name of the account (needed)")
	flags.StringVar(&run.mapping, "mapping", "", "YAML `file` that maps the columns (needed)")
	flags.BoolVar(&run.skipBad, "skip-bad", false, "leave malformed rows out, and list them on stderr")
	flags.StringVar(&run.badRows, "bad-rows", "", "`file` for the list of all problems (CSV: line, column, problem), with --skip-bad")
	operands, err := l.parse(flags, importHelp, args, "FILE")
	switch {
	case err != nil:
		return run, err
	case run.account == "" || run.mapping == "":
		return run, usagef("load import needs --account and --mapping; see load import --help")
	case run.badRows != "" && !run.skipBad:
		return run, usagef("--bad-rows lists what --skip-bad leaves out; give both")
	}
	run.file = operands[0]
	return run, nil
}

func (l loader) importRows(ctx context.Context, run importRun, mapping dataset.Mapping, file *os.File) error {
	db, err := l.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	accountID, err := findAccount(ctx, db, run.account)
	if err != nil {
		return err
	}
	bad, err := l.newBadRows(run)
	if err != nil {
		return err
	}
	defer bad.close()
	p := l.newProgress("reading", "B", sizeOf(file))
	reader, err := dataset.NewReader(p.reader(file), accountID, mapping, bad.skip())
	if err != nil {
		return fmt.Errorf("import %s: %w", run.file, err)
	}
	storing := l.newProgress("storing", "files", -1)
	defer storing.finish("")
	files := &bucket{url: l.bucketURL, stored: storing.add}
	defer files.close()
	result, err := db.LoadRecords(ctx, accountID, reader.Fields(), files.records(ctx, func() (offhours.Incoming, error) {
		in, err := reader.Next()
		if err != io.EOF {
			return in, err
		}
		p.finish("storing the records…")
		if err := bad.close(); err != nil {
			return in, err // before anything is stored
		}
		return in, io.EOF
	}), files)
	if err != nil {
		p.finish("")
		return fmt.Errorf("import %s: %w", run.file, err)
	}
	l.tellResult(result)
	bad.tell(reader.Skipped())
	return nil
}

// sizeOf is the size of a regular file; -1 of anything else.
func sizeOf(file *os.File) int64 {
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return -1
	}
	return info.Size()
}
