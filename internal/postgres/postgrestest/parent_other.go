//go:build unix && !linux

package postgrestest

import "syscall"

// dieWithParent does nothing: only Linux can.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}
