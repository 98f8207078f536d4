//go:build !linux

package latency

import (
	"errors"
	"runtime"
	"time"
)

var errPin = errors.New("a thread can be kept on one CPU on Linux only, not on " + runtime.GOOS)

func threadSwitch(*meter) (Figure, error) { return Figure{}, errPin }

func threadSwitchAcross(*meter) (Figure, error) { return Figure{}, errPin }

// threadClock is nil: the time on the clock of the machine has to do.
func threadClock() func() time.Duration { return nil }
