//go:build unix

package engine

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// blockingConn is a net.Conn over a socket whose calls block the thread that makes them. Its address is an IP address
// and port.
//
// A deadline is the socket's timeout (SO_RCVTIMEO, SO_SNDTIMEO), which is a system call to set (0.2 µs). So it is set to
// a little less than is left, and stays as long as it is neither later than the deadline nor earlier than half of
// the time: once for a connection, as a rule, and not once for each fetch. Who finds it passed too early waits again.
//
// The descriptor is closed once, and never under a call that uses it, when its number might already be another's:
// Close ends such calls with shutdown(2), and the last of them closes.
type blockingConn struct {
	network string
	remote  netip.AddrPort
	stream  bool // not of datagrams

	mu     sync.Mutex // guards what follows
	fd     int
	users  int // calls that use fd
	closed bool
	read   side
	write  side
}

// side is one direction of a connection.
type side struct {
	option   int // SO_RCVTIMEO or SO_SNDTIMEO
	how      int // SHUT_RD or SHUT_WR
	deadline time.Time
	timeout  time.Duration // that the socket has; 0: none
	waiting  int           // calls
	broken   bool          // by interrupt
}

var errEarly = errors.New("the timeout of the socket passed before the deadline") // never leaves this file

// call makes a system call that may block: again and again until it has an outcome other than EINTR or that its
// timeout has passed before the deadline.
func (c *blockingConn) call(s *side, system func() error) error {
	for {
		if err := c.begin(s); err != nil {
			return err
		}
		err := system()
		closed, broken := c.end(s)
		switch {
		case closed:
			return net.ErrClosed
		case broken && err != nil:
			return os.ErrDeadlineExceeded
		case err == nil || !isAgain(err):
			return err
		}
	}
}

// isAgain reports whether a call has to be made again. A blocking socket says EAGAIN when its timeout has passed.
func isAgain(err error) bool {
	return errors.Is(err, unix.EINTR) || errors.Is(err, unix.EAGAIN) || errors.Is(err, errEarly)
}

// begin says that a call begins to use the descriptor, for no longer than the deadline.
func (c *blockingConn) begin(s *side) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return net.ErrClosed
	case s.broken:
		return os.ErrDeadlineExceeded
	}
	left := time.Duration(0)
	if !s.deadline.IsZero() {
		if left = time.Until(s.deadline); left <= 0 {
			return os.ErrDeadlineExceeded
		}
	}
	if err := c.setTimeout(s, left); err != nil {
		return err
	}
	c.users++
	s.waiting++
	return nil
}

// setTimeout sees to it that a call returns when left has passed, 0 being for ever, or a little earlier.
func (c *blockingConn) setTimeout(s *side, left time.Duration) error {
	if left == 0 && s.timeout == 0 || left > 0 && s.timeout > 0 && s.timeout <= left && s.timeout >= left/2 {
		return nil
	}
	s.timeout = left
	if left > time.Second {
		s.timeout -= left / 8
	}
	s.timeout = (s.timeout + time.Microsecond - 1).Truncate(time.Microsecond) // what there is; 0 would be for ever
	tv := unix.NsecToTimeval(int64(s.timeout))
	return os.NewSyscallError("setsockopt", unix.SetsockoptTimeval(c.fd, unix.SOL_SOCKET, s.option, &tv))
}

// end says that a call is over. After Close, the last one closes the descriptor.
func (c *blockingConn) end(s *side) (closed, broken bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.users--
	s.waiting--
	if c.closed && c.users == 0 {
		_ = unix.Close(c.fd) // Close has returned by now
	}
	return c.closed, s.broken
}

// Close implements net.Conn: calls that wait get net.ErrClosed.
func (c *blockingConn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("close", net.ErrClosed)
	}
	c.closed = true
	if c.users > 0 {
		_ = unix.Shutdown(c.fd, unix.SHUT_RDWR) // of a connection that does not stand yet, or no more: nothing waits
		return nil
	}
	return c.opError("close", os.NewSyscallError("close", unix.Close(c.fd)))
}

