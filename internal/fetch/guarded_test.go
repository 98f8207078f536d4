//go:build unix

package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"crawl/internal/engine"
	"crawl/internal/link"
)

// watched is an engine that notes to which addresses connections are made.
type watched struct {
	engine.Engine
	mu      sync.Mutex // guards dialled
	dialled []string
}

func (w *watched) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	w.dialled = append(w.dialled, address)
	w.mu.Unlock()
	return w.Engine.DialContext(ctx, network, address)
}

// secondPublic is a world in which of this machine's addresses only 127.0.0.2 is public.
func secondPublic(addr netip.Addr) bool { return addr != netip.MustParseAddr("127.0.0.2") }

// serveAt starts a server at another loopback address and the port of s.
func (s *server) serveAt(t testing.TB, host string, script func(p *peer)) *server {
	t.Helper()
	port := netip.MustParseAddrPort(s.address).Port()
	return serveOn(t, fmt.Sprintf("%s:%d", host, port), script)
}

// TestGuardedLiterals: a guarded request for a private address in any form that a URL has for it connects to nothing;
// one that is not guarded may.
func TestGuardedLiterals(t *testing.T) {
	s := serve(t, answering(hello))
	port := netip.MustParseAddrPort(s.address).Port()
	for _, host := range []string{
		"127.0.0.1", "0x7f000001", "2130706433", "017700000001", "0177.0.0.1", "0x7f.1", "127.1", "127.0.1", "１２７.0.0.1", "127.0.0.1.",
		"[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[::1]", "[::]",
		"0.0.0.0", "0", "10.0.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "169.254.169.254", "0xa9fea9fe", "2852039166",
		"[64:ff9b::169.254.169.254]", "[2002:a9fe:a9fe::1]", "[fd00:ec2::254]", "[fe80::1]", "224.0.0.1", "255.255.255.255", "[ff02::1]",
	} {
		onEach(t, func(t *testing.T, k kind) {
			e := &watched{Engine: k.engine(t)}
			with(t, e, Options{}, func(c client) error {
				rawURL := fmt.Sprintf("http://%s:%d/", host, port)
				v := c.do(rawURL, Request{Guarded: true})
				v.wantClass(t, AddressPrivate)
				u, err := link.Parse(rawURL)
				if err != nil {
					return err
				}
				if want := fmt.Sprintf("%q is a private address", u.Host()); v.err == nil || !strings.HasPrefix(v.err.Error(), want) {
					t.Errorf("%s: error %q, want %q", rawURL, v.err, want)
				}
				if len(e.dialled) > 0 || c.pool.open != 0 {
					t.Errorf("%s: %q were dialled, %d connections are counted", rawURL, e.dialled, c.pool.open)
				}
				return nil
			})
		})
	}
	onEach(t, func(t *testing.T, k kind) {
		with(t, k.engine(t), Options{}, func(c client) error {
			for _, host := range []string{"127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"} {
				v := c.get(fmt.Sprintf("http://%s:%d/", host, port))
				if v.want(t, 200, "hello"); v.Public {
					t.Errorf("%s is said to be public", v.Remote)
				}
			}
			return nil
		})
	})
}

// TestGuardedNames: what counts is the address that is dialled, whatever the name is; of several addresses only the
// public ones are.
func TestGuardedNames(t *testing.T) {
	s := serve(t, answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"))
	second := s.serveAt(t, "127.0.0.2", answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\nsecond"))
	for _, tt := range []struct {
		name    string
		addrs   []string
		options Options
		class   Class
		remote  string
	}{
		{"loopback", []string{"127.0.0.1"}, Options{}, AddressPrivate, ""},
		{"mapped", []string{"::ffff:127.0.0.1"}, Options{}, AddressPrivate, ""},
		{"all private", []string{"10.0.0.1", "127.0.0.1", "::1"}, Options{}, AddressPrivate, ""},
		{"metadata of clouds", []string{"169.254.169.254"}, Options{}, AddressPrivate, ""},
		{"allowed", []string{"127.0.0.1"}, Options{AllowPrivate: true}, OK, s.address},
		{"public", []string{"127.0.0.2"}, Options{Private: secondPublic}, OK, second.address},
		{"public, mapped", []string{"::ffff:127.0.0.2"}, Options{Private: secondPublic}, OK, second.address},
		{"mixed", []string{"127.0.0.1", "127.0.0.2"}, Options{Private: secondPublic}, OK, second.address},
		{"mixed, public first", []string{"127.0.0.2", "127.0.0.1", "::1"}, Options{Private: secondPublic}, OK, second.address},
		{"mixed, and the family is not", []string{"127.0.0.1", "::1"}, Options{Private: secondPublic, Family: IPv6}, AddressPrivate, ""},
		{"none of the family", []string{"127.0.0.1", "127.0.0.2"}, Options{Private: secondPublic, Family: IPv6}, ConnectFamily, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, k kind) {
				d := &directory{}
				d.set(nil, tt.addrs...)
				e := &watched{Engine: k.engine(t)}
				c := NewClient(e, tt.options)
				c.resolver.lookup = d.lookup
				run(t, e, func(ctx context.Context) error {
					defer c.Close()
					v := client{c, t, ctx, e}.do(s.named("name.test"), Request{Guarded: true})
					v.wantClass(t, tt.class)
					if v.Remote != tt.remote || v.Public != (tt.class == OK && !tt.options.AllowPrivate) {
						t.Errorf("remote is %q, public %v, want %q", v.Remote, v.Public, tt.remote)
					}
					for _, address := range e.dialled {
						if address != tt.remote {
							t.Errorf("%s was dialled", address)
						}
					}
					if tt.class == AddressPrivate && v.err != nil && !strings.Contains(v.err.Error(), `"name.test" has a private address (`) {
						t.Errorf("error %q does not say so", v.err)
					}
					if v.err != nil && c.pool.open != 0 {
						t.Errorf("%d connections are counted", c.pool.open)
					}
					return nil
				})
			})
		})
	}
}

