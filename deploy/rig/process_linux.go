package rig

import "syscall"

// dieWithParent asks the kernel to signal the child if this process is killed.
func dieWithParent(attributes *syscall.SysProcAttr, farewell syscall.Signal) {
	attributes.Pdeathsig = farewell
}
