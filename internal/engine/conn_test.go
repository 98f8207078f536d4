//go:build unix

package engine_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"crawl/internal/engine"
)

// dialled runs fn in a task with a connection to a server of peer.
func dialled(t *testing.T, e engine.Engine, peer func(net.Conn), fn func(ctx context.Context, c net.Conn) error) {
	t.Helper()
	address := serve(t, peer)
	mustRun(t, e, func(ctx context.Context) error {
		c, err := e.DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		defer c.Close()
		return fn(ctx, c)
	})
}

// echo sends back what comes. It hides that both ends are sockets: the pipe that package net would move the
// bytes through stays open.
func echo(c net.Conn) {
	r, w := hidden(c)
	_, _ = io.Copy(w, r)
}

func hidden(c net.Conn) (io.Reader, io.Writer) { return struct{ io.Reader }{c}, struct{ io.Writer }{c} }

// echoBytes is echo for n bytes.
func echoBytes(c net.Conn, n int64) {
	r, w := hidden(c)
	_, _ = io.CopyN(w, r, n)
}

func TestDial(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		address := serve(t, echo)
		mustRun(t, e, func(ctx context.Context) error {
			c, err := e.DialContext(ctx, "tcp", address)
			if err != nil {
				return err
			}
			defer c.Close()
			if got := c.RemoteAddr().String(); got != address {
				t.Errorf("RemoteAddr is %s, want %s", got, address)
			}
			local, ok := c.LocalAddr().(*net.TCPAddr)
			if !ok || !local.IP.IsLoopback() || local.Port == 0 {
				t.Errorf("LocalAddr is %v, want a port of this machine", c.LocalAddr())
			}
			if _, err := c.Write([]byte("hello")); err != nil {
				return err
			}
			got := make([]byte, 5)
			if _, err := io.ReadFull(c, got); err != nil || string(got) != "hello" {
				t.Errorf("read %q, %v, want hello", got, err)
			}
			return nil
		})
	})
}

// TestDialErrors: errors are those of package net, and the system's own is within.
func TestDialErrors(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		nobody, hole := refused(t), blackHole(t)
		mustRun(t, e, func(ctx context.Context) error {
			dial := func(ctx context.Context, network, address string) error {
				c, err := e.DialContext(ctx, network, address)
				if err == nil {
					c.Close()
				}
				var op *net.OpError
				if !errors.As(err, &op) || op.Op != "dial" {
					t.Errorf("dialling %s %s: error is %v, want an OpError of dial", network, address, err)
				}
				return err
			}
			wantErr(t, "nobody listens", dial(ctx, "tcp", nobody), syscall.ECONNREFUSED)

			before := e.Now()
			err := dial(engine.WithDeadline(ctx, before.Add(30*time.Millisecond)), "tcp", hole)
			var netErr net.Error
			if !errors.As(err, &netErr) || !netErr.Timeout() {
				t.Errorf("deadline: error is %v, want a timeout", err)
			}
			if took := e.Now().Sub(before); took < 30*time.Millisecond {
				t.Errorf("the deadline of 30 ms passed after %v", took)
			}
			err = dial(engine.WithDeadline(ctx, before), "tcp", hole)
			if !errors.As(err, &netErr) || !netErr.Timeout() {
				t.Errorf("deadline that has passed: error is %v, want a timeout", err)
			}

			_ = dial(ctx, "tcp", "127.0.0.1")
			_ = dial(ctx, "tcp", "127.0.0.1:99999")
			_ = dial(ctx, "gopher", nobody)
			return nil
		})
	})
}

// TestWithDeadline: the deadline is told and does nothing by itself.
func TestWithDeadline(t *testing.T) {
	type key struct{}
	parent, cancel := context.WithCancel(context.WithValue(context.Background(), key{}, "value"))
	defer cancel()
	past := time.Now().Add(-far)
	ctx := engine.WithDeadline(parent, past)
	if got, ok := ctx.Deadline(); !ok || !got.Equal(past) {
		t.Errorf("Deadline is %v, %v, want %v", got, ok, past)
	}
	if ctx.Err() != nil || ctx.Value(key{}) != "value" {
		t.Errorf("error %v, value %v, want those of the parent", ctx.Err(), ctx.Value(key{}))
	}
	cancel()
	<-ctx.Done()
	wantErr(t, "the context", ctx.Err(), context.Canceled)
}

// TestConnBothWays: a task writes while another reads, more than sockets hold, and nothing is lost.
func TestConnBothWays(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		const size = 8 << 20
		sent := bytes.Repeat([]byte("0123456789abcdef"), size/16)
		dialled(t, e, echo, func(ctx context.Context, c net.Conn) error {
			s := newState(e)
			e.Go("writer", func(context.Context) error {
				_, err := c.Write(sent)
				s.add("written")
				return err
			})
			digest := sha256.New()
			if n, err := io.CopyN(digest, c, size); err != nil {
				t.Errorf("%d bytes came back, and then: %v", n, err)
			}
			if want := sha256.Sum256(sent); !bytes.Equal(digest.Sum(nil), want[:]) {
				t.Error("what came back is not what was sent")
			}
			return s.await(ctx, 1)
		})
	})
}

// TestConnEnd: what the peer sent comes before its end, which is io.EOF, again and again; its reset is an error.
func TestConnEnd(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		dialled(t, e, func(c net.Conn) { _, _ = c.Write([]byte("bye")) }, func(_ context.Context, c net.Conn) error {
			got, err := io.ReadAll(c)
			if err != nil || string(got) != "bye" {
				t.Errorf("read %q, %v, want bye", got, err)
			}
			for range 2 {
				if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
					t.Errorf("at the end, Read returned %d, %v, want 0, EOF", n, err)
				}
			}
			return nil
		})
	})
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		reset := func(c net.Conn) {
			_, _ = c.Read(make([]byte, 1))
			_ = c.(*net.TCPConn).SetLinger(0) // then serve closes it
		}
		dialled(t, e, reset, func(_ context.Context, c net.Conn) error {
			if _, err := c.Write([]byte("x")); err != nil {
				return err
			}
			_, err := c.Read(make([]byte, 1))
			wantErr(t, "Read after a reset", err, syscall.ECONNRESET)
			return nil
		})
	})
}

// TestConnDeadline: a deadline ends a read that waits and one that begins, writes apart from reads, until it is
// set anew. The connection is usable again then.
func TestConnDeadline(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		dialled(t, e, echo, func(_ context.Context, c net.Conn) error {
			one := make([]byte, 1)
			timedOut := func(what string, err error) {
				t.Helper()
				wantErr(t, what, err, os.ErrDeadlineExceeded)
				var netErr net.Error
				if !errors.As(err, &netErr) || !netErr.Timeout() {
					t.Errorf("%s: %v is no timeout", what, err)
				}
			}
			exchange := func(what string) {
				t.Helper()
				if _, err := c.Write(one); err != nil {
					t.Errorf("%s: Write: %v", what, err)
				}
				if _, err := c.Read(one); err != nil {
					t.Errorf("%s: Read: %v", what, err)
				}
			}
			before := e.Now()
			c.SetReadDeadline(before.Add(20 * time.Millisecond))
			_, err := c.Read(one)
			timedOut("read", err)
			if took := e.Now().Sub(before); took < 20*time.Millisecond {
				t.Errorf("the deadline of 20 ms passed after %v", took)
			}
			_, err = c.Read(one)
			timedOut("second read", err)
			c.SetReadDeadline(time.Time{})
			exchange("without a deadline")

			c.SetDeadline(e.Now().Add(-time.Second))
			_, err = c.Read(one)
			timedOut("read after the deadline", err)
			_, err = c.Write(one)
			timedOut("write after the deadline", err)
			c.SetDeadline(e.Now().Add(far))
			exchange("with a far deadline")

			c.SetWriteDeadline(e.Now().Add(-time.Second))
			_, err = c.Write(one)
			timedOut("write", err)
			c.SetWriteDeadline(time.Time{})
			exchange("without a write deadline")
			return nil
		})
	})
}

// TestConnWriteDeadline: a write that waits ends too, and says how much it has written.
func TestConnWriteDeadline(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		begun := make(chan struct{})
		deaf := func(c net.Conn) {
			_, _ = c.Read(make([]byte, 1))
			close(begun)
			<-t.Context().Done()
		}
		dialled(t, e, deaf, func(ctx context.Context, c net.Conn) error {
			e.Go("impatient", func(ctx context.Context) error {
				err := e.Blocking(ctx, func() error { <-begun; return nil }) // now something has been written
				return errors.Join(err, c.SetWriteDeadline(e.Now().Add(10*time.Millisecond)))
			})
			load := make([]byte, 64<<20)
			n, err := c.Write(load)
			wantErr(t, "Write", err, os.ErrDeadlineExceeded)
			if n <= 0 || n >= len(load) {
				t.Errorf("%d bytes of 64 MiB were written", n)
			}
			return nil
		})
	})
}

// TestConnClose: closing ends a read that waits; after it everything is net.ErrClosed.
func TestConnClose(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		s := newState(e)
		dialled(t, e, silent, func(ctx context.Context, c net.Conn) error {
			e.Go("reader", func(context.Context) error {
				s.add("begun")
				_, err := c.Read(make([]byte, 1))
				wantErr(t, "Read", err, net.ErrClosed)
				s.add("ended")
				return nil
			})
			if err := s.await(ctx, 1); err != nil {
				return err
			}
			if err := e.Sleep(ctx, time.Millisecond); err != nil { // most often it waits by then; it may not
				return err
			}
			wantErr(t, "Close", c.Close(), nil)
			if err := s.await(ctx, 2); err != nil {
				return err
			}
			_, err := c.Read(make([]byte, 1))
			wantErr(t, "Read after Close", err, net.ErrClosed)
			_, err = c.Write([]byte("x"))
			wantErr(t, "Write after Close", err, net.ErrClosed)
			wantErr(t, "SetDeadline after Close", c.SetDeadline(time.Time{}), net.ErrClosed)
			wantErr(t, "Close after Close", c.Close(), net.ErrClosed)
			return nil
		})
	})
}

// TestReadWaiter: a connection that can be waited for tells of bytes, of the end and of deadlines, as often as it
// is asked, and reads nothing.
func TestReadWaiter(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		dialled(t, e, func(c net.Conn) { echoBytes(c, 3) }, func(_ context.Context, c net.Conn) error {
			w, ok := c.(engine.ReadWaiter)
			if !ok {
				return nil // the engine has none
			}
			c.SetReadDeadline(e.Now().Add(10 * time.Millisecond))
			wantErr(t, "AwaitReadable", w.AwaitReadable(), os.ErrDeadlineExceeded)
			c.SetReadDeadline(time.Time{})
			if _, err := c.Write([]byte("abc")); err != nil {
				return err
			}
			for range 2 {
				wantErr(t, "AwaitReadable", w.AwaitReadable(), nil)
			}
			got, err := io.ReadAll(c)
			if err != nil || string(got) != "abc" {
				t.Errorf("read %q, %v, want abc", got, err)
			}
			wantErr(t, "AwaitReadable at the end", w.AwaitReadable(), nil)
			return nil
		})
	})
}

// TestStaler: a connection on which nothing is due is stale when the peer has closed it, or has sent something,
// and not before. The pool of a client stands on that.
func TestStaler(t *testing.T) {
	for what, act := range map[string]func(c net.Conn) error{
		"sent": func(c net.Conn) error {
			_, err := c.Write([]byte("HTTP/1.1 408 Request Timeout\r\n\r\n"))
			return err
		},
		"closed": func(c net.Conn) error { return c.Close() },
		"reset": func(c net.Conn) error {
			return errors.Join(c.(*net.TCPConn).SetLinger(0), c.Close())
		},
	} {
		t.Run(what, func(t *testing.T) {
			onEach(t, engines(), func(t *testing.T, e engine.Engine) {
				testStale(t, e, act)
			})
		})
	}
}

func testStale(t *testing.T, e engine.Engine, act func(c net.Conn) error) {
	proceed, acted := make(chan struct{}), make(chan error, 1)
	peer := func(c net.Conn) {
		echoBytes(c, 3)
		<-proceed
		acted <- act(c)
		silent(c)
	}
	dialled(t, e, peer, func(ctx context.Context, c net.Conn) error {
		s, ok := c.(engine.Staler)
		if !ok {
			t.Error("the connection is no Staler")
			close(proceed)
			return nil
		}
		for range 3 {
			if s.Stale() {
				t.Error("it is stale while the peer waits")
			}
			if _, err := c.Write([]byte("x")); err != nil {
				return err
			}
			if _, err := c.Read(make([]byte, 1)); err != nil {
				return err
			}
		}
		c.SetDeadline(e.Now().Add(-far)) // of the last exchange: it says nothing about the connection
		if s.Stale() {
			t.Error("it is stale while the peer waits, after a deadline")
		}
		close(proceed)
		if err := e.Blocking(ctx, func() error { return <-acted }); err != nil {
			return err
		}
		for end := time.Now().Add(bound); !s.Stale(); {
			if time.Now().After(end) {
				t.Error("it never gets stale")
				break
			}
			if err := e.Sleep(ctx, 0); err != nil {
				return err
			}
		}
		return nil
	})
}
