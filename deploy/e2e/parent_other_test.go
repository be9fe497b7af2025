//go:build unix && !linux

package e2e

import "syscall"

// dieWithParent does nothing: only Linux can.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}
