//go:build unix && !linux

package rig

import "syscall"

// dieWithParent does nothing: only Linux can. A run that is killed leaves its
// processes behind.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}
