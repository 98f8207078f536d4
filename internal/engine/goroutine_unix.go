//go:build unix

package engine

import (
	"net"
	"syscall"
)

// Stale implements Staler. Package net tells nobody of events, so it costs a system call; there is one for each
// connection that is used again.
func (c *goroutineConn) Stale() bool {
	if c.stale == nil {
		c.stale = peeker(c.Conn)
	}
	return c.stale()
}

// peeker makes the function that looks whether there is anything to read on c, or its end. It is made once for
// each connection, and allocates nothing then.
func peeker(c net.Conn) func() bool {
	if s, ok := c.(Staler); ok {
		return s.Stale
	}
	socket, ok := c.(syscall.Conn)
	if !ok {
		return func() bool { return false }
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return func() bool { return true }
	}
	var something bool
	peek := func(fd uintptr) {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
		something = err != syscall.EAGAIN
	}
	// Not by raw.Read, which would fail after the deadline of the last exchange.
	return func() bool { return raw.Control(peek) != nil || something }
}

// TryWrite implements TryWriter. It goes past package net, whose deadline may have passed, and whose writes wait.
func (c *goroutineConn) TryWrite(b []byte) (n int, err error) {
	if w, ok := c.Conn.(TryWriter); ok {
		return w.TryWrite(b)
	}
	socket, ok := c.Conn.(syscall.Conn)
	if !ok {
		return 0, nil
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return 0, err
	}
	controlErr := raw.Control(func(fd uintptr) { n, err = syscall.Write(int(fd), b) }) // which is non-blocking
	if controlErr != nil {
		return 0, controlErr
	}
	if err != nil {
		n = 0
	}
	if err == syscall.EAGAIN || err == syscall.EINTR {
		err = nil
	}
	return n, err
}
