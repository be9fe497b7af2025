package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/dataset"
	"github.com/offhours/offhours/internal/postgres"
)

const generateHelp = `load generate --account ACCOUNT [flags]

Adds invented records like those of a field-force CRM, with all that is hard
about real ones. The same seed gives the same records for the same dates; one
that was used for the type before is refused.

  DATABASE_URL=postgres://localhost/offhours \
    load generate --account 1 --type "Document Collection" --records 20000 --seed 1 --if-empty

    load generate --account 1 --type "Phone Call" --records 1000000 --seed 7 \
      --modified-from 2015-01-01 --modified-to 2020-12-31

With --attachments a share of the records has one to three attachments, files in
a Custom Field Set, or both: small ones, in the bucket of OFFHOURS_BUCKET_URL.

    load generate --account 1 --type "Site Visit" --records 5000 --attachments 0.05

`

// generateRun is what was asked of one generation.
type generateRun struct {
	account string
	options dataset.GeneratorOptions
	ifEmpty bool
}

func (l loader) generate(ctx context.Context, args []string) error {
	run, err := l.parseGenerate(args)
	if err != nil {
		return err
	}
	db, err := l.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	if run.options.AccountID, err = findAccount(ctx, db, run.account); err != nil {
		return err
	}
	if run.ifEmpty {
		full, err := db.HasRecords(ctx, run.options.AccountID, run.options.TypeName)
		if err != nil {
			return fmt.Errorf("look for records: %w", err)
		}
		if full {
			fmt.Fprintf(l.stdout, "%s has records already; none were generated\n", printable(run.options.TypeName))
			return nil
		}
	}
	return l.generateRecords(ctx, db, run.options)
}

func (l loader) parseGenerate(args []string) (run generateRun, err error) {
	today := offhours.DateOf(l.now, time.UTC)
	from, to := today.AddDays(-3*365), today.AddDays(-1)
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	flags.StringVar(&run.account, "account", "", "`id` or name of the account (needed)")
	flags.StringVar(&run.options.TypeName, "type", "Document Collection", "`name` of the activity type; it is created if it is not there")
	flags.IntVar(&run.options.Records, "records", 20_000, "`number` of records")
	flags.Uint64Var(&run.options.Seed, "seed", 1, "`number` from which everything follows")
	flags.Float64Var(&run.options.Attachments, "attachments", 0, "`share` of records with files, from 0 to 1")
	flags.BoolVar(&run.ifEmpty, "if-empty", false, "do nothing if the type has records")
	flags.TextVar(&from, "modified-from", from, "first `date`, in UTC, on which records were modified")
	flags.TextVar(&to, "modified-to", to, "last `date`, in UTC, on which records were modified")
	if _, err := l.parse(flags, generateHelp, args); err != nil {
		return run, err
	}
	if run.account == "" {
		return run, usagef("load generate needs --account; see load generate --help")
	}
	run.options.From, run.options.Until = startOf(from), startOf(to.AddDays(1))
	if _, err := dataset.NewGenerator(run.options); err != nil {
		return run, usagef("%v; see load generate --help", err)
	}
	if run.options.Attachments > 0 && l.bucketURL == "" {
		return run, usageError{errNoBucket.Error()}
	}
	return run, nil
}

func startOf(d offhours.Date) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}

func (l loader) generateRecords(ctx context.Context, db *postgres.DB, options dataset.GeneratorOptions) error {
	generator, err := dataset.NewGenerator(options)
	if err != nil {
		return err
	}
	p := l.newProgress("generating", "records", int64(options.Records))
	files := &bucket{url: l.bucketURL, stored: p.addFiles}
	defer files.close()
	next := files.records(ctx, p.records(generator.Next))
	result, err := db.LoadFreshRecords(ctx, options.AccountID, options.TypeName, generator.Fields(), next, files)
	p.finish("")
	if errors.Is(err, postgres.ErrAlreadyLoaded) {
		return fmt.Errorf("records of seed %d are there already; give another --seed, or --if-empty", options.Seed)
	}
	if err != nil {
		return fmt.Errorf("generate: %w", err)
	}
	l.tellResult(result)
	return nil
}
