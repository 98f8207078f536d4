//go:build unix && !linux

package main

import (
	"errors"
	"os"
)

// openTerminal is for Linux: the scripts that need it say so.
func openTerminal() (master, slave *os.File, err error) {
	return nil, nil, errors.New("there is no way to make a terminal here")
}

func resizeTerminal(*os.File, uint16) error { return errors.New("there is no terminal here") }

func holdTerminal(*os.File) error { return errors.New("there is no terminal here") }
