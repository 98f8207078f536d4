//go:build !linux

package modes

import "syscall"

// dieWithParent: here a child whose parent has been killed ends when its share of the work is done.
func dieWithParent() *syscall.SysProcAttr { return nil }
