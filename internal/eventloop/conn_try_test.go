//go:build unix

package eventloop_test

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"crawl/internal/eventloop"
)

// TestTryReadIsOnTheBudget: what is read on the loop's stack counts for the task, which yields at its next wait, so that
// a connection that always has something does not starve the others.
func TestTryReadIsOnTheBudget(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		const size = 8 << 20
		address := serve(t, "tcp4", "127.0.0.1:0", func(c *net.TCPConn) { _, _ = c.Write(make([]byte, size)) })
		withConn(t, l, address, func(c *eventloop.Conn) error {
			before := l.Metrics().ForcedYields
			b := make([]byte, 1<<10)
			for got := 0; got < size; {
				if err := c.AwaitReadable(); err != nil {
					return err
				}
				var n int
				var err error
				l.OnLoopStack(func() { n, err = c.TryRead(b) })
				if err != nil && !errors.Is(err, syscall.EAGAIN) {
					return err
				}
				got += n
			}
			// 128 operations are a budget, where so much is there that it does not have to wait anyway.
			if n := l.Metrics().ForcedYields - before; n == 0 {
				t.Errorf("it has never been made to yield, in %d reads", size/len(b))
			}
			return nil
		})
	})
}

// TestTryReadDeadline: one that has passed is told.
func TestTryReadDeadline(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{})
	address := serve(t, "tcp4", "127.0.0.1:0", silence)
	withConn(t, l, address, func(c *eventloop.Conn) error {
		if err := c.SetReadDeadline(time.Now().Add(-time.Second)); err != nil {
			return err
		}
		if _, err := c.TryRead(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("TryRead: %v", err)
		}
		return nil
	})
}
