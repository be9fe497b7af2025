//go:build unix && !linux

package main

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// dieWithParent does nothing: only Linux can. After a kill -9 of devstack the
// next start stops PostgreSQL; api and worker have to be ended by hand.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}

// commandLine returns the arguments a process was started with, the program
// first. It is empty for a process that is gone.
func commandLine(pid int) []string {
	text, err := exec.Command("ps", "-o", "args=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return nil
	}
	return strings.Fields(string(text))
}
