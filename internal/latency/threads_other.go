//go:build !linux

package latency

import (
	"errors"
	"runtime"
)

var errPin = errors.New("a thread can be kept on one CPU on Linux only, not on " + runtime.GOOS)

func threadSwitch(*meter) (Figure, error) { return Figure{}, errPin }

func threadSwitchAcross(*meter) (Figure, error) { return Figure{}, errPin }
