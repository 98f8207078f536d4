//go:build unix

package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"crawl/internal/origin"
)

// resolveAll are the hosts of a test web by name, as --resolve gives them.
func resolveAll(t testing.TB, s *origin.Server) map[string][]netip.Addr {
	t.Helper()
	loopback := netip.MustParseAddrPort(s.Addresses()[0])
	all := map[string][]netip.Addr{}
	for _, host := range s.Hosts() {
		all[host] = []netip.Addr{loopback.Addr()}
	}
	return all
}

// directory is a resolver for tests: it knows what a test tells it, and counts.
type directory struct {
	asked atomic.Int64
	wait  chan struct{} // an answer waits for it to be closed, if not nil

	mu     sync.Mutex // guards answer and err
	answer []netip.Addr
	err    error
}

func (d *directory) set(err error, addrs ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer, d.err = nil, err
	for _, a := range addrs {
		d.answer = append(d.answer, netip.MustParseAddr(a))
	}
}

func (d *directory) lookup(context.Context, string) ([]netip.Addr, error) {
	d.asked.Add(1)
	if d.wait != nil {
		<-d.wait
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.answer, d.err
}

// named is the URL of a server under a name.
func (s *server) named(host string) string {
	return fmt.Sprintf("http://%s:%d/", host, netip.MustParseAddrPort(s.address).Port())
}

// TestOneLookup: a thousand fetches of a name that is being looked up wait for that lookup, and so does a name in
// another case of letters; an hour of them does not ask more often than once a minute.
func TestOneLookup(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		const fetches = 1000
		s := serve(t, answering(hello))
		d := &directory{wait: make(chan struct{})}
		d.set(nil, "127.0.0.1")
		e := newShifted(k.engine(t))
		c := NewClient(e, Options{MaxConns: 50})
		c.resolver.lookup = d.lookup
		var left, begun atomic.Int64
		left.Store(fetches)
		mu := e.NewMutex()
		over := e.NewCond(mu, "the end of all fetches")
		for i := range fetches {
			e.Go("fetcher", func(ctx context.Context) error {
				if begun.Add(1) == fetches {
					close(d.wait)
				}
				v := client{c, t, ctx, e}.get(s.named([]string{"name.test", "NAME.Test"}[i%2]))
				v.want(t, 200, "hello")
				if left.Add(-1) == 0 {
					mu.Lock()
					over.Signal()
					mu.Unlock()
				}
				return nil
			})
		}
		run(t, e, func(ctx context.Context) error {
			defer c.Close()
			mu.Lock()
			for left.Load() > 0 {
				if err := over.Wait(ctx); err != nil {
					return err
				}
			}
			mu.Unlock()
			if n := d.asked.Load(); n != 1 {
				t.Errorf("%d lookups for %d fetches at once, want 1", n, fetches)
			}
			for range 60 {
				e.advance(keepAnswer - time.Second)
				c.pool.closeIdle() // a connection that is kept needs no name
				c.pool.closing = false
				client{c, t, ctx, e}.get(s.named("name.test")).want(t, 200, "hello")
			}
			if n := d.asked.Load(); n < 30 || n > 31 {
				t.Errorf("%d lookups in an hour, want one each second fetch", n)
			}
			return nil
		})
	})
}

// TestLookupsWaitInLine: where lookups have to wait for a thread, the time limit counts from the question: a
// resolver that is dead for many names is dead for the last of them as soon as for the first.
func TestLookupsWaitInLine(t *testing.T) {
	for _, k := range kinds() {
		if k.name == "goroutine" { // which has as many threads as it needs
			continue
		}
		t.Run(k.name, func(t *testing.T) {
			const names = 40 // on 16 threads
			hold := make(chan struct{})
			var inTime, late atomic.Int64
			e := punctual(k.engine(t))
			c := NewClient(e, Options{ConnectTimeout: time.Millisecond})
			c.resolver.lookup = func(ctx context.Context, _ string) ([]netip.Addr, error) {
				if end, _ := ctx.Deadline(); time.Now().Before(end) {
					inTime.Add(1)
				} else {
					late.Add(1)
				}
				<-hold
				<-ctx.Done()
				return nil, ctx.Err()
			}
			for i := range names {
				e.Go("fetcher", func(ctx context.Context) error {
					client{c, t, ctx, e}.get(fmt.Sprintf("http://name%d.test/", i)).wantClass(t, DNSTimeout)
					return nil
				})
			}
			run(t, e, func(ctx context.Context) error {
				defer c.Close()
				defer close(hold)
				for len(c.resolver.names) < names {
					if err := e.Sleep(ctx, 0); err != nil {
						return err
					}
				}
				if err := e.Sleep(ctx, 0); err != nil { // the last ones are asked for now
					return err
				}
				return e.Sleep(ctx, 2*c.options.ConnectTimeout)
			})
			if n := late.Load(); n < names-16 {
				t.Errorf("%d lookups of %d began with time left, want none of those that had waited for longer than the limit", inTime.Load(), names)
			}
		})
	}
}

