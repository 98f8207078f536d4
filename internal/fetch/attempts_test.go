//go:build unix

package fetch

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"crawl/internal/engine"
	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
	"crawl/internal/link"
)

// The race of several addresses, on a clock that passes only while nothing can be done: on loops that of looptest, on
// goroutines that of synctest. The network is a script, so what happens when is exact.

// fate is what becomes of an attempt at an address.
type fate struct {
	after time.Duration
	err   error // nil: it succeeds
	times int   // that it fails so, and then succeeds; 0: always
	probe error // of a socket for datagrams
}

var never = fate{after: time.Hour, err: errBoom}

func works(after time.Duration) fate { return fate{after: after} }

func fails(after time.Duration, errno syscall.Errno) fate {
	return fate{after: after, err: os.NewSyscallError("connect", errno), probe: os.NewSyscallError("connect", errno)}
}

// scripted is an engine with such a network. It notes what happens, with the time since it began.
type scripted struct {
	engine.Engine
	fates map[string]fate // by IP address

	mu      sync.Mutex // guards what follows
	began   time.Time
	log     []string
	open    int // connections, and attempts under way
	most    int
	spawned int
	tried   map[string]int
}

func (s *scripted) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, fmt.Sprintf("%v ", s.Now().Sub(s.began).Round(time.Millisecond))+fmt.Sprintf(format, args...))
}

func (s *scripted) count(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open += n
	s.most = max(s.most, s.open)
}

func (s *scripted) Spawn(name string, fn func(ctx context.Context) error) func() {
	s.mu.Lock()
	s.spawned++
	s.mu.Unlock()
	return s.Engine.Spawn(name, fn)
}

func (s *scripted) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	addr := netip.MustParseAddrPort(address).Addr().String()
	f, ok := s.fates[addr]
	if !ok {
		return nil, fmt.Errorf("%s is in no script", addr)
	}
	if network == "udp" {
		return &scriptedConn{script: s, udp: true}, f.probe
	}
	s.mu.Lock()
	s.tried[addr]++
	if f.times > 0 && s.tried[addr] > f.times {
		f = fate{}
	}
	s.mu.Unlock()
	s.note("dials %s", addr)
	s.count(1)
	deadline, _ := ctx.Deadline()
	left := deadline.Sub(s.Now())
	if f.after > left {
		f.after, f.err = left, os.ErrDeadlineExceeded
	}
	var err error
	if f.after > 0 {
		err = s.Sleep(ctx, f.after)
	}
	if err != nil {
		s.note("gives %s up", addr)
	} else {
		err = f.err
	}
	if err != nil {
		s.count(-1)
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	return &scriptedConn{script: s}, nil
}

// scriptedConn answers every request at once.
type scriptedConn struct {
	net.Conn
	script *scripted
	udp    bool
}

func (c *scriptedConn) SetDeadline(time.Time) error     { return nil }
func (c *scriptedConn) SetReadDeadline(time.Time) error { return nil }
func (c *scriptedConn) Write(p []byte) (int, error)     { return len(p), nil }
func (c *scriptedConn) Read(p []byte) (int, error)      { return copy(p, hello), nil }
func (c *scriptedConn) Close() error {
	if !c.udp {
		c.script.count(-1)
	}
	return nil
}

// account is what has happened: the dials in their order, and what else in order of the text.
func (s *scripted) account() (dials, others []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return split(s.log)
}

func split(log []string) (dials, others []string) {
	for _, line := range log {
		if strings.Contains(line, " dials ") {
			dials = append(dials, line)
		} else {
			others = append(others, line)
		}
	}
	slices.Sort(others)
	return dials, others
}

// onScript runs a test on every engine, each with a clock of its own.
func onScript(t *testing.T, fates map[string]fate, test func(t *testing.T, s *scripted)) {
	t.Helper()
	script := func(e engine.Engine) *scripted {
		return &scripted{Engine: e, fates: fates, began: e.Now(), tried: map[string]int{}}
	}
	for _, poller := range eventloop.Pollers() {
		t.Run("loop-"+poller, func(t *testing.T) {
			l, _ := looptest.New(t, poller, eventloop.Options{})
			test(t, script(engine.NewLoopOn(l)))
		})
	}
	t.Run("goroutine", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { test(t, script(engine.NewGoroutine())) })
	})
}

