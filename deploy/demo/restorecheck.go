package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

const restoreCheck = "starter restore-check"

// checkDownloads asks the product's own tool, without its environment, whether
// what was downloaded holds all that the report calls deleted.
func (d *demo) checkDownloads(ctx context.Context) error {
	return d.restoreCheck(ctx, d.downloads, restoreCheck, fmt.Sprintf("whole, with %d deleted records", d.export.seen.Outcomes.Deleted))
}

// restoreCheck compares the tool's verdict on a folder with what it has to be.
func (d *demo) restoreCheck(ctx context.Context, dir, step, expected string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(d.settings.bin, "starter"), "restore-check", dir,
		"--report", filepath.Join(d.scratch, "report-"+d.export.name+".csv"), "--output", "json")
	cmd.Env = []string{}
	var said, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &problems
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		return fmt.Errorf("%s: %w", restoreCheck, err)
	}
	var verdict struct {
		Report *struct{ Deleted int }
		Faults []struct{ File, Detail string }
	}
	if err := json.Unmarshal(said.Bytes(), &verdict); err != nil {
		return fmt.Errorf("%s: %w in %s%s", restoreCheck, err, said.String(), problems.String())
	}
	var seen []string
	for _, fault := range verdict.Faults {
		seen = append(seen, fault.File+": "+fault.Detail)
	}
	if cmd.ProcessState.Success() && verdict.Report != nil {
		seen = append(seen, fmt.Sprintf("whole, with %d deleted records", verdict.Report.Deleted))
	}
	d.results.equal(step, expected, strings.Join(seen, "; "))
	return nil
}