// TestLookupTime: a fetch says how long its name took, and one that found the answer there says nothing.
func TestLookupTime(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		const takes = 20 * time.Second
		s := serve(t, answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"))
		e := newShifted(k.engine(t))
		c := NewClient(e, Options{})
		c.resolver.lookup = func(context.Context, string) ([]netip.Addr, error) {
			e.advance(takes)
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}
		run(t, e, func(ctx context.Context) error {
			defer c.Close()
			cl := client{c, t, ctx, e}
			first, second := cl.get(s.named("name.test")), cl.get(s.named("name.test"))
			first.want(t, 200, "hello")
			second.want(t, 200, "hello")
			if first.Timings.DNS < takes || second.Timings.DNS > takes/2 {
				t.Errorf("the lookup of %v took %v, and when it was known %v", takes, first.Timings.DNS, second.Timings.DNS)
			}
			return nil
		})
	})
}

// TestLookupKept: an answer is kept for a minute and a failure for a moment.
func TestLookupKept(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := serve(t, answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"))
		d := &directory{}
		d.set(errBoom)
		e := newShifted(k.engine(t))
		c := NewClient(e, Options{})
		c.resolver.lookup = d.lookup
		run(t, e, func(ctx context.Context) error {
			defer c.Close()
			steps := []struct {
				pass  time.Duration
				class Class
				asked int64
			}{
				{0, DNSFailed, 1},
				{keepFailure / 2, DNSFailed, 1},
				{keepFailure, DNSFailed, 2},
				{keepFailure / 2, DNSFailed, 2}, // from here on there is an answer
				{keepFailure, OK, 3},
				{keepAnswer / 2, OK, 3}, // from here on there is none again
				{keepAnswer, DNSNotFound, 4},
				{keepFailure / 2, DNSNotFound, 4},
			}
			for i, step := range steps {
				switch i {
				case 4:
					d.set(nil, "127.0.0.1")
				case 6:
					d.set(&net.DNSError{Err: "no such host", IsNotFound: true})
				}
				e.advance(step.pass)
				client{c, t, ctx, e}.get(s.named("name.test")).wantClass(t, step.class)
				if n := d.asked.Load(); n != step.asked {
					t.Errorf("step %d: %d lookups, want %d", i, n, step.asked)
				}
			}
			return nil
		})
	})
}

// TestLookupOutlivesWaiter: a fetch that ends while it waits for a name takes the lookup from nobody.
func TestLookupOutlivesWaiter(t *testing.T) {
	// Only on goroutines can one task be cancelled and not the others.
	for _, k := range kinds() {
		if k.name != "goroutine" {
			continue
		}
		s := serve(t, answering(hello))
		d := &directory{wait: make(chan struct{})}
		d.set(nil, "127.0.0.1")
		e := k.engine(t)
		c := NewClient(e, Options{})
		c.resolver.lookup = d.lookup
		run(t, e, func(ctx context.Context) error {
			first, cancel := context.WithCancel(ctx)
			e.Go("cancelled", func(ctx context.Context) error {
				client{c, t, first, e}.get(s.named("name.test")).wantClass(t, Cancelled)
				close(d.wait)
				return nil
			})
			e.Go("patient", func(ctx context.Context) error {
				defer c.Close()
				client{c, t, ctx, e}.get(s.named("name.test")).want(t, 200, "hello")
				return nil
			})
			cancel()
			return nil
		})
		if n := d.asked.Load(); n != 1 {
			t.Errorf("%d lookups, want 1", n)
		}
	}
}

// TestLookupsAreBounded: what is known of names does not grow with their number. What has expired goes first,
// and what is being looked up stays.
func TestLookupsAreBounded(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		d := &directory{}
		d.set(nil, "127.0.0.1")
		e := newShifted(k.engine(t))
		r := newResolver(e, nil, nil)
		r.lookup = d.lookup
		run(t, e, func(ctx context.Context) error {
			for _, tt := range []struct{ expired, fresh, out, want int }{
				{0, maxAnswers - 1, 0, maxAnswers}, // there is room for one more
				{0, maxAnswers, 0, 1},              // nothing has expired, so all goes
				{1, maxAnswers - 1, 0, maxAnswers}, // one has
				{maxAnswers / 2, maxAnswers / 2, 0, maxAnswers/2 + 1},
				{maxAnswers - 10, 0, 10, 11},
				{0, maxAnswers - 10, 10, 11},
			} {
				clear(r.names)
				now := e.Now()
				for i := range tt.expired {
					r.names[fmt.Sprint("expired", i)] = &answer{expires: now.Add(-time.Second)}
				}
				for i := range tt.fresh {
					r.names[fmt.Sprint("fresh", i)] = &answer{expires: now.Add(bound)}
				}
				for i := range tt.out {
					r.names[fmt.Sprint("out", i)] = &answer{}
				}
				a := r.ask("name.test", time.Second)
				if err := errors.Join(r.wait(ctx, a), a.(*answer).err); err != nil {
					t.Error(err)
				}
				if n := len(r.names); n != tt.want {
					t.Errorf("of %+v, %d names are known", tt, n)
				}
			}
			return nil
		})
	})
}