// given are options with the addresses of name.test.
func given(addrs ...string) Options {
	var all []netip.Addr
	for _, a := range addrs {
		all = append(all, netip.MustParseAddr(a))
	}
	return Options{Resolve: map[string][]netip.Addr{"name.test:80": all}}
}

const named = "http://name.test/"

// play runs fn in a task with a client, closes it, and looks whether all connections are closed and counted so. It is
// run on a clock of its own, so there is no time limit.
func (s *scripted) play(t *testing.T, o Options, fn func(c client)) {
	t.Helper()
	c := NewClient(s, o)
	s.Go("test", func(ctx context.Context) error {
		fn(client{c, t, ctx, s})
		c.Close()
		return nil
	})
	if err := s.Run(context.Background()); err != nil {
		t.Error(err)
	}
	if s.open != 0 || c.pool.open != 0 {
		t.Errorf("%d connections are open and %d counted at the end", s.open, c.pool.open)
	}
	if c.engine.(*scripted).most > c.options.MaxConns {
		t.Errorf("%d connections at once, more than %d", s.most, c.options.MaxConns)
	}
}

const ms = time.Millisecond

// TestRace: when each address is dialled, who wins, and what the others come to.
func TestRace(t *testing.T) {
	a4, b4, c4 := "192.0.2.1", "192.0.2.2", "192.0.2.3"
	a6, b6 := "2001:db8::1", "2001:db8::2"
	for _, tt := range []struct {
		name    string
		addrs   []string
		fates   map[string]fate
		options func(o *Options)
		log     []string
		class   Class
		remote  string
		connect time.Duration
		error   string
		either  bool // the loser may have succeeded too, or be told
	}{
		{
			name: "the first answers", addrs: []string{a4, a6}, fates: map[string]fate{a4: works(0), a6: works(249 * ms)},
			log: []string{"0s dials " + a6}, remote: a6, connect: 249 * ms,
		},
		{
			name: "families in turn, each 250 ms", addrs: []string{a4, b4, a6, c4, b6},
			fates: map[string]fate{a4: never, b4: works(10 * ms), a6: never, c4: works(0), b6: never},
			log: []string{
				"0s dials " + a6, "250ms dials " + a4, "500ms dials " + b6, "750ms dials " + b4,
				"760ms gives " + a6 + " up", "760ms gives " + a4 + " up", "760ms gives " + b6 + " up",
			},
			remote: b4, connect: 760 * ms,
		},
		{
			name: "an earlier one wins late", addrs: []string{a4, b4, c4}, fates: map[string]fate{a4: works(600 * ms), b4: never, c4: never},
			log:    []string{"0s dials " + a4, "250ms dials " + b4, "500ms dials " + c4, "600ms gives " + b4 + " up", "600ms gives " + c4 + " up"},
			remote: a4, connect: 600 * ms,
		},
		{
			name: "the first fails at once", addrs: []string{a4, b4}, fates: map[string]fate{a4: fails(0, syscall.ECONNREFUSED), b4: works(30 * ms)},
			log: []string{"0s dials " + a4, "0s dials " + b4}, remote: b4, connect: 30 * ms,
		},
		{
			name: "the first fails late", addrs: []string{a4, b4, c4},
			fates: map[string]fate{a4: fails(100*ms, syscall.ECONNREFUSED), b4: never, c4: works(10 * ms)},
			log:   []string{"0s dials " + a4, "100ms dials " + b4, "350ms dials " + c4, "360ms gives " + b4 + " up"}, remote: c4, connect: 360 * ms,
		},
		{
			name: "the first fails later than the second begins", addrs: []string{a4, b4, c4},
			fates: map[string]fate{a4: fails(400*ms, syscall.ECONNREFUSED), b4: never, c4: works(10 * ms)},
			log:   []string{"0s dials " + a4, "250ms dials " + b4, "400ms dials " + c4, "410ms gives " + b4 + " up"}, remote: c4, connect: 410 * ms,
		},
		{
			name: "two at the same time", addrs: []string{a4, b4}, fates: map[string]fate{a4: works(300 * ms), b4: works(50 * ms)},
			log: []string{"0s dials " + a4, "250ms dials " + b4}, connect: 300 * ms, either: true,
		},
		{
			name: "one succeeds as the other fails", addrs: []string{a4, b4}, fates: map[string]fate{a4: fails(300*ms, syscall.ECONNREFUSED), b4: works(50 * ms)},
			log: []string{"0s dials " + a4, "250ms dials " + b4}, remote: b4, connect: 300 * ms, either: true,
		},
		{
			name: "all refuse", addrs: []string{a4, b4, c4},
			fates: map[string]fate{a4: fails(10*ms, syscall.ECONNREFUSED), b4: fails(20*ms, syscall.ECONNREFUSED), c4: fails(30*ms, syscall.ECONNREFUSED)},
			log:   []string{"0s dials " + a4, "10ms dials " + b4, "30ms dials " + c4}, class: ConnectRefused, connect: 60 * ms,
			error: "no connection to any of 3 addresses: dial tcp: connect: connection refused",
		},
		{
			name: "all are silent", addrs: []string{a4, b4}, fates: map[string]fate{a4: never, b4: never},
			log: []string{"0s dials " + a4, "250ms dials " + b4}, class: TimeoutConnect, connect: 10*time.Second + 250*ms,
			error: "no connection to any of 2 addresses: dial tcp: i/o timeout",
		},
		{
			name: "four at a time", addrs: []string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6"},
			fates: map[string]fate{"192.0.2.1": never, "192.0.2.2": never, "192.0.2.3": never, "192.0.2.4": never, "192.0.2.5": never, "192.0.2.6": works(5 * ms)},
			log: []string{
				"0s dials 192.0.2.1", "250ms dials 192.0.2.2", "500ms dials 192.0.2.3", "750ms dials 192.0.2.4", "10s dials 192.0.2.5", "10.25s dials 192.0.2.6",
				"10.255s gives 192.0.2.3 up", "10.255s gives 192.0.2.4 up", "10.255s gives 192.0.2.5 up",
			},
			remote: "192.0.2.6", connect: 10*time.Second + 255*ms,
		},
		{
			name: "the server that is there is what counts", addrs: []string{a6, a4, b4},
			fates: map[string]fate{a6: fails(0, syscall.ENETUNREACH), a4: fails(0, syscall.ECONNREFUSED), b4: fails(0, syscall.EHOSTUNREACH)},
			log:   []string{"0s dials " + a6, "0s dials " + a4, "0s dials " + b4}, class: ConnectRefused,
			error: "no connection to any of 3 addresses: dial tcp: connect: connection refused",
		},
		{
			name: "no time is left in all", addrs: []string{a4, b4, c4}, fates: map[string]fate{a4: never, b4: never, c4: never},
			options: func(o *Options) { o.TotalTimeout = 400 * ms },
			log:     []string{"0s dials " + a4, "250ms dials " + b4}, class: TimeoutTotal, connect: 400 * ms,
			error: "no connection to any of 2 addresses: dial tcp: i/o timeout",
		},
		{
			name: "no room for another connection", addrs: []string{a4, b4}, fates: map[string]fate{a4: fails(600*ms, syscall.ECONNREFUSED), b4: works(10 * ms)},
			options: func(o *Options) { o.MaxConns = 1 },
			log:     []string{"0s dials " + a4, "600ms dials " + b4}, remote: b4, connect: 610 * ms,
		},
		{
			name: "no room, and nothing left", addrs: []string{a4, b4}, fates: map[string]fate{a4: fails(600*ms, syscall.ECONNREFUSED), b4: fails(10*ms, syscall.ECONNREFUSED)},
			options: func(o *Options) { o.MaxConns = 1 },
			log:     []string{"0s dials " + a4, "600ms dials " + b4}, class: ConnectRefused, connect: 610 * ms,
			error: "no connection to any of 2 addresses: dial tcp: connect: connection refused",
		},
		{
			name: "another delay", addrs: []string{a4, b4}, fates: map[string]fate{a4: never, b4: works(10 * ms)},
			options: func(o *Options) { o.AttemptDelay = 20 * ms },
			log:     []string{"0s dials " + a4, "20ms dials " + b4, "30ms gives " + a4 + " up"}, remote: b4, connect: 30 * ms,
		},
		{
			name: "the same address twice", addrs: []string{a4, "::ffff:" + a4}, fates: map[string]fate{a4: fails(0, syscall.ECONNREFUSED)},
			log: []string{"0s dials " + a4}, class: ConnectRefused, error: "dial tcp: connect: connection refused",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onScript(t, tt.fates, func(t *testing.T, s *scripted) {
				o := given(tt.addrs...)
				if tt.options != nil {
					tt.options(&o)
				}
				s.play(t, o, func(c client) {
					v := c.get(named)
					if tt.class == "" {
						v.want(t, 200, "hello")
						if tt.remote != "" && v.Remote != netip.AddrPortFrom(netip.MustParseAddr(tt.remote), 80).String() {
							t.Errorf("remote is %s, want %s", v.Remote, tt.remote)
						}
					} else if v.wantClass(t, tt.class); v.err != nil && v.err.Error() != tt.error {
						t.Errorf("error %q, want %q", v.err, tt.error)
					}
					if got := v.Timings.Connect.Round(ms); got != tt.connect {
						t.Errorf("connecting took %v, want %v", got, tt.connect)
					}
					if err := c.engine.Sleep(c.ctx, ms); err != nil { // the losers are told
						t.Error(err)
					}
					dials, others := s.account()
					wantDials, wantOthers := split(tt.log)
					if !slices.Equal(dials, wantDials) || !tt.either && !slices.Equal(others, wantOthers) {
						t.Errorf("it went %q, %q, want %q, %q", dials, others, wantDials, wantOthers)
					}
				})
			})
		})
	}
}

