package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/archive"
)

const restoreCheckAbout = `Prove that a folder with a downloaded export holds all that is needed to restore
its records: the manifest and every file that it names, under those names. It
reads the folder alone, without a network, a database or a setting.

  files        each is there, with the bytes and the SHA-256 of the manifest
  records      each CSV file and its delete list hold the same records, in order,
               inside the selection, as many and with the keys that the manifest
               says; custom fields in both say the same
  attachments  each copy that a record names is there, and belongs to it alone
  report       every record that was deleted stands, as it was when it was deleted,
               in the file that the report names. The report is looked for in the
               folder as it is downloaded, report-ID.csv, or where --report says

The manifest is vouched for by its own SHA-256: compare it with the one in the list
of the request's files.

The exit code is 10 if something is not right; every file that has to be downloaded
again is named. Run it before the files go, thirty days after the request was created.`

const restoreCheckExamples = `  starter restore-check export
  starter restore-check export --report report-01a20e7a-6337-790d-804f-a425c2a797af.csv
  starter restore-check export --output json | jq -r '.faults[].file'`

func (t *tool) restoreCheckCommand() *cobra.Command {
	var report string
	command := &cobra.Command{
		Use:     "restore-check FOLDER",
		Short:   "Prove that a downloaded export can be restored, offline",
		Long:    restoreCheckAbout,
		Example: restoreCheckExamples,
		Args:    cobra.ExactArgs(1),
		RunE: t.does(func(ctx context.Context, args []string) error {
			return t.restoreCheck(ctx, args[0], report)
		}),
	}
	command.Flags().StringVar(&report, "report", "", "the request's report, a `file`")
	return command
}

// verdict is what was found in a folder.
type verdict struct {
	Whole      bool             `json:"whole"`
	Manifest   *manifestJSON    `json:"manifest"` // nil: it has a fault
	Report     *reportJSON      `json:"report"`   // nil: not compared, or it has a fault
	Faults     []*archive.Fault `json:"faults"`
	OtherFiles []string         `json:"otherFiles"` // in the folder, but not in the export
}

type manifestJSON struct {
	Request            offhours.ManifestRequest `json:"request"`
	SHA256             string                   `json:"sha256"`
	Files              int                      `json:"files"`
	Bytes              int64                    `json:"bytes"`
	Records            int                      `json:"records"`
	Attachments        int                      `json:"attachments"`
	MissingAttachments int                      `json:"missingAttachments"`
	WrittenOn          time.Time                `json:"writtenOn"`
}

type reportJSON struct {
	File    string `json:"file"`
	Deleted int    `json:"deleted"`
}

func (t *tool) restoreCheck(ctx context.Context, dir, report string) error {
	checked, err := archive.CheckExport(ctx, dir)
	if err != nil {
		return err
	}
	v := verdict{Faults: append([]*archive.Fault{}, checked.Faults...), OtherFiles: append([]string{}, checked.Strangers...)}
	if checked.Export != nil {
		v.Manifest = describe(checked.Export)
		report = v.findReport(dir, report)
	}
	if len(v.Faults) == 0 && report != "" {
		if err := v.compare(checked.Export, report); err != nil {
			return err
		}
	}
	v.Whole = len(v.Faults) == 0
	if err := t.printVerdict(v); err != nil || v.Whole {
		return err
	}
	return exit(exitNotWhole)
}

func describe(e *archive.Export) *manifestJSON {
	m := &manifestJSON{
		Request: e.Manifest.Request, SHA256: e.ManifestSHA256, Files: len(e.Manifest.Files), Records: e.Manifest.Records,
		Attachments: e.Manifest.Attachments, MissingAttachments: e.Manifest.MissingAttachments, WrittenOn: e.Manifest.WrittenOn,
	}
	for _, file := range e.Manifest.Files {
		m.Bytes += file.Bytes
	}
	return m
}

// findReport returns the report that was named, or else the one that was downloaded
// beside the export, if any.
func (v *verdict) findReport(dir, named string) string {
	name := "report-" + v.Manifest.Request.ID + ".csv"
	beside := slices.Index(v.OtherFiles, name)
	if beside >= 0 {
		v.OtherFiles = slices.Delete(v.OtherFiles, beside, beside+1)
	}
	if named != "" || beside < 0 {
		return named
	}
	return filepath.Join(dir, name)
}

// compare compares a whole export with its report.
func (v *verdict) compare(e *archive.Export, report string) error {
	file, err := os.Open(report)
	if err != nil {
		return fmt.Errorf("read the report: %w", err)
	}
	defer file.Close()
	name := filepath.Base(report)
	deleted, err := e.CheckReport(name, file)
	var fault *archive.Fault
	if errors.As(err, &fault) {
		v.Faults = append(v.Faults, fault)
		return nil
	}
	v.Report = &reportJSON{name, deleted}
	return err
}

func (t *tool) printVerdict(v verdict) error {
	if t.output == jsonFormat {
		return t.printJSON(v)
	}
	var rows [][]string
	if m := v.Manifest; m != nil {
		rows = append(rows,
			[]string{"Request", m.Request.ID},
			[]string{"Account", strconv.FormatInt(m.Request.AccountID, 10)},
			[]string{"Activity type", fmt.Sprintf("%d %s", m.Request.ActivityType, printable(m.Request.EntityName))},
			[]string{"Selection", selected(m.Request.Selection)},
			[]string{"Written", clock(m.WrittenOn)},
			[]string{"Manifest", "SHA-256 " + m.SHA256},
			[]string{"Files", fmt.Sprintf("%d, %d bytes", m.Files, m.Bytes)},
			[]string{"Records", strconv.Itoa(m.Records)},
			[]string{"Attachments", fmt.Sprintf("%d, and %d that were missing when they were exported", m.Attachments, m.MissingAttachments)})
	}
	if v.Report != nil {
		rows = append(rows, []string{"Report", fmt.Sprintf("%s: %d records were deleted", printable(v.Report.File), v.Report.Deleted)})
	}
	for _, name := range v.OtherFiles {
		rows = append(rows, []string{"Not of it", printable(name)})
	}
	for _, fault := range v.Faults {
		rows = append(rows, []string{"WRONG", printable(fault.File) + ": " + printable(fault.Detail)})
	}
	printRows(t.stdout, rows...)
	fmt.Fprintln(t.stdout, v.sentence())
	return nil
}

// sentence is the verdict in words.
func (v verdict) sentence() string {
	switch {
	case v.Whole && v.Report != nil:
		return "The export is whole: every record that the request deleted can be restored from it."
	case v.Whole:
		return "The export is whole: every record in it can be restored. Put the request's report beside it to check that no deleted record is missing."
	}
	return fmt.Sprintf("THE EXPORT IS NOT WHOLE. What is wrong: %d. Download what is named above again while you can, and check once more.", len(v.Faults))
}
