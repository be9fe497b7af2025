package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// Scratch makes a temporary folder that PostgreSQL's own user may enter.
func Scratch(prefix string) (string, error) {
	dir, err := os.MkdirTemp("", prefix)
	if err != nil {
		return "", fmt.Errorf("make a scratch folder: %w", err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", fmt.Errorf("open the scratch folder to PostgreSQL: %w", err)
	}
	return dir, nil
}

// Leave removes a scratch folder, or says where it is kept: because somebody asked for
// it, or for its logs, as something failed that nobody has interrupted.
func Leave(ctx context.Context, dir string, keep, failed bool, out io.Writer) {
	if keep || failed && ctx.Err() == nil {
		fmt.Fprintf(out, "Scratch folder kept: %s\n", dir)
	} else if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintf(out, "The scratch folder cannot be removed: %v\n", err)
	}
}

// CheckBinaries names what is missing in a folder of binaries, before a stack is
// started for nothing.
func CheckBinaries(bin string, names ...string) error {
	var missing []error
	for _, name := range names {
		if _, err := exec.LookPath(filepath.Join(bin, name)); err != nil {
			missing = append(missing, fmt.Errorf("the binary %s is missing in %s: build the product, or say with --bin where it is", name, bin))
		}
	}
	return errors.Join(missing...)
}
