//go:build unix

package dns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"crawl/internal/engine"
)

// TestErrors: a name that does not exist, one without an address, and who knows, also when the families disagree.
func TestErrors(t *testing.T) {
	code := func(c dnsmessage.RCode) func(a *asked) { return func(a *asked) { a.send(a.code(c)) } }
	good := func(a *asked) { a.send(a.reply(truth, "name.test. 60 2001:db8::1")) }
	none := code(dnsmessage.RCodeSuccess)
	nx, failing := code(dnsmessage.RCodeNameError), code(dnsmessage.RCodeServerFailure)
	for _, tt := range []struct {
		name      string
		four, six func(a *asked)
		want      string
	}{
		{"neither", nx, nx, "no such name"},
		{"no address", none, none, "the name has no address"},
		{"one says that it exists", nx, none, "the name has no address"},
		{"the other is not known", none, failing, "server failure"},
		{"nor is this one", failing, nx, "server failure"},
		{"IPv4 is enough", good, failing, "192.0.2.1"},
		{"IPv6 is enough", failing, good, "2001:db8::1"},
		{"a liar on IPv6", good, nx, "192.0.2.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, e engine.Engine) {
				s := serve(t, func(a *asked) {
					if a.is4() {
						tt.four(a)
					} else {
						tt.six(a)
					}
				})
				with(t, e, Options{Config: config(s)}, func(r *Resolver, ctx context.Context) { r.want(t, ctx, "name.test", tt.want) })
			})
		})
	}
}

// TestFamilies: nothing is asked for that is not wanted, and nothing else given.
func TestFamilies(t *testing.T) {
	for _, tt := range []struct {
		families     Families
		noAAAA       bool
		types        []dnsmessage.Type
		want, mapped string
	}{
		{Both, false, []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA}, "2001:db8::1 192.0.2.1", "::1 127.0.0.1"},
		{OnlyIPv4, false, []dnsmessage.Type{dnsmessage.TypeA}, "192.0.2.1", "127.0.0.1"},
		{OnlyIPv6, false, []dnsmessage.Type{dnsmessage.TypeAAAA}, "2001:db8::1", "::1"},
		{Both, true, []dnsmessage.Type{dnsmessage.TypeA}, "192.0.2.1", "::1 127.0.0.1"},
	} {
		onEach(t, func(t *testing.T, e engine.Engine) {
			var types []dnsmessage.Type
			s := serve(t, func(a *asked) {
				types = append(types, a.q.Type)
				a.send(a.reply(truth, "name.test. 60 2001:db8::1", "name.test. 60 ::ffff:192.0.2.1"))
			})
			c := config(s)
			c.NoAAAA = tt.noAAAA
			with(t, e, Options{Config: c, Families: tt.families}, func(r *Resolver, ctx context.Context) {
				r.want(t, ctx, "name.test", tt.want)
				r.want(t, ctx, "localhost", tt.mapped)
			})
			s.fence()
			slices.Sort(types)
			if !slices.Equal(types, tt.types) {
				t.Errorf("asked for %v, want %v", types, tt.types)
			}
		})
	}
}

// TestWithoutServer: addresses, names of the hosts file, localhost, and what can be no name, are no server's business.
func TestWithoutServer(t *testing.T) {
	hosts := ParseHosts([]byte("192.0.2.5 fixed.test\n2001:db8::5 FIXED.test alias\n192.0.2.6 only4.test\n"))
	long := strings.Repeat("a", 63)
	onEach(t, func(t *testing.T, e engine.Engine) {
		s := serve(t, func(a *asked) { a.send(a.reply(truth)) })
		six := New(e, Options{Config: config(s), Hosts: hosts, Families: OnlyIPv6})
		with(t, e, Options{Config: config(s), Hosts: hosts}, func(r *Resolver, ctx context.Context) {
			for host, want := range map[string]string{
				"192.0.2.9": "192.0.2.9", "2001:db8::9": "2001:db8::9", "::ffff:192.0.2.9": "192.0.2.9",
				"fixed.test": "2001:db8::5 192.0.2.5", "Fixed.TEST.": "2001:db8::5 192.0.2.5", "alias": "2001:db8::5", "only4.test": "192.0.2.6",
				"localhost": "::1 127.0.0.1", "LocalHost.": "::1 127.0.0.1", "a.b.localhost": "::1 127.0.0.1",
				"": "not a name that can be looked up", ".": "not a name that can be looked up",
				"a..test": "not a name that can be looked up", ".test": "not a name that can be looked up", "a.test..": "not a name that can be looked up",
				"a b.test": "not a name that can be looked up", "ä.test": "not a name that can be looked up", "a\x00.test": "not a name that can be looked up",
				long + "a.test": "not a name that can be looked up", strings.Repeat(long+".", 4) + "test": "not a name that can be looked up",
			} {
				r.want(t, ctx, host, want)
			}
			six.want(t, ctx, "only4.test", "the name has no address")
			six.want(t, ctx, "192.0.2.9", "the name has no address")
			if n := s.udp.Load(); n != 0 {
				t.Errorf("%d queries", n)
			}
			for _, host := range []string{long + ".test", strings.Repeat(long+".", 3) + long[2:], "notlocalhost", "x_y.test"} {
				r.want(t, ctx, host, "the name has no address")
			}
			if n := s.udp.Load(); n != 8 {
				t.Errorf("%d queries for four names, want eight", n)
			}
		})
	})
}

