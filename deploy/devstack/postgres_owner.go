package main

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// owner is the user PostgreSQL runs as when devstack is root, which PostgreSQL
// refuses to be. A nil owner stands for the user who runs devstack.
type owner struct {
	name     string
	uid, gid uint32
}

// findOwner returns nil unless devstack runs as root.
func findOwner() (*owner, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return nil, fmt.Errorf("read ids of user %s: %w", name, err)
		}
		return &owner{name: name, uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL refuses to run as root and this machine has neither a user postgres nor nobody: run devstack as another user")
}

// attributes are those of a process that runs as the owner.
func (o *owner) attributes() *syscall.SysProcAttr {
	if o == nil {
		return &syscall.SysProcAttr{}
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: o.uid, Gid: o.gid}}
}

// take makes the owner the owner of the folder.
func (o *owner) take(folder string) error {
	if o == nil {
		return nil
	}
	if err := os.Chown(folder, int(o.uid), int(o.gid)); err != nil {
		return fmt.Errorf("give %s to user %s: %w", folder, o.name, err)
	}
	return nil
}

// reaches returns an error that names the folder which keeps the owner from
// entering path, if there is one. PostgreSQL's own message would not.
func (o *owner) reaches(path string) error {
	if o == nil {
		return nil
	}
	for {
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("check access of user %s: %w", o.name, err)
		}
		if !o.mayEnter(info) {
			return fmt.Errorf("PostgreSQL runs as user %s, because it refuses to be root, and that user may not enter %s (%s): chmod o+x it, or choose another folder with --dir",
				o.name, path, info.Mode())
		}
		parent := filepath.Dir(path)
		if parent == path {
			return nil
		}
		path = parent
	}
}

func (o *owner) mayEnter(folder os.FileInfo) bool {
	bit := os.FileMode(0o001)
	if stat, ok := folder.Sys().(*syscall.Stat_t); ok {
		switch {
		case stat.Uid == o.uid:
			bit = 0o100
		case stat.Gid == o.gid:
			bit = 0o010
		}
	}
	return folder.Mode()&bit != 0
}
