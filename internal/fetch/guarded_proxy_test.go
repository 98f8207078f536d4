//go:build unix

package fetch

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"crawl/internal/link"
)

// TestGuardedByProxy: a guarded request for a private address is not made by a proxy that resolves names either, in
// whatever form the URL has it, and costs no connection; where a name leads is the proxy's business. The connection to
// the proxy, whose own address is private, is kept and serves guarded requests.
func TestGuardedByProxy(t *testing.T) {
	for _, scheme := range []string{"http", "tunnel", "socks5h"} {
		t.Run(scheme, func(t *testing.T) {
			onEach(t, func(t *testing.T, k kind) {
				s := serve(t, func(p *peer) {
					switch scheme {
					case "tunnel":
						p.request()
						p.send(connected)
					case "socks5h":
						shift := willing(0)
						shift.greet(p)
					}
					answering(hello)(p)
				})
				p := parseProxy(t, strings.Replace(scheme, "tunnel", "http", 1)+"://"+s.address)
				p.Tunnel = scheme == "tunnel"
				e := &watched{Engine: k.engine(t)}
				with(t, e, proxied(p), func(c client) error {
					c.resolver.lookup = noLookups(t)
					guarded := Request{Guarded: true}
					c.do("http://a.test/", guarded).want(t, 200, "hello")
					c.get("http://10.0.0.1/").want(t, 200, "hello") // the user's word
					before := len(e.dialled)
					for _, host := range []string{"10.0.0.1", "0x0a.1", "127.0.0.1", "[::ffff:127.0.0.1]", "[::1]", "169.254.169.254", "[64:ff9b::a00:1]", "localhost", "a.localhost", "localhost."} {
						for _, scheme := range []string{"http", "https"} {
							v := c.do(scheme+"://"+host+"/", guarded)
							v.wantClass(t, AddressPrivate)
							if v.Sent || v.Remote != "" || !strings.Contains(fmt.Sprint(v.err), "by a proxy neither") {
								t.Errorf("%s: %v; it is %+v", host, v.err, v.Response)
							}
						}
					}
					for _, u := range []string{"http://a.test/", "http://10.0.0.1/"} {
						v := c.do(u, Request{Guarded: u == "http://a.test/"})
						if v.want(t, 200, "hello"); !v.Reused {
							t.Errorf("%s: the connection was not kept", u)
						}
					}
					if len(e.dialled) != before {
						t.Errorf("%q were dialled, want no more than %d", e.dialled, before)
					}
					return nil
				})
				o := proxied(p)
				o.AllowPrivate = true
				with(t, k.engine(t), o, func(c client) error {
					c.do("http://10.0.0.1/", Request{Guarded: true}).want(t, 200, "hello")
					return nil
				})
			})
		})
	}
}

// TestGuardedRedirectByProxy: a page that came by a proxy, as far as is known a public one, leads to no private address,
// neither by the proxy nor around it; and the connection to the proxy is kept.
func TestGuardedRedirectByProxy(t *testing.T) {
	around := serve(t, answering(hello))
	for _, to := range []string{"http://10.0.0.1/", "http://localhost/", around.base + "/"} {
		onEach(t, func(t *testing.T, k kind) {
			s := serve(t, func(p *peer) {
				for req := p.request(); req != nil; req = p.request() {
					if req.URL.Path == "/a" {
						p.send("HTTP/1.1 302 \r\nContent-Length: 0\r\nLocation: " + to + "\r\n\r\n")
					} else {
						p.send(hello)
					}
				}
			})
			p := parseProxy(t, s.address)
			o := following
			o.Proxy = func(u *link.URL) *Proxy { // as NO_PROXY=127.0.0.1
				if u.Host() == "127.0.0.1" {
					return nil
				}
				return p
			}
			with(t, k.engine(t), o, func(c client) error {
				v := c.get("http://a.test/a")
				v.wantClass(t, AddressPrivate)
				if v.finalURL() != to {
					t.Errorf("it ended at %s, want %s", v.finalURL(), to)
				}
				v = c.get("http://b.test/")
				if v.want(t, 200, "hello"); !v.Reused {
					t.Error("the connection to the proxy was not kept")
				}
				return nil
			})
			if around.requests.Load() != 0 {
				t.Error("the private server was asked")
			}
		})
	}
}

