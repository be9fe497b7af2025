package archive

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"github.com/offhours/offhours"
)

// filesEnd is where the files of a manifest end, in the form that it is written.
const filesEnd = "\n  ],\n  \"writtenOn\""

// WriteManifest writes the manifest and reads it back. It is the last file of an
// export: one without a manifest is not an export. The attachments, of which there
// may be hundreds of thousands, follow its other files one by one; nil means none.
func (s *Store) WriteManifest(ctx context.Context, ref offhours.RequestRef, attempt string, manifest offhours.Manifest, attachments iter.Seq2[offhours.ManifestFile, error]) (offhours.Stored, error) {
	text, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return offhours.Stored{}, fmt.Errorf("encode the manifest: %w", err)
	}
	head, tail := append(text, '\n'), []byte(nil)
	if at := bytes.LastIndex(text, []byte(filesEnd)); at > 0 {
		head, tail = text[:at:at], append(text[at:], '\n')
	}
	file, err := s.Create(ctx, ManifestKey(ref, attempt), "application/json")
	if err != nil {
		return offhours.Stored{}, err
	}
	if attachments == nil {
		attachments = func(func(offhours.ManifestFile, error) bool) {}
	}
	if err := writeManifest(file, head, attachments, tail); err != nil {
		file.Abort()
		return offhours.Stored{}, err
	}
	written, err := file.Commit()
	if err != nil {
		return offhours.Stored{}, err
	}
	return written, s.verify(ctx, written)
}

func writeManifest(to io.Writer, head []byte, attachments iter.Seq2[offhours.ManifestFile, error], tail []byte) error {
	out := bufio.NewWriterSize(to, flushAt)
	_, _ = out.Write(head) // Flush returns its error
	for file, err := range attachments {
		if err != nil {
			return err
		}
		text, err := json.MarshalIndent(file, "    ", "  ")
		if err != nil {
			return fmt.Errorf("encode the manifest: %w", err)
		}
		_, _ = out.WriteString(",\n    ")
		_, _ = out.Write(text)
	}
	_, _ = out.Write(tail)
	return out.Flush()
}

// verify reads a file back and compares it with what was written.
func (s *Store) verify(ctx context.Context, written offhours.Stored) error {
	r, err := s.read(ctx, written.Key)
	if err != nil {
		return err
	}
	defer r.Close()
	return r.finish(written)
}