// TestAddresses: the addresses of a name are tried in order, and the fetch fails with what the last one says;
// given ones are for one port, and a name that has them is not looked up.
func TestAddresses(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := serve(t, answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"))
		port := netip.MustParseAddrPort(s.address).Port()
		addrs := func(ss ...string) (as []netip.Addr) {
			for _, s := range ss {
				as = append(as, netip.MustParseAddr(s))
			}
			return as
		}
		given := map[string][]netip.Addr{
			fmt.Sprintf("given.test:%d", port):  addrs("127.0.0.1"),
			fmt.Sprintf("second.test:%d", port): addrs("127.255.255.255", "127.9.9.9", "127.0.0.1"),
			fmt.Sprintf("none.test:%d", port):   addrs("127.0.0.1", "127.255.255.255")[1:],
			fmt.Sprintf("127.0.0.2:%d", port):   addrs("127.0.0.1"),
			fmt.Sprintf("::1:%d", port):         addrs("127.0.0.1"),
			fmt.Sprintf("empty.test:%d", port):  {},
		}
		d := &directory{}
		d.set(&net.DNSError{Err: "no such host", IsNotFound: true})
		e := k.engine(t)
		c := NewClient(e, Options{Resolve: given})
		c.resolver.lookup = d.lookup
		run(t, e, func(ctx context.Context) error {
			defer c.Close()
			for host, class := range map[string]Class{
				"given.test": OK, "Given.TEST": OK, "second.test": OK, "127.0.0.2": OK, "[::1]": OK,
				"none.test": ConnectUnreachable, "other.test": DNSNotFound, "empty.test": DNSNotFound,
			} {
				v := client{c, t, ctx, e}.get(s.named(host))
				v.wantClass(t, class)
				if v.err == nil && v.Remote != s.address {
					t.Errorf("%s: remote is %s, want %s", host, v.Remote, s.address)
				}
			}
			if n := d.asked.Load(); n != 2 {
				t.Errorf("%d lookups, want those of the two names for which no address was given", n)
			}
			return nil
		})
	})
}

// TestNoSuchAddress: a machine without IPv6 has no address of its own to connect from (EADDRNOTAVAIL), which is
// not a lack of ports: the next address of the name is tried at once.
func TestNoSuchAddress(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := serve(t, answering(hello))
		d := &directory{}
		d.set(nil, "::1", "127.0.0.1")
		e := withoutIPv6{newShifted(k.engine(t))}
		told := OK
		c := NewClient(e, Options{OnPressure: func(class Class) { told = class }})
		c.resolver.lookup = d.lookup
		run(t, e, func(ctx context.Context) error {
			defer c.Close()
			v := client{c, t, ctx, e}.get(s.named("name.test"))
			v.want(t, 200, "hello")
			if v.Timings.Queue > time.Second || told != OK {
				t.Errorf("it waited for %v, and pressure was %s", v.Timings.Queue, told)
			}
			return nil
		})
	})
}

// withoutIPv6 is an engine on such a machine. Waiting takes no time.
type withoutIPv6 struct{ shifted }

func (e withoutIPv6) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if strings.HasPrefix(address, "[") {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errNoAddress()}
	}
	return e.shifted.DialContext(ctx, network, address)
}

func (e withoutIPv6) Sleep(ctx context.Context, d time.Duration) error {
	e.advance(d)
	return e.Engine.Sleep(ctx, 0)
}

// TestSystemLookup: the system's resolver knows localhost, and its addresses are as they are written.
func TestSystemLookup(t *testing.T) {
	addrs, err := systemLookup(t.Context(), "localhost")
	if err != nil {
		t.Skipf("SKIPPED: this system does not know localhost: %v", err)
	}
	if !slices.Contains(addrs, netip.MustParseAddr("127.0.0.1")) && !slices.Contains(addrs, netip.IPv6Loopback()) {
		t.Errorf("localhost is %v, want 127.0.0.1 or ::1", addrs)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := systemLookup(ctx, "localhost.test"); err == nil || errors.Is(err, errBoom) {
		t.Errorf("a lookup that is cancelled ended with %v", err)
	}
}
