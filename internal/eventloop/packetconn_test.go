//go:build unix

package eventloop_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

// eachUDP runs a test on every poller, over IPv4 and IPv6.
func eachUDP(t *testing.T, test func(t *testing.T, poller, udp, address string)) {
	eachPoller(t, func(t *testing.T, poller string) {
		for _, f := range families {
			t.Run(f.name, func(t *testing.T) {
				if c, err := net.ListenPacket(f.udp, f.address); err != nil {
					t.Skipf("no loopback of this family: %v", err)
				} else {
					c.Close()
				}
				test(t, poller, f.udp, f.address)
			})
		}
	})
}

// A server of this package and clients of both: connected sockets and package net.
func TestPacketConn(t *testing.T) {
	eachUDP(t, func(t *testing.T, poller, udp, address string) {
		l := newLoop(t, poller, eventloop.Options{})
		mustRun(t, l, func() error {
			server, err := l.ListenPacket(udp, address)
			if err != nil {
				return err
			}
			defer server.Close()
			echo := start(l, "server", func() error {
				for buf := make([]byte, 8); ; {
					n, from, err := server.ReadFrom(buf)
					if err != nil {
						return err
					}
					if _, err := server.WriteTo(buf[:n], from); err != nil {
						return err
					}
				}
			})
			c, err := l.Dial(context.Background(), udp, server.LocalAddr().String())
			if err != nil {
				return err
			}
			defer c.Close()
			if c.LocalAddr().Network() != "udp" || c.RemoteAddr().String() != server.LocalAddr().String() {
				t.Errorf("addresses are %v, %v", c.LocalAddr(), c.RemoteAddr())
			}
			buf := make([]byte, 100)
			for i, message := range []string{"one", "", "cut to eight bytes", "two"} {
				if n, err := c.Write([]byte(message)); n != len(message) || err != nil {
					t.Errorf("write: %d, %v", n, err)
				}
				n, err := c.Read(buf)
				if want := message[:min(8, len(message))]; string(buf[:n]) != want || err != nil {
					t.Errorf("%d: read %q, %v, want %q", i, buf[:n], err, want)
				}
			}
			v, err := eventloop.RunInExecutor(l, func() (string, error) {
				c, err := net.Dial(udp, server.LocalAddr().String())
				if err != nil {
					return "", err
				}
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(bound))
				fmt.Fprint(c, "net")
				n, err := c.Read(buf)
				return string(buf[:n]), err
			}).Await()
			if v != "net" || err != nil {
				t.Errorf("a client of package net got %q, %v", v, err)
			}
			noError(t, server.Close())
			_, err = echo.Await()
			wantErr(t, "the waiting server", err, net.ErrClosed)
			wantErr(t, "second Close", server.Close(), net.ErrClosed)
			_, err = server.WriteTo([]byte("x"), c.LocalAddr())
			wantErr(t, "WriteTo", err, net.ErrClosed)
			return nil
		})
	})
}

// A port on which nobody listens answers a connected socket with an error, at the read that follows.
func TestUDPRefused(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		pc, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := pc.LocalAddr().String()
		pc.Close()
		mustRun(t, l, func() error {
			c, err := l.Dial(context.Background(), "udp", address)
			if err != nil {
				return err
			}
			defer c.Close()
			if _, err := c.Write([]byte("x")); err != nil {
				return err
			}
			_, err = c.Read(make([]byte, 10))
			wantErr(t, "read", err, unix.ECONNREFUSED)
			return nil
		})
	})
}

func TestPacketConnDeadline(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l, _ := looptest.New(t, poller, eventloop.Options{})
		mustRun(t, l, func() error {
			c, err := l.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			defer c.Close()
			noError(t, c.SetReadDeadline(l.Now().Add(time.Second)))
			_, _, err = c.ReadFrom(make([]byte, 1))
			wantErr(t, "read", err, os.ErrDeadlineExceeded)
			if l.Time() != time.Second {
				t.Errorf("timed out at %v", l.Time())
			}
			noError(t, c.SetDeadline(l.Now()))
			_, err = c.WriteTo([]byte("x"), c.LocalAddr())
			wantErr(t, "write", err, os.ErrDeadlineExceeded)
			noError(t, c.SetDeadline(time.Time{}))
			err = l.Timeout(time.Second, func() error { _, _, err := c.ReadFrom(make([]byte, 1)); return err })
			wantErr(t, "cancelled read", err, eventloop.ErrTimeout)
			_, err = c.WriteTo([]byte("x"), c.LocalAddr())
			return err
		})
	})
}