// TestRaceWithoutIPv6: where this machine has no way to IPv6 addresses, a host that has one each costs an attempt at
// the first connection of a minute, and no task after that.
func TestRaceWithoutIPv6(t *testing.T) {
	const a6, a4, b4 = "2001:db8::1", "192.0.2.1", "192.0.2.2"
	for _, errno := range []syscall.Errno{syscall.ENETUNREACH, syscall.EADDRNOTAVAIL} {
		onScript(t, map[string]fate{a6: fails(0, errno), a4: works(ms), b4: never}, func(t *testing.T, s *scripted) {
			s.play(t, given(a6, a4), func(c client) {
				for i, step := range []struct {
					pass  time.Duration
					dials []string
				}{{0, []string{a6, a4}}, {0, []string{a4}}, {noIPv6For / 2, []string{a4}}, {noIPv6For, []string{a6, a4}}, {0, []string{a4}}} {
					c.pool.closeIdle()
					c.pool.closing = false
					if step.pass > 0 {
						if err := c.engine.Sleep(c.ctx, step.pass); err != nil {
							t.Error(err)
						}
					}
					s.log, s.spawned = nil, 0
					c.get(named).want(t, 200, "hello")
					var dials []string
					for _, line := range s.log {
						_, addr, _ := strings.Cut(line, " dials ")
						dials = append(dials, addr)
					}
					if !slices.Equal(dials, step.dials) || s.spawned != len(step.dials)-1 {
						t.Errorf("step %d: %q were dialled, with %d tasks, want %q", i, dials, s.spawned, step.dials)
					}
				}
			})
		})
	}
	// One network that cannot be reached is no such thing.
	unreachable := fails(0, syscall.ENETUNREACH)
	unreachable.probe = nil
	onScript(t, map[string]fate{a6: unreachable, a4: works(ms)}, func(t *testing.T, s *scripted) {
		s.play(t, given(a6, a4), func(c client) {
			if c.get(named).want(t, 200, "hello"); !c.noIPv6.IsZero() {
				t.Error("IPv6 is taken for unreachable")
			}
		})
	})
}