// TestSearch: the names that are tried, in order, and what the failure of one means for the others.
func TestSearch(t *testing.T) {
	for _, tt := range []struct {
		host  string
		ndots int
		world string // name=what …; all else does not exist
		want  string
		asked string
	}{
		{"a", 1, "a.two.test.=ok", "192.0.2.1", "a.one.test. a.two.test."},
		{"a", 1, "a.=ok", "192.0.2.1", "a.one.test. a.two.test. a."},
		{"a.b", 1, "a.b.=ok", "192.0.2.1", "a.b."},
		{"a.b", 2, "a.b.=ok", "192.0.2.1", "a.b.one.test. a.b.two.test. a.b."},
		{"a.b", 1, "a.b.one.test.=ok", "192.0.2.1", "a.b. a.b.one.test."},
		{"a.", 5, "a.one.test.=ok", "no such name", "a."},
		{"a", 0, "a.=ok", "192.0.2.1", "a."},
		{"a", 1, "", "no such name", "a.one.test. a.two.test. a."},
		{"a", 1, "a.one.test.=none", "the name has no address", "a.one.test. a.two.test. a."},
		{"a", 1, "a.one.test.=fail a.two.test.=ok", "192.0.2.1", "a.one.test. a.two.test."},
		{"a", 1, "a.one.test.=fail", "server failure", "a.one.test. a.two.test. a."},
		{"a", 1, "a.one.test.=refuse a.two.test.=none", "the server refuses to answer", "a.one.test. a.two.test. a."},
		{strings.Repeat("a", 63), 1, "", "no such name", strings.Repeat("a", 63) + ".one.test. " + strings.Repeat("a", 63) + ".two.test. " + strings.Repeat("a", 63) + "."},
	} {
		t.Run(tt.host+" "+tt.world, func(t *testing.T) {
			onEach(t, func(t *testing.T, e engine.Engine) {
				var order []string
				s := serve(t, func(a *asked) {
					order = append(order, a.name())
					switch {
					case strings.Contains(" "+tt.world, " "+a.name()+"=ok"):
						a.send(a.reply(a.name() + " 60 192.0.2.1"))
					case strings.Contains(" "+tt.world, " "+a.name()+"=none"):
						a.send(a.reply())
					case strings.Contains(" "+tt.world, " "+a.name()+"=fail"):
						a.send(a.code(dnsmessage.RCodeServerFailure))
					case strings.Contains(" "+tt.world, " "+a.name()+"=refuse"):
						a.send(a.code(dnsmessage.RCodeRefused))
					default:
						a.send(a.code(dnsmessage.RCodeNameError))
					}
				})
				c := config(s)
				c.Search, c.Ndots = []string{"one.test", "two.test"}, tt.ndots
				with(t, e, Options{Config: c, Families: OnlyIPv4}, func(r *Resolver, ctx context.Context) { r.want(t, ctx, tt.host, tt.want) })
				s.fence()
				if got := strings.Join(order, " "); got != tt.asked {
					t.Errorf("asked for %s, want %s", got, tt.asked)
				}
			})
		})
	}
}

