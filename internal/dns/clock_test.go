//go:build unix

package dns

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"crawl/internal/engine"
	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

// What takes time is tested on a loop whose clock passes only while it waits, so the times below are exact, and with
// servers in memory, which answer when their script says.

// world is such an engine with its servers, each named by its address.
type world struct {
	engine.Engine
	clock   *looptest.Clock
	scripts map[netip.AddrPort]func(a *asked)
	log     []string // "seconds server name type" of each query
}

func newWorld(t testing.TB) *world {
	l, p := looptest.New(t, "", eventloop.Options{})
	return &world{Engine: engine.NewLoopOn(l), clock: p.Clock, scripts: map[netip.AddrPort]func(a *asked){}}
}

// add makes another server.
func (w *world) add(script func(a *asked)) {
	w.scripts[netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(1 + len(w.scripts))}), 53)] = script
}

func (w *world) config() Config {
	c := DefaultConfig()
	c.Servers = nil
	for i := range len(w.scripts) {
		c.Servers = append(c.Servers, netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(1 + i)}), 53))
	}
	return c
}

// DialContext implements engine.Engine.
func (w *world) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return &wire{world: w, ctx: ctx, network: network, server: netip.MustParseAddrPort(address)}, nil
}

// wire is a connection to a server in memory.
type wire struct {
	net.Conn
	*world
	ctx      context.Context
	network  string
	server   netip.AddrPort
	deadline time.Time
	due      []time.Time
	in       [][]byte
}

func (c *wire) Close() error                  { return nil }
func (c *wire) SetDeadline(t time.Time) error { c.deadline = t; return nil }

func (c *wire) Write(b []byte) (int, error) {
	query := b
	if c.network == "tcp" {
		query = b[2:] // behind its length
	}
	a, err := read(c.network, query)
	if err != nil {
		return 0, err
	}
	a.transmit = func(raw []byte, after time.Duration, _ string) {
		c.in, c.due = append(c.in, raw), append(c.due, c.Now().Add(after))
	}
	c.log = append(c.log, fmt.Sprintf("%v %d %s %s", c.clock.Now().Seconds(), c.server.Addr().As4()[3], a.name(), strings.TrimPrefix(a.q.Type.String(), "Type")))
	c.scripts[c.server](a)
	return len(b), nil
}

func (c *wire) Read(b []byte) (int, error) {
	if len(c.in) == 0 || c.due[0].After(c.deadline) {
		if err := c.Sleep(c.ctx, c.deadline.Sub(c.Now())); err != nil {
			return 0, err
		}
		return 0, os.ErrDeadlineExceeded
	}
	if err := c.Sleep(c.ctx, c.due[0].Sub(c.Now())); err != nil {
		return 0, err
	}
	n := copy(b, c.in[0])
	c.in, c.due = c.in[1:], c.due[1:]
	return n, nil
}

// good is a script that answers with these records after a time.
func good(after time.Duration, records ...string) func(a *asked) {
	return func(a *asked) { a.transmit(pack(a.reply(records...)), after, "") }
}

func silent(*asked) {}

// wantLog checks which queries there were since it was looked at last.
func (w *world) wantLog(t testing.TB, want ...string) {
	t.Helper()
	if got := strings.Join(w.log, ", "); got != strings.Join(want, ", ") {
		t.Errorf("queries %q, want %q", got, strings.Join(want, ", "))
	}
	w.log = nil
}

