//go:build unix && !linux

package main

import "syscall"

// dieWithParent does nothing: only Linux can. A demo that is killed leaves its
// stack running.
func dieWithParent(*syscall.SysProcAttr) {}