// TestNoRace: one address takes no task and no timer, as before.
func TestNoRace(t *testing.T) {
	for _, f := range []fate{works(20 * time.Millisecond), never, fails(0, syscall.ECONNREFUSED)} {
		onScript(t, map[string]fate{"192.0.2.1": f}, func(t *testing.T, s *scripted) {
			s.play(t, given("192.0.2.1"), func(c client) {
				if v := c.get(named); (v.err == nil) != (f.err == nil) || v.err != nil && strings.Contains(v.err.Error(), "any of") {
					t.Errorf("error %v", v.err)
				}
				if s.spawned != 0 || len(s.log) != 1 {
					t.Errorf("%d tasks, %q", s.spawned, s.log)
				}
			})
		})
	}
}

// TestRacePressure: an attempt that finds this machine without memory for it waits, which is told and is no time
// of the server's, while the race goes on.
func TestRacePressure(t *testing.T) {
	const a, b = "192.0.2.1", "192.0.2.2"
	lacking := fails(0, syscall.ENOBUFS) // without descriptors there is no room for another attempt either
	for _, tt := range []struct {
		name           string
		first, second  fate
		options        Options
		queue, connect time.Duration
		told           int64
		class          Class
	}{
		// Pauses of 50, 100, 200 ms; the second attempt begins after 250.
		{"the first waits and wins", fate{err: lacking.err, times: 3}, never, given(a, b), 350 * ms, 0, 3, OK},
		{"the second overtakes it", lacking, works(10 * ms), given(a, b), 0, 260 * ms, 3, OK},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onScript(t, map[string]fate{a: tt.first, b: tt.second}, func(t *testing.T, s *scripted) {
				var told atomic.Int64
				o := tt.options
				o.OnPressure = func(class Class) {
					if told.Add(1); class != LocalMemory {
						t.Errorf("told of %s", class)
					}
				}
				s.play(t, o, func(c client) {
					v := c.get(named)
					v.wantClass(t, tt.class)
					if v.Timings.Queue.Round(ms) != tt.queue || v.Timings.Connect.Round(ms) != tt.connect || told.Load() != tt.told {
						t.Errorf("the phases are %+v, told %d times, want %v, %v, %d", v.Timings, told.Load(), tt.queue, tt.connect, tt.told)
					}
				})
			})
		})
	}
	onScript(t, map[string]fate{a: fails(0, syscall.EMFILE), b: fails(0, syscall.EMFILE)}, func(t *testing.T, s *scripted) {
		s.play(t, given(a, b), func(c client) { c.get(named).wantClass(t, LocalDescriptors) })
	})
	// For as long as a fetch waits for it, at both: ours is the fault.
	onScript(t, map[string]fate{a: lacking, b: lacking}, func(t *testing.T, s *scripted) {
		s.play(t, given(a, b), func(c client) {
			v := c.get(named)
			v.wantClass(t, LocalMemory)
			if v.Timings.Queue < pressurePatience {
				t.Errorf("it waited for %v", v.Timings.Queue)
			}
		})
	})
}

