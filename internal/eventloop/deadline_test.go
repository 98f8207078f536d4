//go:build unix

package eventloop_test

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

// The deadlines of connections, on a clock that stands still while the loop has something to do: every time
// below is exact.

// withSilentConn runs fn in a task with a connection whose other end neither sends nor goes.
func withSilentConn(t *testing.T, fn func(l *eventloop.Loop, c *eventloop.Conn) error) {
	eachPoller(t, func(t *testing.T, poller string) {
		l, _ := looptest.New(t, poller, eventloop.Options{})
		withConn(t, l, serve(t, "tcp4", "127.0.0.1:0", silence), func(c *eventloop.Conn) error { return fn(l, c) })
		if n := l.Metrics().Timers; n != 0 {
			t.Errorf("%d timers are left of a connection that is closed", n)
		}
	})
}

// readTimesOut checks that a read ends by its deadline, at the time it says.
func readTimesOut(t *testing.T, l *eventloop.Loop, c *eventloop.Conn, at time.Duration) {
	t.Helper()
	n, err := c.Read(make([]byte, 1))
	var timeout net.Error
	if n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("read: %d, %v; want a timeout", n, err)
	}
	if now := l.Time(); now != at {
		t.Errorf("timed out at %v, want %v", now, at)
	}
}

func TestReadDeadline(t *testing.T) {
	withSilentConn(t, func(l *eventloop.Loop, c *eventloop.Conn) error {
		set := func(d time.Duration) { t.Helper(); noError(t, c.SetReadDeadline(l.Now().Add(d))) }
		set(time.Second)
		readTimesOut(t, l, c, time.Second)
		readTimesOut(t, l, c, time.Second) // it stays expired
		wantErr(t, "AwaitReadable", c.AwaitReadable(), os.ErrDeadlineExceeded)
		set(time.Second) // and can be set again
		readTimesOut(t, l, c, 2*time.Second)
		set(time.Hour)
		set(time.Minute) // earlier than the timer
		set(time.Second)
		readTimesOut(t, l, c, 3*time.Second)
		set(time.Second)
		for range 10 { // later and later: the timer fires early and is set again
			set(10 * time.Second)
			noError(t, l.Sleep(500*time.Millisecond))
		}
		readTimesOut(t, l, c, 17500*time.Millisecond)
		set(-time.Second)
		readTimesOut(t, l, c, 17500*time.Millisecond)
		set(0)
		readTimesOut(t, l, c, 17500*time.Millisecond)
		_, err := c.Write([]byte("x")) // the other direction has none
		return err
	})
}

// A deadline that is changed or taken back while a task waits counts for that task.
func TestDeadlineOfAWaitingRead(t *testing.T) {
	withSilentConn(t, func(l *eventloop.Loop, c *eventloop.Conn) error {
		read := func() *eventloop.Task[struct{}] {
			return start(l, "reader", func() error { _, err := c.Read(make([]byte, 1)); return err })
		}
		expires := func(what string, reader *eventloop.Task[struct{}], at time.Duration) {
			t.Helper()
			_, err := reader.Await()
			wantErr(t, what, err, os.ErrDeadlineExceeded)
			if l.Time() != at {
				t.Errorf("%s: expired at %v, want %v", what, l.Time(), at)
			}
		}
		reader := read()
		noError(t, l.Sleep(time.Second))
		noError(t, c.SetReadDeadline(l.Now().Add(time.Second)))
		expires("set while it waits", reader, 2*time.Second)

		noError(t, c.SetReadDeadline(l.Now().Add(time.Second)))
		reader = read()
		noError(t, l.Yield())
		noError(t, c.SetReadDeadline(time.Time{}))
		noError(t, l.Sleep(time.Hour))
		if reader.Done() {
			t.Error("a deadline that was taken back has expired")
		}
		noError(t, c.SetReadDeadline(time.Unix(1, 0))) // the past wakes it at once
		expires("set to the past", reader, l.Time())
		return nil
	})
}

// The past is the past also when the clock has not moved yet, as in a simulation.
func TestDeadlineInThePast(t *testing.T) {
	withSilentConn(t, func(l *eventloop.Loop, c *eventloop.Conn) error {
		if l.Time() != 0 {
			t.Fatalf("the clock says %v", l.Time())
		}
		noError(t, c.SetDeadline(time.Unix(1, 0)))
		readTimesOut(t, l, c, 0)
		_, err := c.Write([]byte("x"))
		wantErr(t, "write", err, os.ErrDeadlineExceeded)
		noError(t, c.SetDeadline(time.Time{}))
		_, err = c.Write([]byte("x"))
		return err
	})
}

func TestWriteDeadline(t *testing.T) {
	withSilentConn(t, func(l *eventloop.Loop, c *eventloop.Conn) error {
		noError(t, c.SetWriteDeadline(l.Now().Add(time.Second)))
		noError(t, l.Sleep(2*time.Second))
		n, err := c.Write([]byte("x")) // there is room, but it is too late
		wantErr(t, "write", err, os.ErrDeadlineExceeded)
		if n != 0 {
			t.Errorf("%d bytes were written", n)
		}
		noError(t, c.SetWriteDeadline(l.Now().Add(time.Second)))
		_, err = c.Write([]byte("x"))
		return err
	})
}

// One timer serves both directions, each at its own time.
func TestBothDeadlines(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		for _, readFirst := range []bool{true, false} {
			l, _ := looptest.New(t, poller, eventloop.Options{})
			release := make(chan struct{})
			address := serve(t, "tcp4", "127.0.0.1:0", func(*net.TCPConn) { <-release })
			withConn(t, l, address, func(c *eventloop.Conn) error {
				defer close(release)
				early, late := l.Now().Add(time.Second), l.Now().Add(2*time.Second)
				if !readFirst {
					early, late = late, early
				}
				noError(t, c.SetReadDeadline(early))
				noError(t, c.SetWriteDeadline(late))
				var tr trace
				reader := start(l, "reader", func() error {
					_, err := c.Read(make([]byte, 1))
					tr.add("read@%v", l.Time())
					return err
				})
				writer := start(l, "writer", func() error {
					_, err := c.Write(make([]byte, 16<<20))
					tr.add("write@%v", l.Time())
					return err
				})
				_, err := reader.Await()
				wantErr(t, "read", err, os.ErrDeadlineExceeded)
				_, err = writer.Await()
				wantErr(t, "write", err, os.ErrDeadlineExceeded)
				if readFirst {
					tr.want(t, "read@1s write@2s")
				} else {
					tr.want(t, "write@1s read@2s")
				}
				return nil
			})
		}
	})
}

// A deadline and data in one turn: the poll's events come before its timers, so the data is read. The deadline
// counts for the next read.
func TestDeadlineAndDataInOneTurn(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l, p := looptest.New(t, poller, eventloop.Options{})
		send, sent := make(chan struct{}), make(chan struct{})
		address := serve(t, "tcp4", "127.0.0.1:0", func(c *net.TCPConn) {
			<-send
			_, _ = c.Write([]byte("data"))
			close(sent)
			silence(c)
		})
		withConn(t, l, address, func(c *eventloop.Conn) error {
			noError(t, c.SetReadDeadline(l.Now().Add(time.Second)))
			var tr trace
			reader := start(l, "reader", func() error {
				buf := make([]byte, 10)
				n, err := c.Read(buf)
				tr.add("%s/%v", buf[:n], err)
				_, err = c.Read(buf)
				tr.add("%v", errors.Is(err, os.ErrDeadlineExceeded))
				return nil
			})
			noError(t, l.Yield())
			close(send)
			<-sent
			p.Clock.Advance(time.Second) // the next poll finds both
			_, err := reader.Await()
			tr.want(t, "data/<nil> true")
			return err
		})
	})
}

// A connection that is closed in the turn in which its deadline comes, just before, stays as it is.
func TestCloseAndDeadlineInOneTurn(t *testing.T) {
	withSilentConn(t, func(l *eventloop.Loop, c *eventloop.Conn) error {
		l.CallAt(time.Second, func() { noError(t, c.Close()) })
		noError(t, c.SetDeadline(l.Now().Add(time.Second)))
		_, err := c.Read(make([]byte, 1))
		if !errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read: %v", err)
		}
		return nil
	})
}
