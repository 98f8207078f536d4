//go:build unix

package latency

import (
	"errors"

	"golang.org/x/sys/unix"
)

// systemCall is the cheapest there is: the number of the parent process, which no library keeps and which the kernel
// has at hand. The Go scheduler is not told.
func systemCall(m *meter) (Figure, error) {
	return m.figure(1, func(n int) error {
		for range n {
			if unix.Getppid() < 0 {
				return errors.New("the parent process has no number")
			}
		}
		return nil
	})
}
