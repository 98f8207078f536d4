//go:build unix && !linux

package fetch

import "errors"

func loopbackUp() error { return errors.New("only Linux has networks for one process") }
