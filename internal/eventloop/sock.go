//go:build unix

package eventloop

import (
	"io"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// Sockets for callbacks: bare descriptors, to be given to AddReader and AddWriter, where a Conn would suspend a task.
// The system calls are the same. None of these waits.

// SockConnect makes a socket for TCP and begins to connect it. AddWriter tells when that has ended, and SockConnected
// how; the caller closes it by SockClose. AddReader and AddWriter come after it, for a socket that has not begun to
// connect is reported as hung up.
func (l *Loop) SockConnect(to netip.AddrPort) (fd int, err error) {
	if l.closed {
		return -1, ErrClosed
	}
	sa, family := sockaddr(to)
	if fd, err = l.socket(family, unix.SOCK_STREAM); err != nil {
		return -1, err
	}
	l.metrics.SystemCalls++
	switch err := sysConnect(fd, sa); err {
	case nil, unix.EINPROGRESS, unix.EINTR: // after EINTR the connect goes on by itself
		return fd, nil
	default:
		_ = l.closeFD(fd)
		return -1, os.NewSyscallError("connect", err)
	}
}

// SockConnected is how a connect has ended that AddWriter has told of. It asks the system only where Dial does.
func (l *Loop) SockConnected(fd int, to netip.AddrPort) error {
	if d := l.lookup(fd); d == nil || d.ready&Hangup != 0 {
		if err := l.socketError(fd); err != nil {
			return err
		}
	}
	if mayBeSelf(to) && l.isLocal(fd, to) {
		return os.NewSyscallError("connect", unix.ECONNREFUSED)
	}
	return nil
}

// SockRead reads what is there. more says that there may be more of it already, or the end behind it: then it is to be
// read again, for there will be no event. It returns 0 and no error if nothing is there, and io.EOF at the end.
func (l *Loop) SockRead(fd int, b []byte) (n int, more bool, err error) {
	for {
		l.metrics.SystemCalls++
		n, errno := sysRead(fd, b)
		switch {
		case errno == unix.EINTR:
			continue
		case errno == unix.EAGAIN:
			return 0, false, nil
		case errno != 0:
			return 0, false, os.NewSyscallError("read", errno)
		case n == 0:
			return 0, false, io.EOF
		}
		d := l.lookup(fd)
		return n, n == len(b) || d == nil || d.ready&Hangup != 0, nil
	}
}

// SockWrite writes as much of b as the system takes, which may be nothing. AddWriter tells when it takes more.
func (l *Loop) SockWrite(fd int, b []byte) (n int, err error) {
	for {
		l.metrics.SystemCalls++
		n, errno := sysWrite(fd, b)
		switch errno {
		case 0:
			return n, nil
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, nil
		default:
			return 0, os.NewSyscallError("write", errno)
		}
	}
}

// SockClose takes back AddReader and AddWriter and closes fd, which must not have been duplicated: then the close
// itself tells epoll, and a call is saved.
func (l *Loop) SockClose(fd int) error {
	if d := l.lookup(fd); d != nil {
		for _, dir := range []*direction{&d.read, &d.write} {
			if dir.callback != nil {
				dir.callback.Cancel() // also if it is scheduled already
				dir.callback = nil
			}
		}
		if err := d.unregister(true, nil); err != nil {
			l.report("closing a descriptor", err)
		}
	}
	return l.closeFD(fd)
}

// isLocal reports whether fd is connected from to, that is, to itself.
func (l *Loop) isLocal(fd int, to netip.AddrPort) bool {
	l.metrics.SystemCalls++
	return localAddr(fd) == to
}
