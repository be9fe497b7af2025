package e2e

import "syscall"

// dieWithParent asks the kernel to send the signal when this process dies.
func dieWithParent(attributes *syscall.SysProcAttr, signal syscall.Signal) {
	attributes.Pdeathsig = signal
}
