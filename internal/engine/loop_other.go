//go:build !unix

package engine

import (
	"fmt"
	"io"
	"runtime"
	"time"
)

// LoopOptions are the choices there are for the loop engine.
type LoopOptions struct {
	Poller string
	Watch  time.Duration
	Debug  bool
	Log    io.Writer
}

// NewLoop says that there is no loop here: it stands on epoll or poll.
func NewLoop(LoopOptions) (Engine, error) {
	return nil, fmt.Errorf("%w: the event loop needs epoll or poll, which %s has not; use --mode %s", ErrUnsupported, runtime.GOOS, ModeGoroutine)
}
