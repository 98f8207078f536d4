//go:build unix

package origin

import "syscall"

// ownGroup keeps a child out of the terminal's Ctrl-C.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
