//go:build !unix

package latency

import (
	"errors"
	"runtime"
)

func systemCall(*meter) (Figure, error) {
	return Figure{}, errors.New("which system call is the cheapest is not known for " + runtime.GOOS)
}