// TestOneQuery: however many tasks ask for a name, in whatever case, it is asked for once; and its answer is the same for all.
func TestOneQuery(t *testing.T) {
	onEach(t, func(t *testing.T, e engine.Engine) {
		waiters := 10_000
		if strings.Contains(t.Name(), "threads") { // each of which is a task there
			waiters = 500
		}
		release := make(chan struct{})
		s := serve(t, func(a *asked) {
			<-release
			a.send(a.reply(truth))
		})
		var begun, answered atomic.Int64
		r := New(e, Options{Config: config(s)})
		for i := range waiters {
			e.Go("waiter", func(ctx context.Context) error {
				a := r.Ask([]string{"name.test", "NAME.test"}[i%2])
				if begun.Add(1) == int64(waiters) {
					close(release)
				}
				if err := r.Wait(ctx, a); err != nil {
					return err
				}
				if said(a.Addrs, a.Err) == "192.0.2.1" {
					answered.Add(1)
				}
				return nil
			})
		}
		run(t, e, func(context.Context) error { return nil })
		if n := answered.Load(); n != int64(waiters) || s.udp.Load() != 2 {
			t.Errorf("%d of %d got the answer, to %d queries, want two", n, waiters, s.udp.Load())
		}
	})
}

// TestCancelledWaiter: who is cancelled while he waits takes the answer from nobody. (Only on goroutines can a task be
// cancelled alone.)
func TestCancelledWaiter(t *testing.T) {
	release := make(chan struct{})
	s := serve(t, func(a *asked) {
		<-release
		a.send(a.reply(truth))
	})
	e := engine.NewGoroutine()
	with(t, e, Options{Config: config(s)}, func(r *Resolver, ctx context.Context) {
		a := r.Ask("name.test")
		impatient, cancel := context.WithCancel(ctx)
		cancel()
		if err := r.Wait(impatient, a); !errors.Is(err, context.Canceled) {
			t.Errorf("a wait that was cancelled ended with %v", err)
		}
		close(release)
		r.want(t, ctx, "name.test", "192.0.2.1")
	})
	if s.udp.Load() != 2 {
		t.Errorf("%d queries, want two", s.udp.Load())
	}
}

// TestStop: an engine that is stopped while servers are silent ends at once, with those who wait, and those in line.
func TestStop(t *testing.T) {
	onEach(t, func(t *testing.T, e engine.Engine) {
		stop, cancel := context.WithCancel(context.Background())
		defer cancel()
		s := serve(t, func(a *asked) {
			if a.n == 3 {
				cancel()
			}
		})
		r := New(e, Options{Config: config(s), MaxQueries: 4})
		var told atomic.Int64
		for i := range 20 {
			e.Go("waiter", func(ctx context.Context) error {
				_, err := r.lookup(ctx, fmt.Sprintf("n%d.test", i))
				if err != nil {
					told.Add(1)
				}
				return err
			})
		}
		if err := e.Run(stop); err != nil {
			var own *Error
			if !errors.As(err, &own) || own.Kind != Cancelled {
				t.Error(err)
			}
		}
		if told.Load() != 20 {
			t.Errorf("%d of 20 were told", told.Load())
		}
	})
}

// TestMaxQueries: no more are out at a time than allowed, and all get their turn.
func TestMaxQueries(t *testing.T) {
	const most, names = 8, 100
	onEach(t, func(t *testing.T, e engine.Engine) {
		var held []*asked
		s := serve(t, func(a *asked) {
			// If one more came, it would come now: those that are held wait for it.
			if held = append(held, a); len(held) > most {
				t.Errorf("%d queries are out", len(held))
			}
			if len(held) == most || a.n+1 == 2*names {
				for _, a := range held {
					a.send(a.reply(truth))
				}
				held = nil
			}
		})
		r := New(e, Options{Config: config(s), MaxQueries: most})
		for i := range names {
			e.Go("waiter", func(ctx context.Context) error {
				r.want(t, ctx, fmt.Sprintf("n%d.test", i), "the name has no address")
				return nil
			})
		}
		run(t, e, func(context.Context) error { return nil })
		if s.udp.Load() != 2*names {
			t.Errorf("%d queries, want %d", s.udp.Load(), 2*names)
		}
	})
}

// TestEndLate: a server that drops questions for IPv6 holds up neither the answer nor, if told, the engine.
func TestEndLate(t *testing.T) {
	onEach(t, func(t *testing.T, e engine.Engine) {
		s := serve(t, func(a *asked) {
			if a.is4() {
				a.send(a.reply(truth))
			}
		})
		with(t, e, Options{Config: config(s)}, func(r *Resolver, ctx context.Context) {
			r.want(t, ctx, "name.test", "192.0.2.1")
			if len(r.out) != 1 {
				t.Errorf("%d queries are late", len(r.out))
			}
		})
	})
}
