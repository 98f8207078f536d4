//go:build unix

package engine_test

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"

	"crawl/internal/engine"
)

// TestTryRead: what is there is read within a Leaf, and nothing else is waited for there.
func TestTryRead(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		dialled(t, e, echo, func(_ context.Context, c net.Conn) error {
			r, ok := c.(engine.TryReader)
			if !ok {
				return nil // this engine has tasks with stacks of their own
			}
			var got []byte
			var b [3]byte
			try := func() (err error) {
				e.Leaf(func() {
					var n int
					n, err = r.TryRead(b[:])
					got = append(got, b[:n]...)
				})
				return err
			}
			wantErr(t, "with nothing there, TryRead", try(), syscall.EAGAIN)
			if _, err := c.Write([]byte("hello")); err != nil {
				return err
			}
			for len(got) < 5 {
				if err := c.(engine.ReadWaiter).AwaitReadable(); err != nil {
					return err
				}
				if err := try(); err != nil && !errors.Is(err, syscall.EAGAIN) {
					return err
				}
			}
			if string(got) != "hello" {
				t.Errorf("read %q", got)
			}
			wantErr(t, "behind it, TryRead", try(), syscall.EAGAIN)
			if err := c.Close(); err != nil {
				return err
			}
			wantErr(t, "when it is closed, TryRead", try(), net.ErrClosed)
			return nil
		})
	})
}

// TestTryReadEnd: the end is told, as Read tells it.
func TestTryReadEnd(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		dialled(t, e, func(net.Conn) {}, func(_ context.Context, c net.Conn) error {
			r, ok := c.(engine.TryReader)
			if !ok {
				return nil
			}
			if err := c.(engine.ReadWaiter).AwaitReadable(); err != nil {
				return err
			}
			_, err := r.TryRead(make([]byte, 1))
			wantErr(t, "TryRead", err, io.EOF)
			return nil
		})
	})
}

// TestTryWrite: on every engine it takes what the system takes, then nothing, and does not wait for more.
func TestTryWrite(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		dialled(t, e, func(net.Conn) { <-t.Context().Done() }, func(_ context.Context, c net.Conn) error {
			w := c.(engine.TryWriter)
			if n, err := w.TryWrite([]byte("hello")); n != 5 || err != nil {
				t.Errorf("it took %d bytes of 5, %v", n, err)
			}
			block := make([]byte, 1<<20)
			for n, all := 1, 0; n > 0; all += n {
				var err error
				if n, err = w.TryWrite(block); err != nil || all > 1<<30 {
					t.Errorf("after %d bytes it took %d, %v", all, n, err)
					break
				}
			}
			if err := c.Close(); err != nil {
				return err
			}
			if n, err := w.TryWrite(block); err == nil {
				t.Errorf("of a closed connection it took %d bytes", n)
			}
			return nil
		})
	})
}
