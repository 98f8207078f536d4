//go:build !unix

package origin

import "syscall"

func ownGroup() *syscall.SysProcAttr { return nil }
