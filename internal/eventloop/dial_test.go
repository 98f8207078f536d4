//go:build unix

package eventloop_test

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

func TestDialRefused(t *testing.T) {
	eachFamily(t, func(t *testing.T, poller, tcp, address string) {
		l := newLoop(t, poller, eventloop.Options{})
		address = closedPort(t, tcp, address)
		before := openDescriptors()
		mustRun(t, l, func() error {
			for range 10 {
				_, err := l.Dial(context.Background(), tcp, address)
				wantErr(t, "dial", err, unix.ECONNREFUSED)
				var op *net.OpError
				if !errors.As(err, &op) || op.Op != "dial" || op.Addr.String() != address || op.Addr.Network() != tcp {
					t.Errorf("the error is %#v", err)
				}
			}
			return nil
		})
		if n := openDescriptors(); n != before || l.Metrics().Descriptors != 1 {
			t.Errorf("%d descriptors are open of %d before, %d registered", n, before, l.Metrics().Descriptors)
		}
	})
}

func TestDialAddresses(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{})
	cases := []struct{ network, address, fragment string }{
		{"tcp", "example.org:80", "not an IP address and port"},
		{"tcp", "127.0.0.1", "not an IP address and port"},
		{"tcp", "127.0.0.1:99999", "not an IP address and port"},
		{"tcp6", "127.0.0.1:80", "wrong family"},
		{"tcp6", "[::ffff:127.0.0.1]:80", "wrong family"},
		{"tcp4", "[::1]:80", "wrong family"},
		{"unix", "/tmp/socket", "unknown network"},
	}
	mustRun(t, l, func() error {
		for _, c := range cases {
			_, err := l.Dial(context.Background(), c.network, c.address)
			if err == nil || !strings.Contains(err.Error(), c.fragment) {
				t.Errorf("%s %s: error is %v, want something with %q", c.network, c.address, err, c.fragment)
			}
		}
		return nil
	})
	if _, err := l.Dial(context.Background(), "tcp", closedPort(t, "tcp4", "127.0.0.1:0")); !errors.Is(err, eventloop.ErrNotInTask) {
		t.Errorf("outside a task: %v", err)
	}
}

// An IPv4 address in IPv6 notation is an IPv4 address; a zone is the name of an interface.
func TestDialNotations(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{})
	port := strings.TrimPrefix(serve(t, "tcp4", "127.0.0.1:0", echo), "127.0.0.1:")
	withConn(t, l, "[::ffff:127.0.0.1]:"+port, func(c *eventloop.Conn) error {
		_, err := c.Write([]byte("x"))
		return err
	})
	mustRun(t, l, func() error {
		_, err := l.Dial(context.Background(), "tcp", "[fe80::1%nosuchinterface]:80")
		if err == nil {
			t.Error("connected to a link that is not there")
		}
		return nil
	})
	interfaces, err := net.Interfaces()
	i := slices.IndexFunc(interfaces, func(i net.Interface) bool { return i.Flags&net.FlagLoopback != 0 })
	if err != nil || i < 0 {
		t.Skip("the loopback interface has no name here")
	}
	port = strings.TrimPrefix(serve(t, "tcp6", "[::1]:0", echo), "[::1]:")
	withConn(t, l, "[::1%"+interfaces[i].Name+"]:"+port, func(c *eventloop.Conn) error {
		_, err := c.Write([]byte("x"))
		return err
	})
}

// A poller that takes no more descriptors fails the dial, and nothing is left of it.
func TestDialCannotRegister(t *testing.T) {
	p := broken(t)
	l, err := eventloop.New(eventloop.Options{Poller: p})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p.add = errBoom
	before := openDescriptors()
	address := serve(t, "tcp4", "127.0.0.1:0", echo)
	listening := openDescriptors() - before
	_, err = l.Dial(context.Background(), "tcp", address)
	wantErr(t, "Dial", err, errBoom)
	_, err = l.ListenPacket("udp", "127.0.0.1:0")
	wantErr(t, "ListenPacket", err, errBoom)
	eventually(t, "the server's end is gone", func() bool { return openDescriptors() == before+listening })
}

