package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/archive"
)

// downloadExport fetches every file of the export over REST into a folder, and
// compares each with what the listing said of it.
func (d *demo) downloadExport(ctx context.Context) error {
	d.downloads = filepath.Join(d.scratch, "files")
	if err := os.Mkdir(d.downloads, 0o755); err != nil {
		return fmt.Errorf("make a folder for the files: %w", err)
	}
	listing, err := d.admin.files(ctx, d.export.seen.ID)
	if err != nil {
		return fmt.Errorf("list the files: %w", err)
	}
	same := 0
	for _, file := range listing.Items {
		got, err := d.downloadFile(ctx, file.Name)
		if err != nil {
			return err
		}
		if got == (offhours.Stored{Bytes: file.Bytes, SHA256: file.SHA256}) {
			same++
		}
	}
	d.say("Download", "%d files", len(listing.Items))
	d.results.equal("files that are what the listing says", len(listing.Items), same)
	return d.compareWithManifest(listing)
}

// downloadFile fetches one file. Its name comes from the server, so one that
// leads out of the folder is refused.
func (d *demo) downloadFile(ctx context.Context, name string) (offhours.Stored, error) {
	if !filepath.IsLocal(name) || filepath.Base(name) != name {
		return offhours.Stored{}, fmt.Errorf("the listing has a file named %q", name)
	}
	path := requestsPath + "/" + d.export.seen.ID + "/files/" + url.PathEscape(name)
	return d.downloadTo(ctx, path, filepath.Join(d.downloads, name))
}

// downloadTo fetches what an admin gets under a path, and measures it on the way.
func (d *demo) downloadTo(ctx context.Context, path, file string) (offhours.Stored, error) {
	f, err := os.Create(file)
	if err != nil {
		return offhours.Stored{}, fmt.Errorf("create a file to download to: %w", err)
	}
	sum := sha256.New()
	err = d.admin.Download(ctx, path, io.MultiWriter(f, sum))
	end, seekErr := f.Seek(0, io.SeekEnd)
	if err := errors.Join(err, seekErr, f.Close()); err != nil {
		return offhours.Stored{}, fmt.Errorf("download %s: %w", filepath.Base(file), err)
	}
	return offhours.Stored{Bytes: end, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

// compareWithManifest checks that the manifest names every listed file but
// itself, with the same bytes, and nothing else.
func (d *demo) compareWithManifest(listing fileList) error {
	export, err := archive.OpenExport(d.downloads)
	d.results.holds("the export proves itself, offline", "complete and consistent", orProblem(err, "complete and consistent"), err == nil)
	if err != nil {
		return err
	}
	lines := func(files []offhours.ManifestFile) (all []string) {
		for _, f := range files {
			if f.Name != offhours.ManifestName {
				all = append(all, fmt.Sprintf("%s %s %d %d %s", f.Name, f.Kind, f.Rows, f.Bytes, f.SHA256))
			}
		}
		slices.Sort(all)
		return all
	}
	named, listed := lines(export.Manifest.Files), lines(listing.Items)
	d.results.holds("files in the manifest and the listing", fmt.Sprintf("the same %d and the manifest", len(listed)),
		fmt.Sprintf("%d and %d", len(named), len(listed)), slices.Equal(named, listed) && len(listing.Items) == len(listed)+1)
	d.results.equal("records in the manifest", d.export.selected(), export.Manifest.Records)
	return d.findEdited(export)
}

// findEdited checks that the export holds the edited record as it was before.
func (d *demo) findEdited(export *archive.Export) error {
	seen := "not at all"
	for record, err := range export.Records() {
		if err != nil {
			return err
		}
		if record.ID == d.edit.id {
			seen = archive.FormatTime(record.ModifiedOn)
		}
	}
	d.results.equal("edited record, in the export as modified", archive.FormatTime(d.edit.modified), seen)
	return nil
}

// orProblem is the first line of an error, or what to say without one.
func orProblem(err error, without string) string {
	if err == nil {
		return without
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}
