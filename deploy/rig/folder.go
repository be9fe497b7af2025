package rig

import (
	"errors"
	"fmt"
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