// TestRaceCancelled: a fetch that is called off takes its attempts with it, and no other fetch.
func TestRaceCancelled(t *testing.T) {
	const a, b = "192.0.2.1", "192.0.2.2"
	for _, after := range []time.Duration{0, 100 * ms, 300 * ms, 600 * ms} {
		onScript(t, map[string]fate{a: never, b: works(400 * ms)}, func(t *testing.T, s *scripted) {
			s.play(t, given(a, b), func(c client) {
				mu := s.NewMutex()
				ended := s.NewCond(mu, "the end of a fetch")
				var first error
				over := false
				cancel := s.Spawn("first", func(ctx context.Context) error {
					v := client{c.Client, t, ctx, s}.get(named)
					mu.Lock()
					defer mu.Unlock()
					first, over = v.err, true
					ended.Signal()
					return nil
				})
				if err := s.Sleep(c.ctx, after); err != nil {
					t.Error(err)
				}
				cancel()
				mu.Lock()
				for !over && after > 0 { // else it may never have begun
					if err := ended.Wait(c.ctx); err != nil {
						t.Error(err)
						break
					}
				}
				if class := ClassOf(first); class != Cancelled && after > 0 {
					t.Errorf("called off after %v: class %s: %v", after, class, first)
				}
				mu.Unlock()
				if err := s.Sleep(c.ctx, ms); err != nil {
					t.Error(err)
				}
				s.mu.Lock()
				c.pool.mu.Lock()
				if s.open != 0 || c.pool.open != 0 {
					t.Errorf("called off after %v: %d connections are open and %d counted", after, s.open, c.pool.open)
				}
				c.pool.mu.Unlock()
				s.mu.Unlock()
				c.get(named).want(t, 200, "hello")
			})
		})
	}
}

