//go:build unix && !linux

package eventloop

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// The Go runtime ignores SIGPIPE on sockets, so write needs no flag; a closed connection is EPIPE.

func sysRead(fd int, b []byte) (int, unix.Errno) {
	n, err := unix.Read(fd, b)
	return n, errnoOf(err)
}

func sysWrite(fd int, b []byte) (int, unix.Errno) {
	n, err := unix.Write(fd, b)
	return n, errnoOf(err)
}

func sysConnect(fd int, sa unix.Sockaddr) error { return unix.Connect(fd, sa) }

func sysClose(fd int) error { return unix.Close(fd) }

func sysNoDelay(fd int) error { return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) }

func errnoOf(err error) unix.Errno {
	if err == nil {
		return 0
	}
	var errno unix.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return unix.EIO
}

// socketCalls is how many system calls socket takes: socket, and fcntl for each of the two flags, which reads
// them first for the second.
const socketCalls = 4

// socket makes a non-blocking socket that is not inherited. Between the calls a process that is started just
// then would inherit it, as everywhere without SOCK_CLOEXEC; the lock keeps os/exec out.
func socket(family, kind int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := unix.Socket(family, kind, 0)
	if err != nil {
		return -1, err
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// threadID is known on Linux only; elsewhere the loop trusts its caller.
func threadID() int { return 1 }
