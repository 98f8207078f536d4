//go:build unix

package eventloop

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// Conn is a connected socket, a net.Conn whose calls suspend the running task instead of its thread. While a
// Conn waits it holds no buffer: AwaitReadable first, then borrow one. It has one reading and one writing
// task at most, and all its methods belong to the loop's thread.
type Conn struct {
	socketBase
	network string
	remote  netip.AddrPort
	stream  bool // not of datagrams
}

var _ net.Conn = (*Conn)(nil)

// Dial connects to address, an IP address and port; names are the caller's to resolve. network is tcp, tcp4,
// tcp6, udp, udp4 or udp6. The deadline of ctx is kept, on the loop's clock; its cancellation is not looked
// at: cancel the task. Errors are *net.OpError around the system's, os.ErrDeadlineExceeded or ErrCancelled.
func (l *Loop) Dial(ctx context.Context, network, address string) (*Conn, error) {
	// It begins on the loop's stack, for that is the deepest a task of a client ever gets, and waits on its own.
	// (The allocator's slow path counts too: it needs a kilobyte.)
	l.dial.ctx, l.dial.network, l.dial.address = ctx, network, address
	l.OnLoopStack(l.dial.begin)
	c, err := l.dial.conn, l.dial.err
	l.dial.ctx, l.dial.conn, l.dial.err = nil, nil, nil
	if err == nil {
		err = c.awaitConnected()
	}
	if err != nil {
		return nil, c.abandon(address, err)
	}
	return c, nil
}

// dialCall is what Dial hands over to the loop's stack and back. There is one for all dials, since nothing else
// runs in between.
type dialCall struct {
	ctx              context.Context
	network, address string
	conn             *Conn
	err              error
	begin            func() // Loop.beginDial, made once
}

func (l *Loop) beginDial() {
	d := &l.dial
	d.conn = &Conn{network: d.network}
	d.err = d.conn.begin(d.ctx, l, d.address)
}

// abandon ends a connection that did not come about.
func (c *Conn) abandon(address string, err error) error {
	if c.loop != nil && !c.closed {
		_ = c.Close() // nothing was sent
	}
	return &net.OpError{Op: "dial", Net: c.network, Addr: stringAddr{c.network, address}, Err: err}
}

// begin: socket, options, connect.
func (c *Conn) begin(ctx context.Context, l *Loop, address string) error {
	addr, kind, err := parseAddress(c.network, address)
	if err != nil {
		return err
	}
	if l.closed {
		return ErrClosed
	}
	sa, family := sockaddr(addr)
	c.remote, c.stream = netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), kind == unix.SOCK_STREAM
	fd, err := l.socket(family, kind)
	if err != nil {
		return err
	}
	// Registered only now: a socket that has not begun to connect is reported as hung up.
	connecting := sysConnect(fd, sa)
	l.metrics.SystemCalls++
	if err := l.register(&c.descriptor, fd); err != nil {
		return err // abandon closes it
	}
	switch connecting {
	case nil:
		c.ready |= Writable
	case unix.EINPROGRESS, unix.EINTR: // after EINTR the connect goes on by itself
		if deadline, ok := ctx.Deadline(); ok {
			return c.SetWriteDeadline(deadline)
		}
	default:
		return os.NewSyscallError("connect", connecting)
	}
	return nil
}

// socket makes a non-blocking socket with the options that ours have.
func (l *Loop) socket(family, kind int) (int, error) {
	l.metrics.SystemCalls += socketCalls
	fd, err := socket(family, kind)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	if kind != unix.SOCK_STREAM {
		return fd, nil
	}
	// As package net does. A request in one write gains nothing; TLS records in several do.
	l.metrics.SystemCalls++
	if err := sysNoDelay(fd); err != nil {
		_ = l.closeFD(fd)
		return -1, os.NewSyscallError("setsockopt", err)
	}
	return fd, nil
}

func (l *Loop) closeFD(fd int) error {
	l.metrics.SystemCalls++
	return os.NewSyscallError("close", sysClose(fd))
}

// socketError is what has become of a connect.
func (l *Loop) socketError(fd int) error {
	l.metrics.SystemCalls++
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = unix.Errno(code)
	}
	return os.NewSyscallError("connect", err)
}

func parseAddress(network, address string) (netip.AddrPort, int, error) {
	kind := unix.SOCK_STREAM
	switch network {
	case "tcp", "tcp4", "tcp6":
	case "udp", "udp4", "udp6":
		kind = unix.SOCK_DGRAM
	default:
		return netip.AddrPort{}, 0, net.UnknownNetworkError(network)
	}
	addr, err := netip.ParseAddrPort(address)
	if err != nil {
		return addr, 0, fmt.Errorf("%q is not an IP address and port: %w", address, err)
	}
	is4 := addr.Addr().Is4() || addr.Addr().Is4In6()
	if last := network[len(network)-1]; last == '4' && !is4 || last == '6' && is4 {
		return addr, 0, &net.AddrError{Err: "address of the wrong family for " + network, Addr: address}
	}
	return addr, kind, nil
}