// TestRaceTooLate: a fetch that begins in a task that has been called off makes no attempt.
func TestRaceTooLate(t *testing.T) {
	const a, b = "192.0.2.1", "192.0.2.2"
	onScript(t, map[string]fate{a: works(0), b: works(0)}, func(t *testing.T, s *scripted) {
		s.play(t, given(a, b), func(c client) {
			mu := s.NewMutex()
			mu.Lock()
			var cancel func()
			cancel = s.Spawn("late", func(ctx context.Context) error {
				mu.Lock()
				cancel()
				mu.Unlock()
				client{c.Client, t, ctx, s}.get(named).wantClass(t, Cancelled)
				return nil
			})
			mu.Unlock()
			if err := s.Sleep(c.ctx, ms); err != nil {
				t.Error(err)
			}
			if dials, _ := s.account(); len(dials) != 0 {
				t.Errorf("it went %q", dials)
			}
		})
	})
}

// TestRaceFindsIdle: a connection that becomes idle while there is no room for another attempt will do, and the attempt
// under way is given up.
func TestRaceFindsIdle(t *testing.T) {
	const a, b = "192.0.2.1", "192.0.2.2"
	onScript(t, map[string]fate{a: never, b: never}, func(t *testing.T, s *scripted) {
		o := given(a, b)
		o.MaxConns = 2
		s.play(t, o, func(c client) {
			u, err := link.Parse(named)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := c.pool.acquire(c.ctx, c.key(&u, &Response{}), 0, new(time.Duration)); err != nil {
				t.Error(err)
			}
			s.After(500*ms, func() {
				s.count(1)
				c.pool.put(newConn(&scriptedConn{script: s}, c.key(&u, &Response{}), "idle"))
			})
			v := c.get(named)
			if v.want(t, 200, "hello"); v.Remote != "idle" || !v.Reused || v.Timings.Total.Round(ms) != 500*ms {
				t.Errorf("remote %q, %+v", v.Remote, v.Timings)
			}
			if err := s.Sleep(c.ctx, ms); err != nil {
				t.Error(err)
			}
		})
	})
}

// TestOrder: families in turn, IPv6 first; within a family as they come; IPv6 last where there is none.
func TestOrder(t *testing.T) {
	for _, tt := range []struct {
		addrs, want string
		noIPv6      bool
		race        int
	}{
		{"1.1.1.1 2.2.2.2", "1.1.1.1 2.2.2.2", false, 2},
		{"1.1.1.1 2.2.2.2", "1.1.1.1 2.2.2.2", true, 2},
		{"::1 ::2", "::1 ::2", false, 2},
		{"::1 ::2", "::1 ::2", true, 2},
		{"1.1.1.1 ::1", "::1 1.1.1.1", false, 2},
		{"::1 1.1.1.1", "1.1.1.1 ::1", true, 1},
		{"1.1.1.1 2.2.2.2 3.3.3.3 ::9 ::8", "::9 1.1.1.1 ::8 2.2.2.2 3.3.3.3", false, 5},
		{"::9 ::8 1.1.1.1 ::7 2.2.2.2", "1.1.1.1 2.2.2.2 ::9 ::8 ::7", true, 2},
	} {
		var addrs []netip.Addr
		for _, s := range strings.Fields(tt.addrs) {
			addrs = append(addrs, netip.MustParseAddr(s))
		}
		before := slices.Clone(addrs)
		ordered, race := order(addrs, tt.noIPv6)
		if got := strings.Trim(fmt.Sprint(ordered), "[]"); got != tt.want || race != tt.race || !slices.Equal(addrs, before) {
			t.Errorf("%s, no IPv6 %v: %s, %d to race, want %s, %d", tt.addrs, tt.noIPv6, got, race, tt.want, tt.race)
		}
	}
}

