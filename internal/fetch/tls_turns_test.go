//go:build unix

package fetch

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"crawl/internal/engine"
	"crawl/internal/http1"
)

// TestBodyTakesTurns: on the loop, a body that comes faster than it can be read leaves other tasks their turn, over TLS
// as without, and the fetch can be cancelled.
func TestBodyTakesTurns(t *testing.T) {
	const size, ahead = 12 << 20, 48 << 10
	var sent atomic.Int64
	piece := bytes.Repeat([]byte("0123456789abcdef"), 1<<10)
	script := func(p *peer) {
		for p.request() != nil {
			sent.Store(0)
			p.send(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size))
			for n := 0; n < size; n += len(piece) {
				if _, err := p.Write(piece); err != nil {
					return
				}
				sent.Add(int64(len(piece)))
			}
		}
	}
	onEachWire(t, func(t *testing.T, k kind, w wire) {
		if !strings.HasPrefix(k.name, "loop") {
			return // a task there takes nobody's turn
		}
		s := w.serve(t, script)
		e := k.engine(t)
		with(t, e, Options{TLS: w.client}, func(c client) error {
			turns, over := 0, false
			e.Go("other", func(ctx context.Context) error {
				for ; !over; turns++ {
					if err := e.Sleep(ctx, 0); err != nil {
						return err
					}
				}
				return nil
			})
			got, without, most, before := int64(0), 0, 0, turns
			v := c.do(s.base, Request{OnBody: func(p []byte) error {
				if got += int64(len(p)); turns != before {
					before, without = turns, 0
				}
				without += len(p)
				most = max(most, without)
				awaitSent(&sent, min(size, got+ahead))
				return nil
			}})
			over = true
			if v.err != nil || most > 4<<20 {
				t.Errorf("%d bytes were read without a turn of another task, %v", most, v.err)
			}
			return nil
		})
	})
}

// TestTLSHoldsNothing: an idle connection keeps nothing of what has been received on it, however the end of a body lay
// in what was read at once.
func TestTLSHoldsNothing(t *testing.T) {
	w := secured(t)
	s := w.serve(t, func(p *peer) {
		for req := p.request(); req != nil; req = p.request() {
			var n int
			_, _ = fmt.Sscanf(req.URL.Path, "/%d", &n)
			p.send(framed("length", "", strings.Repeat("x", n)))
		}
	})
	onEach(t, func(t *testing.T, k kind) {
		with(t, k.engine(t), Options{TLS: w.client}, func(c client) error {
			for n := 60_000; n < 100_000; n += 500 {
				v := c.get(fmt.Sprintf("%s/%d", s.base, n))
				v.want(t, 200, strings.Repeat("x", n))
				if over, ok := c.pool.newest.Conn.(*steppedConn); ok && (over.in != nil || over.out != nil) {
					t.Errorf("after a body of %d bytes, %d are held, and %d to be sent", n, cap(over.in), cap(over.out))
				}
			}
			return nil
		})
	})
}

// TestTLSBetweenLate: what comes on an idle connection and is no data does not cost it on the loop, also when the
// deadline of its last exchange has passed.
func TestTLSBetweenLate(t *testing.T) {
	done := make(chan struct{}, 1)
	s, options := serveRaw(t, func(r *raw) {
		for r.next() {
			r.record(dataRecord, hello)
			<-done
			r.record(handshakeRecord, ticket)
		}
	})
	onEach(t, func(t *testing.T, k kind) {
		with(t, k.engine(t), Options{TLS: options}, func(c client) error {
			for i := range 2 {
				v := c.get(s.base)
				v.want(t, 200, "hello")
				if v.Reused != (i > 0 && strings.HasPrefix(k.name, "loop")) {
					t.Errorf("fetch %d: reused %v", i, v.Reused)
				}
				done <- struct{}{}
				if err := c.awaitArrival(); err != nil {
					return err
				}
				if idle := c.pool.newest; idle != nil {
					if err := idle.SetReadDeadline(time.Now().Add(-time.Second)); err != nil {
						return err
					}
				}
			}
			return nil
		})
	})
}

// empty is an engine that tells when there is nothing to read on a connection.
type empty struct {
	engine.Engine
	told chan struct{}
}

func (e empty) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := e.Engine.DialContext(ctx, network, address)
	if s, ok := c.(steppable); ok {
		return emptyConn{s, e.told}, err
	}
	return c, err
}

type emptyConn struct {
	steppable
	told chan struct{}
}

func (c emptyConn) TryRead(p []byte) (int, error) {
	n, err := c.steppable.TryRead(p)
	if err == syscall.EAGAIN {
		select {
		case c.told <- struct{}{}:
		default:
		}
	}
	return n, err
}

// TestTLSInterim: the limit of a head holds for interim responses together, also when each comes alone, and nothing is
// there between them.
func TestTLSInterim(t *testing.T) {
	w := secured(t)
	onEach(t, func(t *testing.T, k kind) {
		told := make(chan struct{}, 1)
		s := w.serve(t, func(p *peer) {
			p.request()
			for range 200 {
				if strings.HasPrefix(k.name, "loop") {
					<-told
				}
				p.send("HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n")
			}
			p.send(hello)
		})
		defer close(told)
		with(t, empty{k.engine(t), told}, Options{TLS: w.client, Limits: http1.Limits{Head: 1 << 10}}, func(c client) error {
			c.get(s.base).wantClass(t, LimitHead)
			return nil
		})
	})
}

// awaitSent holds the loop until so much is on its way to it: there is always something to read then.
func awaitSent(sent *atomic.Int64, n int64) {
	for end := time.Now().Add(bound); sent.Load() < n && time.Now().Before(end); {
		runtime.Gosched()
	}
}
