package main

import "syscall"

// dieWithParent asks the kernel to stop devstack if the demo is killed. The
// signal comes when the *thread* that started it ends, not the process.
func dieWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGTERM }
