package archive

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// disk writes the files of a file bucket. gocloud.dev/blob/fileblob reads them,
// but its own files are not synced, so that a power cut after the delete was
// committed would lose the only copy, and two writers of one name can both
// believe that theirs was the first.
type disk struct {
	dir  string
	home os.FileInfo // of dir, when it was opened
	sync func(*os.File) error
}

const (
	folderMode = 0o750
	fileMode   = 0o640
	// unfinished ends the names of files being written. They stand beside the
	// final name, because a link does not leave a file system.
	unfinished = ".tmp"
)

func openDisk(dir string) (*disk, error) {
	d := &disk{dir: dir, sync: (*os.File).Sync}
	if err := d.syncFoldersAbove(dir); err != nil {
		return nil, err
	}
	var err error
	d.home, err = os.Stat(dir)
	return d, err
}

// syncFoldersAbove brings the bucket's own name to the disk, and those of all folders
// that may have been made with it: now, or by a process that was killed before it
// could do this. One that may not be read was not.
func (d *disk) syncFoldersAbove(dir string) error {
	for above := filepath.Dir(dir); above != dir; dir, above = above, filepath.Dir(above) {
		folder, err := os.Open(above)
		if errors.Is(err, fs.ErrPermission) {
			continue
		}
		if err == nil {
			err = d.syncAndClose(folder)
		}
		if err != nil {
			return fmt.Errorf("sync the folder above the bucket: %w", err)
		}
	}
	return nil
}

// present returns an error while the folder is not the one that was opened.
// fileblob would take a file in a folder that is away, or a volume that is not
// mounted, for one that does not exist.
func (d *disk) present() error {
	now, err := os.Stat(d.dir)
	return d.same(now, err)
}

func (d *disk) same(now os.FileInfo, err error) error {
	if err == nil && !os.SameFile(now, d.home) {
		err = errors.New("another folder is in its place")
	}
	if err != nil {
		return fmt.Errorf("the bucket is away: %w", err)
	}
	return nil
}

// open opens the folder for one file: nothing can be written outside of it, nor
// into another one that takes its place meanwhile.
func (d *disk) open() (*os.Root, error) {
	root, err := os.OpenRoot(d.dir)
	if err != nil {
		return nil, fmt.Errorf("the bucket is away: %w", err)
	}
	if err := d.same(root.Stat(".")); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return root, nil
}

func (d *disk) create(ctx context.Context, key string) (*diskWriter, error) {
	root, err := d.open()
	if err != nil {
		return nil, err
	}
	w := &diskWriter{ctx: ctx, disk: d, root: root, name: filepath.FromSlash(key)}
	w.temp = w.name + "." + rand.Text() + unfinished
	if err := root.MkdirAll(filepath.Dir(w.name), folderMode); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	if w.file, err = root.OpenFile(w.temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return w, nil
}

// diskWriter writes a file of a file bucket.
type diskWriter struct {
	ctx        context.Context
	disk       *disk
	root       *os.Root
	file       *os.File
	name, temp string
}

func (w *diskWriter) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.file.Write(p)
}

// commit brings the bytes to the disk, then the name, then the folders that lead
// to it: at no time can a power cut leave a name without its bytes.
func (w *diskWriter) commit() error {
	defer w.abort()
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if err := w.disk.sync(w.file); err != nil {
		return err
	}
	if err := w.disk.present(); err != nil {
		return err
	}
	err := w.root.Link(w.temp, w.name) // unlike a rename, it fails if the name is taken
	if errors.Is(err, fs.ErrExist) {
		return ErrExists
	}
	if err != nil {
		return err
	}
	if err := w.syncFolders(); err != nil {
		return errors.Join(err, w.root.Remove(w.name)) // nobody may find what a power cut may take away
	}
	return nil
}

// abort removes the unfinished name; a committed file has another one by then.
func (w *diskWriter) abort() {
	_ = w.root.Remove(w.temp)
	_ = w.file.Close()
	_ = w.root.Close()
}

// syncFolders goes from the file's folder up to the bucket's: one of them may be
// new.
func (w *diskWriter) syncFolders() error {
	for name := w.name; name != "."; {
		name = filepath.Dir(name)
		folder, err := w.root.Open(name)
		if err == nil {
			err = w.disk.syncAndClose(folder)
		}
		if err != nil {
			return fmt.Errorf("sync the folder: %w", err)
		}
	}
	return nil
}

// forgotten brings the removal of a name to the disk: a power cut must not bring
// back what is recorded as gone, for nobody would remove it again. The folder may
// be a link to another disk, if it is one of the CRM's.
func (d *disk) forgotten(name string) error {
	folder, err := os.Open(filepath.Join(d.dir, filepath.Dir(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return d.present() // and nothing in it
	}
	if err == nil {
		err = d.syncAndClose(folder)
	}
	if err != nil {
		return fmt.Errorf("sync the folder: %w", err)
	}
	return nil
}

func (d *disk) syncAndClose(f *os.File) error {
	defer f.Close()
	return d.sync(f)
}