// A connect that neither succeeds nor fails ends by its deadline or by cancellation, and leaves nothing.
func TestDialWaits(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l, p := looptest.New(t, poller, eventloop.Options{})
		address := fullListener(t)
		before := openDescriptors()
		mustRun(t, l, func() error {
			ctx, cancel := context.WithDeadline(context.Background(), l.Now().Add(3*time.Second))
			defer cancel()
			_, err := l.Dial(ctx, "tcp", address)
			wantErr(t, "deadline", err, os.ErrDeadlineExceeded)
			if at := l.Time(); at != 3*time.Second {
				t.Errorf("timed out at %v", at)
			}
			_, err = l.Dial(ctx, "tcp", address)
			wantErr(t, "deadline in the past", err, os.ErrDeadlineExceeded)
			err = l.Timeout(time.Second, func() error { _, err := l.Dial(context.Background(), "tcp", address); return err })
			wantErr(t, "Timeout", err, eventloop.ErrTimeout)
			dialer := start(l, "dialer", func() error { _, err := l.Dial(context.Background(), "tcp", address); return err })
			noError(t, l.Sleep(time.Second))
			dialer.Cancel()
			_, err = dialer.Await()
			wantErr(t, "cancel", err, eventloop.ErrCancelled)
			return nil
		})
		if n, m := openDescriptors(), l.Metrics(); n != before || m.Descriptors != 1 || m.Timers != 0 || len(p.Generations) != 1 {
			t.Errorf("%d descriptors are open of %d before; registered %d, timers %d", n, before, m.Descriptors, m.Timers)
		}
	})
}

// The deadline of a dial is over when the connection is there.
func TestDialDeadlineDoesNotStay(t *testing.T) {
	l, _ := looptest.New(t, "poll", eventloop.Options{})
	address := serve(t, "tcp4", "127.0.0.1:0", silence)
	mustRun(t, l, func() error {
		c, err := l.Dial(context.Background(), "tcp", address)
		if err != nil {
			return err
		}
		defer c.Close()
		dial := func() (*eventloop.Conn, error) {
			ctx, cancel := context.WithDeadline(context.Background(), l.Now().Add(time.Second))
			defer cancel()
			return l.Dial(ctx, "tcp", address)
		}
		d, err := dial()
		for tries := 0; errors.Is(err, os.ErrDeadlineExceeded) && tries < 100; tries++ {
			d, err = dial() // where the system has not connected at once, the fake time has passed
		}
		if err != nil {
			return err
		}
		defer d.Close()
		noError(t, l.Sleep(time.Hour))
		_, err = d.Write([]byte("late"))
		return err
	})
}

// Without descriptors nothing can be opened, and what was half made is undone.
func TestOutOfDescriptors(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{})
	p := broken(t)
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	free, err := unix.Dup(1) // the lowest number that is free
	if err != nil {
		t.Fatal(err)
	}
	noError(t, unix.Close(free))
	before := openDescriptors()
	low := limit
	setLimit(&low.Cur, free)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	_, dialErr := l.Dial(context.Background(), "tcp", "127.0.0.1:1")
	_, listenErr := l.ListenPacket("udp", "127.0.0.1:0")
	_, newErr := eventloop.New(eventloop.Options{Poller: p})
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "Dial", dialErr, unix.EMFILE)
	wantErr(t, "ListenPacket", listenErr, unix.EMFILE)
	wantErr(t, "New", newErr, unix.EMFILE)
	if !p.closed || openDescriptors() != before {
		t.Errorf("poller closed: %v; %d descriptors are open, %d were before", p.closed, openDescriptors(), before)
	}
}

// setLimit: the type of a limit is not the same on all systems.
func setLimit[T int64 | uint64](limit *T, n int) { *limit = T(n) }
