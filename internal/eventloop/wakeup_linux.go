package eventloop

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// wakeupPipe is an eventfd: one descriptor, one read to clear it however often it was written.
type wakeupPipe struct{ fd int }

func openWakeupPipe() (wakeupPipe, error) {
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return wakeupPipe{}, fmt.Errorf("eventfd: %w", err)
	}
	return wakeupPipe{fd}, nil
}

func (p wakeupPipe) readEnd() int { return p.fd }

func (p wakeupPipe) signal() error {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	for {
		_, err := unix.Write(p.fd, one[:])
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
func (p wakeupPipe) clear() uint64 {
	var count [8]byte
	_, _ = unix.Read(p.fd, count[:]) // EAGAIN: cleared before
	return 1
}

func (p wakeupPipe) close() { _ = unix.Close(p.fd) }
