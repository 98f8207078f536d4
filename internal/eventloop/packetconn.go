//go:build unix

package eventloop

import (
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// PacketConn is an unconnected UDP socket, a net.PacketConn whose calls suspend the running task. What is
// said of Conn holds for it.
type PacketConn struct {
	socketBase
	network string
}

var _ net.PacketConn = (*PacketConn)(nil)

// ListenPacket opens a UDP socket on address, an IP address and port; port 0 is a free one. network is udp,
// udp4 or udp6.
func (l *Loop) ListenPacket(network, address string) (*PacketConn, error) {
	c, err := l.listenPacket(network, address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: stringAddr{network, address}, Err: err}
	}
	return c, nil
}

func (l *Loop) listenPacket(network, address string) (*PacketConn, error) {
	addr, kind, err := parseAddress(network, address)
	if err != nil {
		return nil, err
	}
	if kind != unix.SOCK_DGRAM {
		return nil, net.UnknownNetworkError(network)
	}
	if l.closed {
		return nil, ErrClosed
	}
	sa, family := sockaddr(addr)
	fd, err := l.socket(family, kind)
	if err != nil {
		return nil, err
	}
	c := &PacketConn{network: network}
	l.metrics.SystemCalls++
	if err := unix.Bind(fd, sa); err != nil {
		_ = l.closeFD(fd)
		return nil, os.NewSyscallError("bind", err)
	}
	if err := l.register(&c.descriptor, fd); err != nil {
		_ = l.closeFD(fd)
		return nil, err
	}
	return c, nil
}

// ReadFrom implements net.PacketConn; a datagram is cut to b.
func (c *PacketConn) ReadFrom(b []byte) (int, net.Addr, error) {
	if err := c.loop.breathe(); err != nil {
		return 0, nil, c.opError("read", nil, err)
	}
	for {
		if err := c.waitReadable(); err != nil {
			return 0, nil, c.opError("read", nil, err)
		}
		c.loop.metrics.SystemCalls++
		n, from, err := syscall.Recvfrom(c.fd, b, 0) // see addrPort
		switch err {
		case nil:
			c.loop.spend(n)
			return n, net.UDPAddrFromAddrPort(addrPort(from)), nil
		case syscall.EAGAIN:
			c.ready &^= Readable
		case syscall.EINTR:
		default:
			return 0, nil, c.opError("read", nil, os.NewSyscallError("recvfrom", err))
		}
	}
}

// WriteTo implements net.PacketConn. to is a *net.UDPAddr.
func (c *PacketConn) WriteTo(b []byte, to net.Addr) (int, error) {
	udp, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, c.opError("write", to, &net.AddrError{Err: "not a UDP address", Addr: fmt.Sprint(to)})
	}
	if err := c.loop.breathe(); err != nil {
		return 0, c.opError("write", to, err)
	}
	addr := udp.AddrPort()
	sa, _ := sockaddr(addr)
	for {
		if err := c.waitWritable(); err != nil {
			return 0, c.opError("write", to, err)
		}
		c.loop.metrics.SystemCalls++
		switch err := unix.Sendto(c.fd, b, 0, sa); err {
		case nil:
			c.loop.spend(len(b))
			return len(b), nil
		case unix.EAGAIN:
			c.ready &^= Writable
		case unix.EINTR:
		default:
			return 0, c.opError("write", to, os.NewSyscallError("sendto", err))
		}
	}
}

// Close closes the socket. A task that is waiting for it gets net.ErrClosed.
func (c *PacketConn) Close() error { return c.opError("close", nil, c.close()) }

// LocalAddr asks the system; of a closed socket there is none.
func (c *PacketConn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.localAddr()) }

func (c *PacketConn) opError(op string, to net.Addr, err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: op, Net: c.network, Addr: to, Err: err}
}