// TestSOCKSRules: with socks5 the addresses are ours to choose: the rules on them hold as without a proxy, also for tunnels
// that are kept.
func TestSOCKSRules(t *testing.T) {
	const private, public, six = "127.0.0.1", "127.0.0.2", "2001:db8::7"
	type step struct {
		addrs   []string // of name.test
		url     string
		guarded bool
		class   Class
		asked   string // of the proxy; "": the tunnel is kept, or there is none
		public  bool
	}
	const name = "http://name.test/"
	for what, tt := range map[string]struct {
		family Family
		given  string
		steps  []step
	}{
		"mixed":               {steps: []step{{[]string{private, public}, name, true, OK, public, true}, {nil, name, true, OK, "", true}, {nil, name, false, OK, "", true}}},
		"mixed, not guarded":  {steps: []step{{[]string{private, public}, name, false, OK, private, false}, {nil, name, true, OK, public, true}}},
		"private":             {steps: []step{{[]string{private, "::1"}, name, true, AddressPrivate, "", false}}},
		"a kept tunnel":       {steps: []step{{[]string{private}, name, false, OK, private, false}, {nil, name, true, AddressPrivate, "", false}, {nil, name, false, OK, "", false}}},
		"written":             {steps: []step{{nil, "http://127.0.0.1/", true, AddressPrivate, "", false}, {nil, "http://[::ffff:127.0.0.1]/", true, AddressPrivate, "", false}, {nil, "http://127.0.0.2/", true, OK, public, true}, {nil, "http://127.0.0.1/", false, OK, private, false}}},
		"given":               {given: private, steps: []step{{nil, name, true, OK, private, false}, {nil, name, true, OK, "", false}}},
		"both":                {steps: []step{{[]string{six, public}, name, false, OK, public, true}}},
		"-4":                  {family: IPv4, steps: []step{{[]string{six, public}, name, false, OK, public, true}, {nil, "http://[2001:db8::7]/", false, ConnectFamily, "", false}}},
		"-4, IPv6 only":       {family: IPv4, steps: []step{{[]string{six}, name, false, ConnectFamily, "", false}}},
		"-4, IPv6 only given": {family: IPv4, given: six, steps: []step{{nil, name, false, ConnectFamily, "", false}}},
		"-6":                  {family: IPv6, steps: []step{{[]string{public, six}, name, false, OK, six, false}, {nil, "http://127.0.0.2/", false, ConnectFamily, "", false}}},
		"-6, IPv4 only":       {family: IPv6, steps: []step{{[]string{public}, name, false, ConnectFamily, "", false}}},
	} {
		t.Run(what, func(t *testing.T) {
			onEach(t, func(t *testing.T, k kind) {
				here := "127.0.0.1:0"
				if tt.family == IPv6 {
					if ln, err := net.Listen("tcp", "[::1]:0"); err != nil {
						t.Skipf("SKIPPED: there is no IPv6 here: %v", err)
					} else {
						here = ln.Addr().String()
						ln.Close()
					}
				}
				asked := make(chan string, len(tt.steps))
				s := serveOn(t, here, func(p *peer) {
					shift := willing(0)
					if what, ok := shift.greet(p); ok { // else it is left before it is asked
						asked <- what
						answering(hello)(p)
					}
				})
				o := proxied(parseProxy(t, "socks5://"+s.address))
				o.Private, o.Family = secondPublic, tt.family
				if tt.given != "" {
					o.Resolve = map[string][]netip.Addr{"name.test:80": {netip.MustParseAddr(tt.given)}}
				}
				with(t, k.engine(t), o, func(c client) error {
					d := &directory{}
					c.resolver.lookup = d.lookup
					for i, step := range tt.steps {
						if step.addrs != nil {
							d.set(nil, step.addrs...)
						}
						v := c.do(step.url, Request{Guarded: step.guarded})
						v.wantClass(t, step.class)
						got := ""
						select {
						case got = <-asked:
						default:
						}
						want := step.asked
						if want != "" {
							kind := 1
							if strings.Contains(want, ":") {
								kind = 4
							}
							want = fmt.Sprintf("1 %d %s", kind, net.JoinHostPort(want, "80"))
						}
						if got != want || step.class == OK && v.Public != step.public {
							t.Errorf("step %d: the proxy was asked for %q, want %q; public is %v", i, got, want, v.Public)
						}
						if v.err != nil && strings.Contains(v.err.Error(), "proxy") {
							t.Errorf("%v: the proxy has no part in it", v.err)
						}
					}
					return nil
				})
			})
		})
	}
}
