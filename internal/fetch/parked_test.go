//go:build unix

package fetch

import "errors"

func childParked() error { return errors.New("todo") }