// TestGuardedReuse: a connection to a private address that is kept serves no guarded request, which makes a connection
// of its own; one to a public address serves all.
func TestGuardedReuse(t *testing.T) {
	s := serve(t, answering(hello))
	s.serveAt(t, "127.0.0.2", answering("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond"))
	onEach(t, func(t *testing.T, k kind) {
		d := &directory{}
		e := newShifted(k.engine(t))
		c := NewClient(e, Options{Private: secondPublic, MaxConns: 2})
		c.resolver.lookup = d.lookup
		run(t, e, func(ctx context.Context) error {
			defer c.Close()
			cl := client{c, t, ctx, e}
			for i, step := range []struct {
				addr    string // which the name has from here on
				guarded bool
				class   Class
				body    string
				reused  bool
			}{
				{"127.0.0.1", false, OK, "hello", false},
				{"127.0.0.1", true, AddressPrivate, "", false},
				{"127.0.0.1", false, OK, "hello", true}, // it was left alone
				{"127.0.0.2", true, OK, "second", false},
				{"127.0.0.2", true, OK, "second", true},
				{"127.0.0.2", false, OK, "second", true}, // the newest
				{"127.0.0.1", true, OK, "second", true},  // though the name leads elsewhere now, the connection does not
			} {
				d.set(nil, step.addr)
				e.advance(keepAnswer)
				c.pool.mu.Lock()
				c.pool.began = c.pool.began.Add(keepAnswer) // idle connections do not age
				c.pool.mu.Unlock()
				v := cl.do(s.named("name.test"), Request{Guarded: step.guarded})
				v.wantClass(t, step.class)
				if string(v.body) != step.body || v.Reused != step.reused {
					t.Errorf("step %d: body %q, reused %v, want %q, %v", i, v.body, v.Reused, step.body, step.reused)
				}
			}
			return nil
		})
	})
}

// TestGuardedGiven: an address that the user gave for a host is allowed, fresh or kept, and yet not public.
func TestGuardedGiven(t *testing.T) {
	s := serve(t, answering(hello))
	port := netip.MustParseAddrPort(s.address).Port()
	o := Options{Resolve: map[string][]netip.Addr{fmt.Sprintf("name.test:%d", port): {netip.MustParseAddr("127.0.0.1")}}}
	onEach(t, func(t *testing.T, k kind) {
		with(t, k.engine(t), o, func(c client) error {
			for i := range 2 {
				v := c.do(s.named("name.test"), Request{Guarded: true})
				if v.want(t, 200, "hello"); v.Public || v.Reused != (i == 1) {
					t.Errorf("fetch %d: public %v, reused %v", i, v.Public, v.Reused)
				}
			}
			return nil
		})
	})
}

// TestFamily: addresses of the other family are left out, wherever they come from.
func TestFamily(t *testing.T) {
	s := serve(t, answering(hello))
	port := netip.MustParseAddrPort(s.address).Port()
	given := map[string][]netip.Addr{
		fmt.Sprintf("both.test:%d", port): {netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("127.0.0.1")},
		fmt.Sprintf("six.test:%d", port):  {netip.MustParseAddr("2001:db8::1")},
		fmt.Sprintf("four.test:%d", port): {netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.3")},
	}
	for _, tt := range []struct {
		family Family
		host   string
		class  Class
		error  string
	}{
		{IPv4, "both.test", OK, ""},
		{IPv4, "127.0.0.1", OK, ""},
		{IPv4, "[::ffff:127.0.0.1]", OK, ""}, // it is one
		{IPv4, "six.test", ConnectFamily, `"six.test" has no IPv4 address`},
		{IPv4, "[2001:db8::1]", ConnectFamily, `"2001:db8::1" is not an IPv4 address`},
		{IPv6, "four.test", ConnectFamily, `"four.test" has no IPv6 address`},
		{IPv6, "127.0.0.1", ConnectFamily, `"127.0.0.1" is not an IPv6 address`},
	} {
		onEach(t, func(t *testing.T, k kind) {
			e := &watched{Engine: k.engine(t)}
			with(t, e, Options{Resolve: given, Family: tt.family}, func(c client) error {
				v := c.get(fmt.Sprintf("http://%s:%d/", tt.host, port))
				v.wantClass(t, tt.class)
				if v.err != nil && v.err.Error() != tt.error {
					t.Errorf("%v, %s: error %q, want %q", tt.family, tt.host, v.err, tt.error)
				}
				for _, address := range e.dialled {
					if address != s.address {
						t.Errorf("%v, %s: %s was dialled", tt.family, tt.host, address)
					}
				}
				return nil
			})
		})
	}
}

// TestOddAddresses: what no connection can be made to has a class of the network's, on every engine the same family.
func TestOddAddresses(t *testing.T) {
	for _, host := range []string{"127.0.0.1:0", "0.0.0.0:0", "255.255.255.255", "224.0.0.1", "[ff02::1]", "[fe80::1]"} {
		onEach(t, func(t *testing.T, k kind) {
			with(t, k.engine(t), Options{}, func(c client) error {
				v := c.get("http://" + host + "/")
				if class := ClassOf(v.err); class.Family() != "connect" {
					t.Errorf("%s: class %s: %v", host, class, v.err)
				}
				var e *Error
				if errors.As(v.err, &e) {
					t.Logf("%s: %s: %v", host, e.Class, e.Err)
				}
				return nil
			})
		})
	}
}
