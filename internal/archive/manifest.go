package archive

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/offhours/offhours"
)

// WriteManifest writes the manifest and reads it back. It is the last file of an
// export: one without a manifest is not an export.
func (s *Store) WriteManifest(ctx context.Context, ref offhours.RequestRef, attempt string, manifest offhours.Manifest) (offhours.Stored, error) {
	text, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return offhours.Stored{}, fmt.Errorf("encode the manifest: %w", err)
	}
	text = append(text, '\n')
	file, err := s.Create(ctx, ManifestKey(ref, attempt), "application/json")
	if err != nil {
		return offhours.Stored{}, err
	}
	if _, err := file.Write(text); err != nil {
		file.Abort()
		return offhours.Stored{}, err
	}
	written, err := file.Commit()
	if err != nil {
		return offhours.Stored{}, err
	}
	return written, s.verify(ctx, written, text)
}

// verify reads a small file back and compares every byte.
func (s *Store) verify(ctx context.Context, written offhours.Stored, text []byte) error {
	r, err := s.read(ctx, written.Key)
	if err != nil {
		return err
	}
	defer r.Close()
	stored, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if !bytes.Equal(stored, text) {
		return fmt.Errorf("%w: the manifest", offhours.ErrCorrupt)
	}
	return nil
}
