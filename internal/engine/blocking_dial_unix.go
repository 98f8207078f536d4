//go:build unix

package engine

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// newBlockingConn makes a socket that is not connected yet.
func newBlockingConn(network, address string) (*blockingConn, error) {
	kind := unix.SOCK_STREAM
	switch network {
	case "tcp", "tcp4", "tcp6":
	case "udp", "udp4", "udp6":
		kind = unix.SOCK_DGRAM
	default:
		return nil, net.UnknownNetworkError(network)
	}
	remote, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, fmt.Errorf("%q is not an IP address and port: %w", address, err)
	}
	remote = netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port())
	if last := network[len(network)-1]; last == '4' && !remote.Addr().Is4() || last == '6' && remote.Addr().Is4() {
		return nil, &net.AddrError{Err: "address of the wrong family for " + network, Addr: address}
	}
	c := &blockingConn{network: network, remote: remote, stream: kind == unix.SOCK_STREAM}
	c.read.option, c.read.how = unix.SO_RCVTIMEO, unix.SHUT_RD
	c.write.option, c.write.how = unix.SO_SNDTIMEO, unix.SHUT_WR
	family := unix.AF_INET6
	if remote.Addr().Is4() {
		family = unix.AF_INET
	}
	if c.fd, err = openSocket(family, kind); err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if c.stream { // as package net does
		if err := unix.SetsockoptInt(c.fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
			_ = unix.Close(c.fd)
			return nil, os.NewSyscallError("setsockopt", err)
		}
	}
	return c, nil
}

// connect blocks until the connection stands or the deadline has passed. Only Linux applies the timeout for sending to
// it; elsewhere the system's own applies, which is a minute or so.
func (c *blockingConn) connect(deadline time.Time) error {
	c.mu.Lock()
	c.write.deadline = deadline
	c.mu.Unlock()
	err := c.call(&c.write, func() error {
		err := unix.Connect(c.fd, c.sockaddr())
		switch err {
		case unix.EISCONN: // after EINTR, for it goes on meanwhile
			return nil
		case unix.EINPROGRESS: // the timeout has passed
			return errEarly
		case unix.EALREADY: // after either: this waits for it
			return c.awaitConnected(deadline)
		}
		return os.NewSyscallError("connect", err)
	})
	c.mu.Lock()
	c.write.deadline = time.Time{}
	c.mu.Unlock()
	if err == nil && c.isSelf() {
		err = os.NewSyscallError("connect", unix.ECONNREFUSED)
	}
	return err
}

// awaitConnected waits for a connect that was interrupted; a second one does not block on every system.
func (c *blockingConn) awaitConnected(deadline time.Time) error {
	wait := time.Hour
	if !deadline.IsZero() {
		wait = min(wait, time.Until(deadline)+time.Millisecond)
	}
	ready := []unix.PollFd{{Fd: int32(c.fd), Events: unix.POLLOUT}}
	n, err := unix.Poll(ready, int(max(0, wait.Milliseconds())))
	if err != nil && err != unix.EINTR {
		return os.NewSyscallError("poll", err)
	}
	if n == 0 || err != nil {
		return errEarly
	}
	code, err := unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = unix.Errno(code)
	}
	return os.NewSyscallError("connect", err)
}

func (c *blockingConn) sockaddr() unix.Sockaddr {
	if a := c.remote.Addr(); a.Is4() {
		return &unix.SockaddrInet4{Port: int(c.remote.Port()), Addr: a.As4()}
	}
	sa := &unix.SockaddrInet6{Port: int(c.remote.Port()), Addr: c.remote.Addr().As16()}
	if zone, err := net.InterfaceByName(c.remote.Addr().Zone()); err == nil {
		sa.ZoneId = uint32(zone.Index)
	}
	return sa
}

// isSelf: a connect to a port of this machine on which nobody listens can meet itself (RFC 9293 section 3.5).
func (c *blockingConn) isSelf() bool {
	const firstEphemeral = 1024
	return c.stream && c.remote.Port() >= firstEphemeral && c.remote.Addr().IsLoopback() && c.local() == c.remote
}