func TestPacketConnErrors(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{})
	before := openDescriptors()
	mustRun(t, l, func() error {
		for _, c := range []struct{ network, address, fragment string }{
			{"tcp", "127.0.0.1:0", "unknown network"},
			{"udp", "localhost:0", "not an IP address"},
			{"udp", "192.0.2.1:0", "bind"}, // nobody has this address (RFC 5737)
		} {
			_, err := l.ListenPacket(c.network, c.address)
			var op *net.OpError
			if !errors.As(err, &op) || op.Op != "listen" || !strings.Contains(err.Error(), c.fragment) {
				t.Errorf("%s %s: %v", c.network, c.address, err)
			}
		}
		c, err := l.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		if _, err := c.WriteTo([]byte("x"), &net.TCPAddr{Port: 1}); err == nil {
			t.Error("wrote to a TCP address")
		}
		_, err = c.WriteTo(make([]byte, 1<<17), c.LocalAddr())
		wantErr(t, "more than a datagram holds", err, unix.EMSGSIZE)
		return c.Close()
	})
	if n := openDescriptors(); n != before {
		t.Errorf("%d descriptors are open, %d were before", n, before)
	}
}

// A cancellation reaches a task that never has to wait, within one budget.
func TestCancelOfABusyPacketConn(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{})
	mustRun(t, l, func() error {
		c, err := l.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer c.Close()
		for name, op := range map[string]func() error{
			"write": func() error { _, err := c.WriteTo([]byte("x"), c.LocalAddr()); return err },
			"read": func() error {
				if _, err := c.WriteTo([]byte("x"), c.LocalAddr()); err != nil {
					return err
				}
				_, _, err := c.ReadFrom(make([]byte, 1))
				return err
			},
		} {
			var task *eventloop.Task[struct{}]
			task = start(l, name, func() error {
				noError(t, op()) // it is writable from here on, and there is something to read
				task.Cancel()
				for range 1000 {
					if err := op(); err != nil {
						return err
					}
				}
				return nil
			})
			_, err := task.Await()
			wantErr(t, name, err, eventloop.ErrCancelled)
		}
		return nil
	})
}

func TestPacketConnToNobody(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{})
	mustRun(t, l, func() error {
		c, err := l.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer c.Close()
		for _, to := range []net.Addr{nil, (*net.UDPAddr)(nil)} {
			if _, err := c.WriteTo([]byte("x"), to); err == nil {
				t.Errorf("a datagram went to %v", to)
			}
		}
		return nil
	})
}

// The zone of a link-local address is the name or the index of its interface, and is not lost on the way.
func TestZone(t *testing.T) {
	zone, index, ip := linkLocal(t)
	l := newLoop(t, "", eventloop.Options{})
	mustRun(t, l, func() error {
		for _, in := range []string{zone, fmt.Sprint(index)} {
			server, err := l.ListenPacket("udp6", fmt.Sprintf("[%s%%%s]:0", ip, in))
			if err != nil {
				return err
			}
			defer server.Close()
			local := server.LocalAddr().(*net.UDPAddr)
			if local.Zone != zone {
				t.Errorf("zone %q became %q, want %q", in, local.Zone, zone)
			}
			client, err := l.Dial(context.Background(), "udp6", fmt.Sprintf("[%s%%%s]:%d", ip, in, local.Port))
			if err != nil {
				return err
			}
			defer client.Close()
			if _, err := client.Write([]byte("ping")); err != nil {
				return err
			}
			buf := make([]byte, 10)
			n, from, err := server.ReadFrom(buf)
			if err != nil {
				return err
			}
			if _, err := server.WriteTo(buf[:n], from); err != nil {
				return err
			}
			if n, err := client.Read(buf); n != 4 || err != nil {
				t.Errorf("the answer: %d bytes, %v", n, err)
			}
		}
		return nil
	})
}

// linkLocal is a link-local address of this machine, or the test is skipped.
func linkLocal(t *testing.T) (zone string, index int, ip net.IP) {
	t.Helper()
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range interfaces {
		addrs, err := i.Addrs()
		if err != nil || i.Flags&net.FlagUp == 0 {
			continue
		}
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok && n.IP.To4() == nil && n.IP.IsLinkLocalUnicast() {
				return i.Name, i.Index, n.IP
			}
		}
	}
	t.Skip("SKIPPED: no interface has a link-local IPv6 address")
	return "", 0, nil
}
