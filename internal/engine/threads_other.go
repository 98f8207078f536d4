//go:build !unix

package engine

import (
	"fmt"
	"runtime"
)

// NewThreads says that there are none here: their sockets are made of calls that only Unix has.
func NewThreads() (Engine, error) {
	return nil, fmt.Errorf("%w: the engine of threads needs sockets with timeouts, which are not made for %s", ErrUnsupported, runtime.GOOS)
}
