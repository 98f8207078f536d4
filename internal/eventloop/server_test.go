//go:build unix

package eventloop_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"crawl/internal/eventloop"
)

// families are the two kinds of loopback address, each with a free port.
var families = []struct{ name, tcp, udp, address string }{
	{"IPv4", "tcp4", "udp4", "127.0.0.1:0"},
	{"IPv6", "tcp6", "udp6", "[::1]:0"},
}

// serve runs a server of package net on goroutines, the other end of what is tested. It ends with the test,
// which waits for every handler.
func serve(t testing.TB, network, address string, handle func(c *net.TCPConn)) string {
	t.Helper()
	ln, err := net.Listen(network, address)
	if err != nil {
		t.Skipf("no loopback of this family: %v", err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			_ = c.SetDeadline(time.Now().Add(bound)) // a handler that hangs fails its test
			wg.Go(func() {
				defer c.Close()
				handle(c.(*net.TCPConn))
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		wg.Wait()
	})
	return ln.Addr().String()
}

// echo sends back what it gets until the end of input. (Without the wrapping package net would splice through
// pipes that it keeps, and the count of descriptors would not come back to what it was.)
func echo(c *net.TCPConn) { _, _ = io.Copy(struct{ io.Writer }{c}, c) }

// silence sends nothing, and goes when the other end does.
func silence(c *net.TCPConn) { _, _ = io.Copy(io.Discard, c) }

// deaf reads and sends nothing until the end of the test, so that what is written to it comes to rest in buffers.
func deaf(t testing.TB) func(c *net.TCPConn) {
	return func(*net.TCPConn) { <-t.Context().Done() }
}

// greet sends a text and closes.
func greet(text string) func(c *net.TCPConn) {
	return func(c *net.TCPConn) { _, _ = io.WriteString(c, text) }
}

// reset waits for a byte and ends the connection with a reset.
func reset(c *net.TCPConn) {
	_, _ = c.Read(make([]byte, 1))
	_ = c.SetLinger(0)
}

// withConn runs fn in a task with a connection to address.
func withConn(t testing.TB, l *eventloop.Loop, address string, fn func(c *eventloop.Conn) error) {
	t.Helper()
	mustRun(t, l, func() error {
		c, err := l.Dial(context.Background(), "tcp", address)
		if err != nil {
			return err
		}
		err = fn(c)
		if closeErr := c.Close(); !errors.Is(closeErr, net.ErrClosed) { // fn may have closed it
			err = errors.Join(err, closeErr)
		}
		return err
	})
}

// closedPort is an address on which nobody listens.
func closedPort(t testing.TB, network, address string) string {
	t.Helper()
	ln, err := net.Listen(network, address)
	if err != nil {
		t.Skipf("no loopback of this family: %v", err)
	}
	noError(t, ln.Close())
	return ln.Addr().String()
}

// fullListener is an address on which connections neither come about nor fail: its queue is full.
func fullListener(t testing.TB) string {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	socket := func() int {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		must(err)
		t.Cleanup(func() { _ = unix.Close(fd) })
		must(unix.SetNonblock(fd, true))
		return fd
	}
	ln := socket()
	must(unix.Bind(ln, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	must(unix.Listen(ln, 0))
	sa, err := unix.Getsockname(ln)
	must(err)
	for range 16 {
		fd := socket()
		if err := unix.Connect(fd, sa); err != nil && !errors.Is(err, unix.EINPROGRESS) {
			must(err)
		}
		const patience = 50 // ms; on loopback a connection comes about at once or not at all
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, patience)
		if err == nil && n == 0 {
			addr := sa.(*unix.SockaddrInet4)
			return (&net.TCPAddr{IP: addr.Addr[:], Port: addr.Port}).String()
		}
	}
	t.Skip("the queue of a listener does not fill up on this system")
	return ""
}