// awaitConnected waits until the socket is writable. The outcome is asked for (SO_ERROR) only when an event
// says that there is trouble, so a good connection costs four system calls.
func (c *Conn) awaitConnected() error {
	if err := c.waitWritable(); err != nil {
		return err
	}
	c.writeDeadline = 0
	if c.ready&Hangup != 0 {
		if err := c.loop.socketError(c.fd); err != nil {
			return err
		}
	}
	if c.stream && mayBeSelf(c.remote) && c.isSelf() {
		return os.NewSyscallError("connect", unix.ECONNREFUSED)
	}
	return nil
}

// mayBeSelf: a connect to a port of this machine on which nobody listens can meet itself (RFC 9293 section
// 3.5, simultaneous open), when the system picks that port for its own end. Which other addresses are this
// machine's, only the system knows: for those nobody looks, since asking would cost every connection a call.
func mayBeSelf(remote netip.AddrPort) bool {
	const firstEphemeral = 1024 // below are the superuser's ports; 32768 is usual on Linux
	a := remote.Addr()          // not mapped: see begin
	return remote.Port() >= firstEphemeral && (a == netip.AddrFrom4([4]byte{127, 0, 0, 1}) || a == netip.IPv6Loopback())
}

// isSelf asks the system, on the loop's stack: on that of a task it would be the deepest that a fetch ever goes.
func (c *Conn) isSelf() (self bool) {
	c.loop.metrics.SystemCalls++
	c.loop.OnLoopStack(func() { self = c.localAddr() == c.remote })
	return self
}

// AwaitReadable suspends the running task until there is something to read, the peer has closed, or the read
// deadline has passed. It needs no buffer. After a read that filled its buffer to the last byte it may return at
// once, and the read that follows is what waits.
func (c *Conn) AwaitReadable() error {
	if err := c.loop.breathe(); err != nil {
		return c.opError("read", err)
	}
	if err := c.waitReadable(); err != nil {
		return c.opError("read", err)
	}
	return nil
}

// Stale reports whether something has happened on a connection from which nothing is due: the peer closed it,
// or sent what nobody asked for. An edge-triggered poller has told of that, so the system is asked only when the
// last read filled its buffer and left open whether there is more; with a level-triggered one, always.
func (c *Conn) Stale() bool {
	if c.closed || c.ready&Hangup != 0 {
		return true
	}
	if c.ready&Readable == 0 && c.loop.poller.EdgeTriggered() {
		return false
	}
	var b [1]byte
	c.loop.metrics.SystemCalls++
	if _, _, err := unix.Recvfrom(c.fd, b[:], unix.MSG_PEEK); err != unix.EAGAIN {
		c.ready |= Readable
		return true
	}
	c.ready &^= Readable
	return false
}

// Read implements net.Conn. A stream at its end gives io.EOF; a datagram is cut to b. To read nothing of a stream does
// not wait; but when the budget of the running step is used up, it yields, as every other call does then.
func (c *Conn) Read(b []byte) (int, error) {
	if err := c.loop.breathe(); err != nil {
		return 0, c.opError("read", err)
	}
	if len(b) == 0 && c.stream {
		return 0, nil
	}
	for {
		if err := c.waitReadable(); err != nil {
			return 0, c.opError("read", err)
		}
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
		case n == 0 && c.stream:
			return 0, io.EOF
		}
		if n < len(b) && c.stream && c.ready&Hangup == 0 {
			c.ready &^= Readable // all that there was; more is a new event (epoll(7)), and so is the end
		}
		c.loop.spend(n)
		return n, nil
	}
}

// Write implements net.Conn: it returns when all of b is with the system, or with an error.
func (c *Conn) Write(b []byte) (int, error) {
	written := 0
	for {
		if err := c.loop.breathe(); err != nil {
			return written, c.opError("write", err)
		}
		if err := c.waitWritable(); err != nil {
			return written, c.opError("write", err)
		}
		c.loop.metrics.SystemCalls++
		n, errno := sysWrite(c.fd, b[written:])
		switch errno {
		case 0:
			written += n
			c.loop.spend(n)
			if written == len(b) {
				return written, nil
			}
		case unix.EAGAIN:
			c.ready &^= Writable
		case unix.EINTR:
		default:
			return written, c.opError("write", os.NewSyscallError("write", errno))
		}
	}
}

// Close closes the connection. A task that is waiting for it gets net.ErrClosed.
func (c *Conn) Close() error { return c.opError("close", c.socketBase.close()) }

// LocalAddr asks the system; of a closed socket there is none.
func (c *Conn) LocalAddr() net.Addr { return netAddr(c.stream, c.localAddr()) }

// RemoteAddr is the address that was dialled.
func (c *Conn) RemoteAddr() net.Addr { return netAddr(c.stream, c.remote) }

func netAddr(stream bool, a netip.AddrPort) net.Addr {
	if stream {
		return net.TCPAddrFromAddrPort(a)
	}
	return net.UDPAddrFromAddrPort(a)
}

func (c *Conn) opError(op string, err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: op, Net: c.network, Addr: netAddr(c.stream, c.remote), Err: err}
}

// stringAddr is an address that may not be one.
type stringAddr struct{ network, address string }

func (a stringAddr) Network() string { return a.network }
func (a stringAddr) String() string  { return a.address }
