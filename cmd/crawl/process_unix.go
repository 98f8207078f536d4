//go:build unix

package main

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// descriptorLimit raises the soft limit of descriptors to the hard one and returns it; 0 if it is not known.
// (Go does so by itself at start-up, to one less; asking again costs nothing and does not depend on that.)
func descriptorLimit() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	if limit.Cur < limit.Max {
		raised := limit
		raised.Cur = limit.Max
		if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised) == nil {
			limit = raised
		}
	}
	const most = 1 << 20 // of what Linux gives a process, and more than anybody needs
	return int(min(uint64(limit.Cur), most))
}

func isTTY(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// inForeground reports whether what is written to f does not disturb whom the terminal belongs to: another job of
// the shell. Of what is no terminal, or not ours, nobody says so.
func inForeground(f *os.File) bool {
	if f == nil {
		return true
	}
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err != nil || group == unix.Getpgrp()
}