// TestKept: how long an answer is kept: as long as it says, within bounds; a negative one as RFC 2308 says; a failure
// for a moment.
func TestKept(t *testing.T) {
	code := func(c dnsmessage.RCode, records ...string) func(a *asked) {
		return func(a *asked) { a.send(a.code(c, records...)) }
	}
	nx, failing := dnsmessage.RCodeNameError, dnsmessage.RCodeServerFailure
	for _, tt := range []struct {
		name   string
		script func(a *asked)
		keep   time.Duration
	}{
		{"as it says", good(0, truth), 60 * time.Second},
		{"the least of all", good(0, truth, "name.test. 30 192.0.2.2"), 30 * time.Second},
		{"of both families", good(0, truth, "name.test. 40 2001:db8::1"), 40 * time.Second},
		{"of aliases too", good(0, "name.test. 20 =a.test.", "a.test. 60 192.0.2.1", "test. 99 soa:99"), 20 * time.Second},
		{"not at all", good(0, "name.test. 0 192.0.2.1"), DefaultMinTTL},
		{"for ever", good(0, "name.test. 99999999 192.0.2.1"), DefaultMaxTTL},
		{"a negative number", good(0, "name.test. 4294967295 192.0.2.1"), DefaultMinTTL},
		{"the other family's denial does not count", good(0, truth, "test. 9 soa:9"), 60 * time.Second},
		{"nxdomain", code(nx, "test. 300 soa:120"), 120 * time.Second},
		{"nxdomain, by the record's own", code(nx, "test. 70 soa:120"), 70 * time.Second},
		{"nxdomain for days", code(nx, "test. 999999 soa:999999"), DefaultMaxTTL},
		{"nxdomain, at once", code(nx, "test. 0 soa:120"), DefaultMinTTL},
		{"nxdomain without soa", code(nx), keepFailure},
		{"nodata", good(0, "test. 300 soa:120"), 120 * time.Second},
		{"nodata without soa", good(0), keepFailure},
		{"alias of nothing", good(0, "name.test. 50 =a.test.", "test. 300 soa:120"), 50 * time.Second},
		{"servfail", code(failing), keepFailure},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.add(tt.script)
			run(t, w, func(ctx context.Context) error {
				r := New(w, Options{Config: w.config()})
				first := r.Ask("name.test")
				if err := r.Wait(ctx, first); err != nil {
					return err
				}
				for i, step := range []struct {
					pass  time.Duration
					asked int
				}{{0, 2}, {tt.keep - time.Nanosecond, 2}, {time.Nanosecond, 4}, {tt.keep - 1, 4}, {1, 6}} {
					w.clock.Advance(step.pass)
					a := r.Ask("name.test")
					if err := r.Wait(ctx, a); err != nil {
						return err
					}
					if len(w.log) != step.asked || (a == first) != (i < 2) {
						t.Errorf("step %d: %d queries, want %d; the same answer: %v", i, len(w.log), step.asked, a == first)
					}
				}
				return nil
			})
		})
	}
}

// deaf is a script that does not get so many queries, and answers the rest.
func deaf(lost int) func(a *asked) {
	return func(a *asked) {
		if lost--; lost < 0 {
			good(0, truth)(a)
		}
	}
}

