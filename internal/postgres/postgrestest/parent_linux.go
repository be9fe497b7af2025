package postgrestest

import "syscall"

// dieWithParent asks the kernel to send the signal when the test's process dies.
func dieWithParent(attributes *syscall.SysProcAttr, signal syscall.Signal) {
	attributes.Pdeathsig = signal
}
