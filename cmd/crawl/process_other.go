//go:build !unix

package main

import (
	"os"

	"golang.org/x/term"
)

func descriptorLimit() int { return 0 }

func isTTY(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

func inForeground(*os.File) bool { return true }