// TestTurns: the order and the times in which servers are asked that say nothing, or lie, and when a query is sent again.
func TestTurns(t *testing.T) {
	slowly := good(2*time.Second, truth)
	lie := func(a *asked) { m := a.reply("name.test. 60 192.0.2.66"); m.ID++; a.transmit(pack(m), time.Second, "") }
	servfail := func(a *asked) { a.send(a.code(dnsmessage.RCodeServerFailure)) }
	for _, tt := range []struct {
		name    string
		scripts []func(a *asked)
		set     func(o *Options)
		took    time.Duration
		want    string
		log     string
	}{
		{"one", []func(a *asked){silent}, nil, 10 * time.Second, "no answer in time", "0 1, 1 1, 3 1, 5 1, 6 1, 8 1"},
		{"two", []func(a *asked){silent, silent}, nil, 20 * time.Second, "no answer in time", "0 1, 1 1, 3 1, 5 2, 6 2, 8 2, 10 1, 11 1, 13 1, 15 2, 16 2, 18 2"},
		{"the second knows", []func(a *asked){silent, good(time.Second, truth)}, nil, 6 * time.Second, "192.0.2.1", "0 1, 1 1, 3 1, 5 2"},
		{"lies", []func(a *asked){lie}, nil, 10 * time.Second, "no answer in time", "0 1, 1 1, 3 1, 5 1, 6 1, 8 1"},
		{"too late", []func(a *asked){good(5001*time.Millisecond, truth)}, nil, 10 * time.Second, "no answer in time", "0 1, 1 1, 3 1, 5 1, 6 1, 8 1"},
		{"just in time", []func(a *asked){good(5*time.Second, truth)}, nil, 5 * time.Second, "192.0.2.1", "0 1, 1 1, 3 1"},
		{"who failed is not asked again", []func(a *asked){servfail, silent}, nil, 10 * time.Second, "server failure", "0 1, 0 2, 1 2, 3 2, 5 2, 6 2, 8 2"},
		{"limit", []func(a *asked){silent}, func(o *Options) { o.Limit = 7 * time.Second }, 7 * time.Second, "no answer in time", "0 1, 1 1, 3 1, 5 1, 6 1"},
		{"limit at the end of a round", []func(a *asked){silent, silent}, func(o *Options) { o.Limit = 10 * time.Second }, 10 * time.Second, "no answer in time", "0 1, 1 1, 3 1, 5 2, 6 2, 8 2"},
		{"timeout", []func(a *asked){silent}, func(o *Options) { o.Timeout = 2 * time.Second }, 4 * time.Second, "no answer in time", "0 1, 1 1, 2 1, 3 1"},
		{"attempts", []func(a *asked){silent}, func(o *Options) { o.Config.Attempts = 4 }, 20 * time.Second, "no answer in time", "0 1, 1 1, 3 1, 5 1, 6 1, 8 1, 10 1, 11 1, 13 1, 15 1, 16 1, 18 1"},
		{"rotate", []func(a *asked){silent, silent, silent}, func(o *Options) { o.Config.Rotate, o.Config.Attempts = true, 1 }, 15 * time.Second, "no answer in time", "0 2, 1 2, 3 2, 5 3, 6 3, 8 3, 10 1, 11 1, 13 1"},
		{"no search after silence", []func(a *asked){silent}, func(o *Options) { o.Config.Search, o.Config.Ndots = []string{"x.test"}, 5 }, 10 * time.Second, "no answer in time", "0 1, 1 1, 3 1, 5 1, 6 1, 8 1"},
		{"the first is lost", []func(a *asked){deaf(1)}, nil, time.Second, "192.0.2.1", "0 1, 1 1"},
		{"two are lost", []func(a *asked){deaf(2)}, nil, 3 * time.Second, "192.0.2.1", "0 1, 1 1, 3 1"},
		{"an answer to the first after the second", []func(a *asked){slowly}, nil, 2 * time.Second, "192.0.2.1", "0 1, 1 1"},
		{"a second is the least", []func(a *asked){deaf(1)}, func(o *Options) { o.Timeout = time.Second }, time.Second, "192.0.2.1", "0 1, 1 1"},
		{"in less of a hurry", []func(a *asked){deaf(1)}, func(o *Options) { o.Timeout = 30 * time.Second }, 6 * time.Second, "192.0.2.1", "0 1, 6 1"},
		{"over TCP once", []func(a *asked){silent}, func(o *Options) { o.Config.UseTCP = true }, 10 * time.Second, "no answer in time", "0 1, 5 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			for _, script := range tt.scripts {
				w.add(script)
			}
			o := Options{Config: w.config(), Families: OnlyIPv4}
			if tt.set != nil {
				tt.set(&o)
			}
			run(t, w, func(ctx context.Context) error {
				New(w, o).want(t, ctx, "name.test", tt.want)
				return nil
			})
			if took := w.clock.Now(); took != tt.took {
				t.Errorf("it took %v, want %v", took, tt.took)
			}
			for i, line := range w.log { // of "0 1 name.test. A"
				w.log[i] = strings.Join(strings.Fields(line)[:2], " ")
			}
			w.wantLog(t, tt.log)
		})
	}
}

