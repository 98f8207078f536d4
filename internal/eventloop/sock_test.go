//go:build unix

package eventloop_test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"testing"

	"crawl/internal/eventloop"
)

// callbackSocket is a socket of callbacks under test: it collects what comes until it ends, and then stops the loop.
type callbackSocket struct {
	loop *eventloop.Loop
	to   netip.AddrPort
	fd   int
	got  []byte
	err  error
}

func (s *callbackSocket) open(t *testing.T) {
	t.Helper()
	var err error
	if s.fd, err = s.loop.SockConnect(s.to); err != nil {
		s.err = err
		s.loop.CallSoon(s.loop.Stop)
		return
	}
	if err := errors.Join(s.loop.AddReader(s.fd, s.onReadable), s.loop.AddWriter(s.fd, s.onWritable)); err != nil {
		t.Fatal(err)
	}
}

func (s *callbackSocket) onWritable() {
	if err := s.loop.SockConnected(s.fd, s.to); err != nil {
		s.end(err)
		return
	}
	s.loop.RemoveWriter(s.fd)
	if n, err := s.loop.SockWrite(s.fd, []byte("go")); n != 2 || err != nil {
		s.end(err)
	}
}

// onReadable reads a byte or a few at a time, so that there is more.
func (s *callbackSocket) onReadable() {
	for {
		var b [3]byte
		n, more, err := s.loop.SockRead(s.fd, b[:])
		s.got = append(s.got, b[:n]...)
		if err != nil {
			s.end(err)
			return
		}
		if !more {
			return
		}
	}
}

func (s *callbackSocket) end(err error) {
	s.err = errors.Join(err, s.loop.SockClose(s.fd))
	s.loop.Stop()
}

// TestSockCallbacks: a socket of callbacks connects, sends, and reads all that comes up to the end; a reset and a port
// where nobody listens are the system's errors. Afterwards the number is free for the next.
func TestSockCallbacks(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	var reset atomic.Bool
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			_, _ = io.ReadFull(c, make([]byte, 2))
			if reset.Load() {
				_ = c.(*net.TCPConn).SetLinger(0)
			} else {
				_, _ = c.Write([]byte("hello, hello"))
			}
			c.Close()
		}
	}()
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		to := netip.MustParseAddrPort(ln.Addr().String())
		for _, tt := range []struct {
			reset bool
			got   string
			err   error
		}{{false, "hello, hello", io.EOF}, {true, "", syscall.ECONNRESET}, {false, "hello, hello", io.EOF}} {
			reset.Store(tt.reset)
			s := &callbackSocket{loop: l, to: to}
			l.CallSoon(func() { s.open(t) })
			if err := l.RunForever(); err != nil {
				t.Fatal(err)
			}
			if string(s.got) != tt.got || !errors.Is(s.err, tt.err) {
				t.Errorf("got %q, %v, want %q, %v", s.got, s.err, tt.got, tt.err)
			}
		}
	})
	nobody := netip.MustParseAddrPort(ln.Addr().String())
	ln.Close()
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		s := &callbackSocket{loop: l, to: nobody}
		l.CallSoon(func() { s.open(t) })
		if err := l.RunForever(); err != nil {
			t.Fatal(err)
		}
		if !errors.Is(s.err, syscall.ECONNREFUSED) {
			t.Errorf("error is %v", s.err)
		}
	})
}
