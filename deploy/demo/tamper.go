package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/archive"
)

// tamper shows that the comparison would notice: it flips one bit of one byte
// in a copy of the files, first plainly, and then so that all checksums are
// right again.
func (d *demo) tamper(ctx context.Context) error {
	d.say("Tamper", "one byte is flipped in a copy of what was downloaded, then the manifest is forged too")
	dir := filepath.Join(d.scratch, "tampered")
	if err := os.CopyFS(dir, os.DirFS(d.downloads)); err != nil {
		return fmt.Errorf("copy the files: %w", err)
	}
	if err := d.tamperAttachment(dir); err != nil {
		return err
	}
	name, err := d.flipByte(ctx, dir)
	if err != nil {
		return err
	}
	_, diff, err := d.rebuild(ctx, dir, "tampered")
	d.results.equal("the same, with one byte flipped", "refused: "+name, refusedOr(err, diff))
	if err := d.restoreCheck(ctx, dir, "the same, "+restoreCheck, name+": it has another SHA-256"); err != nil {
		return err
	}

	if err := forgeManifest(dir, name); err != nil {
		return err
	}
	_, diff, err = d.rebuild(ctx, dir, "forged")
	d.results.equal("the same, with a forged manifest", difference{1, 1}, refusedOr(err, diff))
	return nil
}

// tamperAttachment flips a bit of an attachment, and back again.
func (d *demo) tamperAttachment(dir string) error {
	export, err := archive.OpenExport(dir)
	if err != nil {
		return err
	}
	for _, file := range export.Manifest.Files {
		if file.Kind != offhours.FileAttachment || file.Bytes == 0 {
			continue
		}
		path := filepath.Join(dir, file.Name)
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		content[len(content)/2] ^= 1
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
		_, err = archive.OpenExport(dir)
		d.results.equal("the same, with one byte of a file flipped", "refused: "+file.Name, refusedOr(err, difference{}))
		content[len(content)/2] ^= 1
		return os.WriteFile(path, content, 0o644)
	}
	return errors.New("the export holds no attachment")
}

// refusedOr names the file for which an export was refused, or else the
// difference that was found in it.
func refusedOr(err error, diff difference) string {
	switch {
	case errors.Is(err, offhours.ErrCorrupt):
		file, _, _ := strings.Cut(err.Error(), ":")
		return "refused: " + file
	case err != nil:
		return err.Error()
	}
	return diff.String()
}

// flipByte flips the last digit of the microseconds at which a deleted record
// was created: every record has some, and it stays a valid time.
func (d *demo) flipByte(ctx context.Context, dir string) (name string, err error) {
	export, err := archive.OpenExport(dir)
	if err != nil {
		return "", err
	}
	deleted, err := d.deletedFiles(ctx)
	if err != nil {
		return "", err
	}
	for record, err := range export.Records() {
		if err != nil {
			return "", err
		}
		if deleted[record.ID] == record.File {
			return record.File, flipCreatedOn(filepath.Join(dir, record.File), record)
		}
	}
	return "", errors.New("the export holds no deleted record")
}

func flipCreatedOn(path string, record archive.Exported) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	row := bytes.Index(text, []byte("\n\""+record.ID+"\","))
	at := -1
	if row >= 0 {
		at = bytes.Index(text[row:], []byte(`"`+archive.FormatTime(record.CreatedOn)+`",`))
	}
	if at < 0 {
		return fmt.Errorf("%s does not show when record %s was created", filepath.Base(path), record.ID)
	}
	text[row+at+len(`"2006-01-02T15:04:05.00000`)] ^= 1
	return os.WriteFile(path, text, 0o644)
}

// forgeManifest makes the manifest agree with a file that was changed.
func forgeManifest(dir, name string) error {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	path := filepath.Join(dir, offhours.ManifestName)
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var manifest offhours.Manifest
	if err := json.Unmarshal(old, &manifest); err != nil {
		return fmt.Errorf("read the manifest: %w", err)
	}
	sum := sha256.Sum256(text)
	for i := range manifest.Files {
		if manifest.Files[i].Name == name {
			manifest.Files[i].SHA256 = hex.EncodeToString(sum[:])
		}
	}
	forged, err := json.Marshal(manifest)
	if err != nil {
		return err
	}
	return os.WriteFile(path, forged, 0o644)
}
