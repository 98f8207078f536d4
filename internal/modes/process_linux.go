package modes

import "syscall"

// dieWithParent has a child killed when the thread ends that has started it.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
