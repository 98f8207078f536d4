//go:build unix

package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"crawl/internal/engine"
	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

// late is an engine that is so late with everything.
type late struct {
	engine.Engine
	by time.Duration
}

func (l late) Lag(time.Time) time.Duration { return l.by }

func lateBy(by time.Duration) func(engine.Engine) engine.Engine {
	return func(e engine.Engine) engine.Engine { return late{e, by} }
}

// punctual is an engine that is never late, however busy the machine is.
func punctual(e engine.Engine) engine.Engine { return late{e, 0} }

// TestLateness: a limit of which we have spent half ourselves is our fault, what is less is not, and nothing but
// limits is.
func TestLateness(t *testing.T) {
	const limit = 10 * time.Second
	o := Options{Timeout: limit, ConnectTimeout: 2 * limit, TotalTimeout: 4 * limit}
	onEach(t, func(t *testing.T, k kind) {
		c := NewClient(k.engine(t), o)
		for _, tt := range []struct {
			class Class
			limit time.Duration
		}{
			{TimeoutFirstByte, limit},
			{TimeoutRead, limit},
			{TimeoutWrite, limit},
			{TimeoutTotal, 4 * limit},
			{TimeoutConnect, 2 * limit},
			{TimeoutTLS, 2 * limit},
			{TimeoutProxy, 2 * limit},
			{DNSTimeout, 2 * limit},
			{ConnectRefused, 0},
			{LocalPorts, 0},
			{Cancelled, 0},
		} {
			err := fail(tt.class, os.ErrDeadlineExceeded)
			at := func(lag time.Duration) error { return c.end(&Response{Lag: lag, Started: c.engine.Now()}, err) }
			if got := at(tt.limit/2 - 1); got != err {
				t.Errorf("%s: just below half of the limit: %v", tt.class, got)
			}
			late, want := at(tt.limit/2), LocalLate
			if tt.limit == 0 {
				late, want = at(time.Hour), tt.class
			}
			if ClassOf(late) != want || !errors.Is(late, os.ErrDeadlineExceeded) || !strings.HasSuffix(late.Error(), err.Error()) {
				t.Errorf("%s: at half of the limit: class %s, %v", tt.class, ClassOf(late), late)
			}
		}
		run(t, c.engine, func(context.Context) error { return nil })
	})
}

// TestBusyLoop: on a clock that stands still, something else takes twice the limit when the request is under way. What the
// server has sent by then is taken, and whatever it has not is not its fault.
func TestBusyLoop(t *testing.T) {
	secure := secured(t)
	const limit = 10 * time.Second
	for _, tt := range []struct {
		name    string
		wire    wire
		answer  string // before the loop goes on; the rest never comes
		begins  bool   // some of the answer, behind which the loop is busy
		options Options
		class   Class
		raw     string // the class is this if nobody is busy
	}{
		{name: "the answer is there", answer: hello, class: OK},
		{name: "it is not", class: LocalLate, raw: "timeout.first_byte"},
		{name: "the head is, in part", answer: hello[:20], class: LocalLate, raw: "timeout.read"},
		{name: "all is, in TLS", wire: secure, answer: hello, class: OK},
		{name: "nothing is, in TLS", wire: secure, class: LocalLate, raw: "timeout.first_byte"},
		{name: "in all", options: Options{TotalTimeout: limit, Timeout: time.Hour}, class: LocalLate, raw: "timeout.total"},
	} {
		for _, poller := range eventloop.Pollers() {
			for _, busy := range []bool{true, false} {
				if !busy && tt.raw == "" { // nobody would hold the clock until the answer is there
					continue
				}
				t.Run(tt.name+" "+poller, func(t *testing.T) {
					asked, sent := make(chan struct{}), make(chan struct{})
					s := tt.wire.serve(t, func(p *peer) {
						p.request()
						close(asked)
						p.send(tt.answer)
						close(sent)
						p.idle()
					})
					o := tt.options
					o.ConnectTimeout, o.TLS = time.Hour, TLSOptions{Insecure: true} // the clock is that of the year 2000
					orDefault(&o.Timeout, limit)
					orDefault(&o.TotalTimeout, time.Hour)
					l, p := looptest.New(t, poller, eventloop.Options{SlowCallback: -1})
					e := engine.NewLoopOn(l)
					var v *visit
					over := false
					e.Go("busy", func(ctx context.Context) error {
						for !over { // a loop that has something to do lets no time pass
							select {
							case <-asked:
								<-sent
								if busy {
									p.Clock.Advance(2 * limit)
								}
								return nil
							default:
								if err := e.Sleep(ctx, 0); err != nil {
									return err
								}
							}
						}
						return nil
					})
					with(t, e, o, func(c client) error {
						v = c.get(s.base)
						over = true
						return nil
					})
					want := tt.class
					if !busy {
						want = Class(tt.raw)
					}
					v.wantClass(t, want)
					if want == OK {
						v.want(t, 200, "hello")
					}
					if want == LocalLate && v.Lag < limit {
						t.Errorf("the lag is %v", v.Lag)
					}
				})
			}
		}
	}
}

// flagging is a connection whose first bytes wait for a sign, after it has told that they are there, and tells when they
// have gone out.
type flagging struct {
	net.Conn
	once             *sync.Once
	there, may, gone chan struct{}
}

func (c flagging) Write(p []byte) (n int, err error) {
	first := false
	c.once.Do(func() {
		first = true
		close(c.there)
		<-c.may
	})
	n, err = c.Conn.Write(p)
	if first {
		close(c.gone)
	}
	return n, err
}

// TestBusyInHandshake: what is lost between the flights of a handshake is noted, also if its last step was in time.
func TestBusyInHandshake(t *testing.T) {
	const busy = time.Minute
	for _, poller := range eventloop.Pollers() {
		w := secured(t)
		w.server.MaxVersion = tls.VersionTLS12 // the server has two flights
		f := flagging{once: new(sync.Once), there: make(chan struct{}), may: make(chan struct{}), gone: make(chan struct{})}
		s := w.serveBelow(t, func(c net.Conn) net.Conn { f.Conn = c; return f }, answering(hello))
		l, p := looptest.New(t, poller, eventloop.Options{SlowCallback: -1})
		e := engine.NewLoopOn(l)
		over := false
		e.Go("busy", func(ctx context.Context) error {
			for waits := true; !over; { // a loop that has something to do lets no time pass
				if waits {
					select {
					case <-f.there: // what comes within this step waits for its end
						close(f.may)
						<-f.gone
						p.Clock.Advance(busy)
						waits = false
					default:
					}
				}
				if err := e.Sleep(ctx, 0); err != nil {
					return err
				}
			}
			return nil
		})
		with(t, e, Options{ConnectTimeout: time.Hour, TLS: TLSOptions{Insecure: true}}, func(c client) error {
			v := c.get(s.base)
			over = true
			if v.want(t, 200, "hello"); v.Timings.TLS != busy || v.Lag != busy {
				t.Errorf("the handshake took %v, with a lag of %v; want %v for both", v.Timings.TLS, v.Lag, busy)
			}
			return nil
		})
	}
}
