package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// dieWithParent asks the kernel to send the signal when devstack dies.
func dieWithParent(attributes *syscall.SysProcAttr, signal syscall.Signal) {
	attributes.Pdeathsig = signal
}

// commandLine returns the arguments a process was started with, the program
// first. It is empty for a process that is gone.
//
// It reads the command line and not the working folder because the latter is
// hidden from root in a container without CAP_SYS_PTRACE.
func commandLine(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || len(text) == 0 {
		return nil
	}
	return strings.Split(string(bytes.TrimRight(text, "\x00")), "\x00")
}
