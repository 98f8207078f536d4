//go:build unix

package fetch

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"crawl/internal/dns"
	"crawl/internal/engine"
)

// noCode has a name server say nothing.
const noCode dnsmessage.RCode = 255

// nameServer makes the function that starts a name server which answers everything with that code and, if it is 0,
// these IPv4 addresses, and returns where it is.
func nameServer(code dnsmessage.RCode, addrs ...netip.Addr) func(t *testing.T) string {
	return func(t *testing.T) string { return countingServer(t, new(atomic.Int64), code, addrs...) }
}

func countingServer(t testing.TB, queries *atomic.Int64, code dnsmessage.RCode, addrs ...netip.Addr) string {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	t.Cleanup(func() {
		socket.Close()
		<-over
	})
	go func() {
		defer close(over)
		buf := make([]byte, 1<<12)
		for {
			n, from, err := socket.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if err := m.Unpack(buf[:n]); err != nil || code == noCode {
				continue
			}
			queries.Add(1)
			m.Response, m.RecursionAvailable, m.RCode, m.Additionals = true, true, code, nil
			for _, a := range addrs {
				if m.Questions[0].Type == dnsmessage.TypeA {
					h := dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET, TTL: 60}
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
				}
			}
			raw, err := m.Pack()
			if err != nil {
				panic(err)
			}
			_, _ = socket.WriteTo(raw, from)
		}
	}()
	return socket.LocalAddr().String()
}

// ownResolver is one that asks the name server at that address, once, and waits so long for it.
func ownResolver(e engine.Engine, address string, timeout time.Duration) *dns.Resolver {
	c := dns.DefaultConfig()
	c.Servers = []netip.AddrPort{netip.MustParseAddrPort(strings.TrimSuffix(address, "/"))}
	c.Attempts = 1
	return dns.New(e, dns.Options{Config: c, Timeout: timeout})
}

// TestOwnResolver: names are resolved by the client's own resolver, asked once for many fetches, all addresses of a name
// are tried, and what --resolve gives goes first.
func TestOwnResolver(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := serve(t, answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"))
		var queries atomic.Int64
		address := countingServer(t, &queries, dnsmessage.RCodeSuccess, netip.MustParseAddr("127.255.255.255"), netip.MustParseAddr("127.0.0.1"))
		e := k.engine(t)
		given := map[string][]netip.Addr{fmt.Sprintf("given.test:%d", netip.MustParseAddrPort(s.address).Port()): {netip.MustParseAddr("127.0.0.1")}}
		with(t, e, Options{Resolve: given, Resolver: ownResolver(e, address, bound)}, func(c client) error {
			c.get(s.named("given.test")).want(t, 200, "hello")
			if queries.Load() != 0 {
				t.Error("a name was asked for that has a given address")
			}
			for _, host := range []string{"name.test", "name.test", "NAME.test", "name.test"} {
				v := c.get(s.named(host))
				v.want(t, 200, "hello")
				if v.Remote != s.address {
					t.Errorf("remote is %s, want %s", v.Remote, s.address)
				}
			}
			if queries.Load() != 2 {
				t.Errorf("%d queries for one name, want one for each family", queries.Load())
			}
			return nil
		})
	})
}

// TestLookupsTogether: fetches that wait for the same name at once ask once, and all get on.
func TestLookupsTogether(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		const fetches = 500
		s := serve(t, answering(hello))
		var queries, whole atomic.Int64
		address := countingServer(t, &queries, dnsmessage.RCodeSuccess, netip.MustParseAddr("127.0.0.1"))
		e := k.engine(t)
		c := NewClient(e, Options{MaxConns: 20, Resolver: ownResolver(e, address, bound)})
		for range fetches {
			e.Go("fetcher", func(ctx context.Context) error {
				client{c, t, ctx, e}.get(s.named("name.test")).want(t, 200, "hello")
				if whole.Add(1) == fetches {
					c.Close()
				}
				return nil
			})
		}
		run(t, e, func(context.Context) error { return nil })
		if queries.Load() != 2 || whole.Load() != fetches {
			t.Errorf("%d queries and %d fetches, want 2 and %d", queries.Load(), whole.Load(), fetches)
		}
	})
}

// TestTotalWhileResolving: the time for the whole fetch ends the wait for a name, whatever the resolver has set itself,
// and nothing of the lookup holds up the end; others who have time go on waiting for the same answer.
func TestTotalWhileResolving(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		address := nameServer(noCode)(t)
		e := punctual(k.engine(t)) // the limit is short
		c := dns.DefaultConfig()
		c.Servers = []netip.AddrPort{netip.MustParseAddrPort(address)}
		r := dns.New(e, dns.Options{Config: c, Timeout: time.Hour, Limit: time.Hour})
		with(t, e, Options{TotalTimeout: 50 * time.Millisecond, Resolver: r}, func(c client) error {
			for range 2 { // the second finds the question under way
				v := c.get("http://name.test/")
				v.wantClass(t, TimeoutTotal)
				if v.Timings.DNS < 50*time.Millisecond || !strings.Contains(fmt.Sprint(v.err), `"name.test"`) {
					t.Errorf("%v in the resolver: %v", v.Timings.DNS, v.err)
				}
			}
			return nil
		})
	})
}

// TestTotalWhileSystemResolves: the same where the system's resolver does not come back.
func TestTotalWhileSystemResolves(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := serve(t, answering(hello))
		d := &directory{wait: make(chan struct{})}
		d.set(nil, "127.0.0.1")
		e := punctual(k.engine(t)) // the limit is short
		hasty, patient := NewClient(e, Options{TotalTimeout: 50 * time.Millisecond}), NewClient(e, Options{})
		hasty.resolver.lookup = d.lookup
		patient.resolver = hasty.resolver
		e.Go("patient", func(ctx context.Context) error {
			defer patient.Close()
			client{patient, t, ctx, e}.get(s.named("name.test")).want(t, 200, "hello")
			return nil
		})
		run(t, e, func(ctx context.Context) error {
			defer hasty.Close()
			client{hasty, t, ctx, e}.get(s.named("name.test")).wantClass(t, TimeoutTotal)
			close(d.wait)
			return nil
		})
		if n := d.asked.Load(); n != 1 {
			t.Errorf("%d lookups, want 1", n)
		}
	})
}