// TestManyAddresses: a name with thousands of addresses is not given more than some of our time.
func TestManyAddresses(t *testing.T) {
	fates, addrs := map[string]fate{}, []string{}
	for i := range 5000 {
		addr := fmt.Sprintf("192.0.%d.%d", i/256, i%256)
		fates[addr] = fails(ms, syscall.ECONNREFUSED)
		addrs = append(addrs, addr)
	}
	onScript(t, fates, func(t *testing.T, s *scripted) {
		s.play(t, given(addrs...), func(c client) {
			v := c.get(named)
			v.wantClass(t, ConnectRefused)
			if want := fmt.Sprintf("no connection to any of %d addresses", mostAddresses); v.err == nil || !strings.HasPrefix(v.err.Error(), want) {
				t.Errorf("error %q", v.err)
			}
		})
	})
}

// TestBlackHoleBesideServer: over real sockets, a host one of whose addresses answers nothing is reached by the other,
// long before the connection timeout, and the attempt leaves no descriptor.
func TestBlackHoleBesideServer(t *testing.T) {
	hole, err := link.Parse(blackHole(t))
	if err != nil {
		t.Fatal(err)
	}
	s := serveOn(t, fmt.Sprintf("127.0.0.2:%d", hole.Port()), answering(hello))
	onEach(t, func(t *testing.T, k kind) {
		goroutines, descriptors := runtime.NumGoroutine(), openDescriptors()
		d := &directory{}
		d.set(nil, "127.0.0.1", "127.0.0.2")
		e := k.engine(t)
		c := NewClient(e, Options{})
		c.resolver.lookup = d.lookup
		run(t, e, func(ctx context.Context) error {
			defer c.Close()
			v := client{c, t, ctx, e}.get(s.named("name.test"))
			if v.want(t, 200, "hello"); v.Remote != s.address || v.Timings.Connect < DefaultAttemptDelay || v.Timings.Total > DefaultConnectTimeout/2 {
				t.Errorf("remote %s, %+v", v.Remote, v.Timings)
			}
			t.Logf("%+v", v.Timings)
			return nil
		})
		if c.pool.open != 0 {
			t.Errorf("%d connections are counted", c.pool.open)
		}
		if err := settled(goroutines, descriptors); err != nil {
			t.Error(err)
		}
	})
	// Many at once, some of which are cancelled with everything.
	onEach(t, func(t *testing.T, k kind) {
		goroutines, descriptors := runtime.NumGoroutine(), openDescriptors()
		e := k.engine(t)
		key := fmt.Sprintf("name.test:%d", hole.Port())
		c := NewClient(e, Options{Resolve: map[string][]netip.Addr{key: {netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")}}})
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		late := time.AfterFunc(bound, cancel)
		defer late.Stop()
		for range 50 {
			e.Go("fetcher", func(ctx context.Context) error {
				v := client{c, t, ctx, e}.get(s.named("name.test"))
				if v.err == nil {
					cancel()
				}
				return v.err
			})
		}
		if err := e.Run(ctx); err != nil {
			t.Error(err)
		}
		c.Close()
		if c.pool.open != 0 {
			t.Errorf("%d connections are counted", c.pool.open)
		}
		if err := settled(goroutines, descriptors); err != nil {
			t.Error(err)
		}
	})
}
