//go:build unix && !linux

package eventloop

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// wakeupPipe is a pipe, where there is no eventfd.
type wakeupPipe struct{ r, w int }

func openWakeupPipe() (wakeupPipe, error) {
	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil {
		return wakeupPipe{}, fmt.Errorf("pipe: %w", err)
	}
	p := wakeupPipe{fds[0], fds[1]}
	for _, fd := range fds {
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			p.close()
			return wakeupPipe{}, fmt.Errorf("pipe: %w", err)
		}
	}
	return p, nil
}

func (p wakeupPipe) readEnd() int { return p.r }

func (p wakeupPipe) signal() error {
	for {
		_, err := unix.Write(p.w, []byte{1})
		if err == unix.EINTR {
			continue
		}
		if err != nil && err != unix.EAGAIN { // EAGAIN: full, so the loop will wake all the same
			return fmt.Errorf("wake-up: %w", err)
		}
		return nil
	}
}

// clear returns how many system calls it took.
func (p wakeupPipe) clear() (calls uint64) {
	var b [64]byte
	for {
		calls++
		n, err := unix.Read(p.r, b[:])
		if err == unix.EINTR {
			continue
		}
		if n < len(b) {
			return calls
		}
	}
}

func (p wakeupPipe) close() {
	_ = unix.Close(p.r)
	_ = unix.Close(p.w)
}