// Read implements net.Conn.
func (c *blockingConn) Read(b []byte) (n int, err error) {
	if len(b) == 0 && c.stream {
		return 0, nil
	}
	err = c.call(&c.read, func() (err error) {
		n, err = unix.Read(c.fd, b)
		return os.NewSyscallError("read", err)
	})
	switch {
	case err != nil:
		return 0, c.opError("read", err)
	case n == 0 && c.stream:
		if c.isBroken(&c.read) { // the end is of our own making
			return 0, c.opError("read", os.ErrDeadlineExceeded)
		}
		return 0, io.EOF
	}
	return n, nil
}

// Write implements net.Conn: it returns when all of b is with the system, or with an error.
func (c *blockingConn) Write(b []byte) (written int, err error) {
	for {
		err := c.call(&c.write, func() error {
			n, err := unix.Write(c.fd, b[written:])
			written += max(0, n)
			return os.NewSyscallError("write", err)
		})
		if err != nil || written >= len(b) {
			return written, c.opError("write", err)
		}
	}
}

// TryWrite implements TryWriter.
func (c *blockingConn) TryWrite(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, c.opError("write", net.ErrClosed)
	}
	n, err := unix.SendmsgN(c.fd, b, nil, nil, unix.MSG_DONTWAIT)
	switch err {
	case nil:
		return n, nil
	case unix.EAGAIN, unix.EINTR:
		return 0, nil
	}
	return 0, c.opError("write", os.NewSyscallError("write", err))
}

// Stale implements Staler.
func (c *blockingConn) Stale() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return true
	}
	var b [1]byte
	_, _, err := unix.Recvfrom(c.fd, b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	return err != unix.EAGAIN
}

// SetDeadline implements net.Conn.
func (c *blockingConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline implements net.Conn.
func (c *blockingConn) SetReadDeadline(t time.Time) error { return c.setDeadline(&c.read, t) }

// SetWriteDeadline implements net.Conn.
func (c *blockingConn) SetWriteDeadline(t time.Time) error { return c.setDeadline(&c.write, t) }

func (c *blockingConn) setDeadline(s *side, t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("set", net.ErrClosed)
	}
	s.deadline = t
	if s.waiting > 0 && !t.IsZero() { // another task's call, which knows nothing of this
		time.AfterFunc(time.Until(t), func() { c.interrupt(s) })
	}
	return nil
}

// interrupt ends the calls that still wait in a direction when its deadline has passed.
func (c *blockingConn) interrupt(s *side) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed && s.waiting > 0 && !s.deadline.IsZero() && !time.Now().Before(s.deadline) {
		s.broken = true
		_ = unix.Shutdown(c.fd, s.how)
	}
}

func (c *blockingConn) isBroken(s *side) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return s.broken
}

// LocalAddr implements net.Conn; it asks the system. Of a closed socket there is none.
func (c *blockingConn) LocalAddr() net.Addr { return c.netAddr(c.local()) }

func (c *blockingConn) local() netip.AddrPort {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return netip.AddrPort{}
	}
	sa, err := syscall.Getsockname(c.fd) // x/sys makes two calls of it
	if err != nil {
		return netip.AddrPort{}
	}
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *syscall.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port))
	}
	return netip.AddrPort{}
}

// RemoteAddr implements net.Conn: the address that was dialled.
func (c *blockingConn) RemoteAddr() net.Addr { return c.netAddr(c.remote) }

func (c *blockingConn) netAddr(a netip.AddrPort) net.Addr {
	if c.stream {
		return net.TCPAddrFromAddrPort(a)
	}
	return net.UDPAddrFromAddrPort(a)
}

func (c *blockingConn) opError(op string, err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: op, Net: c.network, Addr: c.netAddr(c.remote), Err: err}
}
