//go:build unix

package eventloop

import (
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// TryRead reads what is there, without waiting: it may be called within OnLoopStack, and what it reads is on the
// budget of that task. If nothing is there the error is syscall.EAGAIN, as it is; AwaitReadable is then what waits.
func (c *Conn) TryRead(b []byte) (int, error) {
	switch {
	case c.closed:
		return 0, c.opError("read", net.ErrClosed)
	case c.readExpired:
		return 0, c.opError("read", os.ErrDeadlineExceeded)
	}
	for c.ready&Readable != 0 {
		c.loop.metrics.SystemCalls++
		n, errno := sysRead(c.fd, b)
		switch {
		case errno == unix.EAGAIN:
			c.ready &^= Readable
			continue
		case errno == unix.EINTR:
			continue
		case errno != 0:
			return 0, c.opError("read", os.NewSyscallError("read", errno))
		case n == 0 && len(b) > 0 && c.stream:
			return 0, io.EOF
		}
		if n < len(b) && c.stream && c.ready&Hangup == 0 {
			c.ready &^= Readable // as in Read
		}
		c.loop.spend(n)
		return n, nil
	}
	return 0, unix.EAGAIN
}

// TryWrite writes as much of b as the system takes just now, which may be nothing. It neither waits nor looks at the
// deadline, and may be called from callbacks.
func (c *Conn) TryWrite(b []byte) (int, error) {
	if c.closed {
		return 0, c.opError("write", net.ErrClosed)
	}
	for c.ready&Writable != 0 {
		c.loop.metrics.SystemCalls++
		n, errno := sysWrite(c.fd, b)
		switch errno {
		case 0:
			c.loop.spend(n)
			return n, nil
		case unix.EAGAIN:
			c.ready &^= Writable
		case unix.EINTR:
		default:
			return 0, c.opError("write", os.NewSyscallError("write", errno))
		}
	}
	return 0, nil
}