// TestFamiliesTogether: A and AAAA go out at once; with single-request one after the other; and IPv6 addresses are waited
// for 50 ms longer than IPv4 ones, but not the other way round.
func TestFamiliesTogether(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		name      string
		four, six time.Duration
		single    bool
		took      time.Duration
		want      string
		at        string // when AAAA was asked for
	}{
		{"at once", 20 * ms, 30 * ms, false, 30 * ms, "2001:db8::1 192.0.2.1", "0"},
		{"in time", 20 * ms, 69 * ms, false, 69 * ms, "2001:db8::1 192.0.2.1", "0"},
		{"late", 20 * ms, 71 * ms, false, 70 * ms, "192.0.2.1", "0"},
		{"IPv4 is waited for", 900 * ms, 20 * ms, false, 900 * ms, "2001:db8::1 192.0.2.1", "0"},
		{"single-request", 20 * ms, 90 * ms, true, 110 * ms, "2001:db8::1 192.0.2.1", "0.02"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.add(func(a *asked) {
				after := tt.six
				if a.is4() {
					after = tt.four
				}
				good(after, truth, "name.test. 60 2001:db8::1")(a)
			})
			c := w.config()
			c.SingleRequest = tt.single
			run(t, w, func(ctx context.Context) error {
				r := New(w, Options{Config: c})
				first := r.Ask("name.test")
				r.want(t, ctx, "name.test", tt.want)
				if took := w.clock.Now(); took != tt.took {
					t.Errorf("it took %v, want %v", took, tt.took)
				}
				if err := w.Sleep(ctx, time.Second); err != nil { // what was late is there now, and the first answer as it was
					return err
				}
				r.want(t, ctx, "name.test", "2001:db8::1 192.0.2.1")
				if got := said(first.Addrs, first.Err); got != tt.want {
					t.Errorf("an answer that had arrived became %s", got)
				}
				return nil
			})
			w.wantLog(t, "0 1 name.test. A", tt.at+" 1 name.test. AAAA")
		})
	}
}

// TestLine: where names wait in line, dead servers are dead for the last of them as soon as for the first; and servers
// that are only slow have time for each.
func TestLine(t *testing.T) {
	const names, most = 1000, 4
	for _, tt := range []struct {
		name   string
		script func(a *asked)
		want   string
		took   time.Duration
	}{
		{"dead", silent, "no answer in time", 10 * time.Second},
		{"slow", func(a *asked) { good(time.Second, a.name()+" 60 192.0.2.1")(a) }, "192.0.2.1", names / most * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.add(tt.script)
			r := New(w, Options{Config: w.config(), Families: OnlyIPv4, MaxQueries: most, Limit: 10 * time.Second})
			for i := range names {
				w.Go("waiter", func(ctx context.Context) error {
					r.want(t, ctx, fmt.Sprintf("n%d.test", i), tt.want)
					return nil
				})
			}
			run(t, w, func(context.Context) error { return nil })
			if took := w.clock.Now(); took != tt.took {
				t.Errorf("it took %v, want %v", took, tt.took)
			}
		})
	}
}

// TestNoDescriptor: that this machine has no descriptor is no server's fault: it is waited for, and called by its name.
func TestNoDescriptor(t *testing.T) {
	for _, tt := range []struct {
		without time.Duration
		want    string
	}{{3 * time.Second, "192.0.2.1"}, {time.Hour, "no socket for a query"}} {
		w := newWorld(t)
		w.add(good(0, truth))
		r := New(short{w, tt.without}, Options{Config: w.config(), Families: OnlyIPv4})
		run(t, w, func(ctx context.Context) error {
			r.want(t, ctx, "name.test", tt.want)
			if took := w.clock.Now(); took < min(tt.without, 9*time.Second) || took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
			return nil
		})
	}
}

// short is a machine that has no descriptors for a while.
type short struct {
	*world
	until time.Duration
}

func (s short) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if s.clock.Now() < s.until {
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("socket", syscall.EMFILE)}
	}
	return s.world.DialContext(ctx, network, address)
}
