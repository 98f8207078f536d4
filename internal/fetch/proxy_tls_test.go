//go:build unix

package fetch

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// way is a kind of proxy that connects us with servers, and how it is spoken to.
type way struct {
	name, scheme string
	wire         wire
	open         func(p *peer) bool // what the proxy does before it is a tunnel
}

// ways are all of them. Their proxies have a certificate for 127.0.0.1, and for no name.
func ways(t testing.TB, a *authority) []way {
	t.Helper()
	cert := a.issue(t, func(c *x509.Certificate) { c.DNSNames = nil })
	connect := func(p *peer) bool {
		if p.request() == nil {
			return false
		}
		p.send(connected)
		return true
	}
	return []way{
		{"CONNECT", "http", wire{}, connect},
		{"CONNECT within TLS", "https", wire{server: &tls.Config{Certificates: []tls.Certificate{cert}}}, connect},
		{"CONNECT within TLS 1.2", "https", wire{server: &tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: tls.VersionTLS12}}, connect},
		{"SOCKS 5", "socks5h", wire{}, func(p *peer) bool {
			shift := willing(0)
			_, ok := shift.greet(p)
			return ok
		}},
	}
}

// serve starts such a proxy. What it connects with is script.
func (w way) serve(t testing.TB, script func(p *peer)) (*server, *Proxy) {
	t.Helper()
	s := w.wire.serve(t, func(p *peer) {
		if w.open(p) {
			script(p)
		}
	})
	return s, parseProxy(t, w.scheme+"://"+s.address)
}

// securely goes on with TLS in what is there. It is false if that comes to nothing.
func (p *peer) securely(config *tls.Config, below func(net.Conn) net.Conn) bool {
	c := tls.Server(below(p.Conn), config)
	if c.Handshake() != nil {
		return false
	}
	p.Conn, p.reader = c, bufio.NewReader(c)
	return true
}

func asItIs(c net.Conn) net.Conn { return c }

// named is a server's configuration with a certificate for these names.
func (a *authority) named(t testing.TB, names ...string) *tls.Config {
	t.Helper()
	cert := a.issue(t, func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = names, nil })
	return &tls.Config{Certificates: []tls.Certificate{cert}}
}

// TestTunnelTLS: https through a tunnel of any kind: it is the server whose name is told and verified, and whose TLS
// the response has; its connection is kept. Neither proxy nor server sees a name that is the other's.
func TestTunnelTLS(t *testing.T) {
	a := newAuthority(t)
	for _, w := range ways(t, a) {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(fmt.Sprint(w.name, " ", tls.VersionName(version)), func(t *testing.T) {
				onEach(t, func(t *testing.T, k kind) {
					var asked seen
					config := a.named(t, "name.test")
					config.MaxVersion = version
					config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
						asked.add("TLS with %q", hello.ServerName)
						return nil, nil
					}
					s, p := w.serve(t, func(p *peer) {
						if !p.securely(config, asItIs) {
							return
						}
						for req := p.request(); req != nil; req = p.request() {
							asked.add("%s %s", req.RequestURI, req.Host)
							p.send(hello)
						}
					})
					o := proxied(p)
					o.TLS.Roots = a.pool
					with(t, k.engine(t), o, func(c client) error {
						c.resolver.lookup = noLookups(t)
						for i := range 3 {
							v := c.get("https://name.test/")
							v.want(t, 200, "hello")
							if v.Reused != (i > 0) || v.TLS.version != version || v.Remote != s.address || v.Proxy() != p.String() {
								t.Errorf("fetch %d: reused %v, TLS %+v, %s by %s", i, v.Reused, v.TLS, v.Remote, v.Proxy())
							}
							if i == 0 && (v.Timings.TLS == 0 || v.Timings.Connect == 0) {
								t.Errorf("timings %+v", v.Timings)
							}
						}
						return nil
					})
					asked.want(t, `TLS with "name.test"`, "/ name.test", "/ name.test", "/ name.test")
				})
			})
		}
	}
}

// TestTunnelTLSFails: what a server behind a tunnel does wrong is the server's, the same as without a proxy, though
// the proxy is in order; and what the proxy does wrong is not.
func TestTunnelTLSFails(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	speak := func(config *tls.Config) func(p *peer) {
		return func(p *peer) {
			if p.securely(config, asItIs) {
				answering(hello)(p)
			}
		}
	}
	expired := a.issue(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	for _, tt := range []struct {
		name   string
		class  Class
		text   string
		script func(p *peer)
	}{
		{"another name", TLSHostname, "name.test", speak(a.named(t, "other.test"))},
		{"the proxy's name", TLSHostname, "name.test", speak(&tls.Config{Certificates: []tls.Certificate{a.issue(t, func(c *x509.Certificate) { c.DNSNames = nil })}})},
		{"an authority of its own", TLSAuthority, "unknown authority", speak(other.named(t, "name.test"))},
		{"expired", TLSExpired, "expired", speak(&tls.Config{Certificates: []tls.Certificate{expired}})},
		{"an old version", TLSVersion, "version", speak(&tls.Config{Certificates: a.named(t, "name.test").Certificates, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10})},
		{"no TLS", TLSNotTLS, "not TLS", func(p *peer) { _, _ = p.reader.Peek(1); p.send("HTTP/1.1 400 Bad Request\r\n\r\n"); p.close() }},
		{"closes after the 200", ClosedEarly, "connection closed", func(p *peer) { p.close() }},
		{"closes in the handshake", ClosedEarly, "connection closed", func(p *peer) { _, _ = p.reader.Peek(1); p.close() }},
		{"breaks off", ClosedEarly, "connection closed", func(p *peer) { _, _ = p.reader.Peek(1); _ = p.socket().CloseWrite(); p.idle() }},
		{"stalls", TimeoutTLS, "i/o timeout", func(p *peer) { p.idle() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, w := range ways(t, a) {
				_, p := w.serve(t, tt.script)
				o := proxied(p)
				o.TLS.Roots = a.pool
				if tt.class == TimeoutTLS {
					if p.secure {
						continue // whose handshake must not take as long
					}
					o.ConnectTimeout = 4 * short
				}
				onEach(t, func(t *testing.T, k kind) {
					with(t, punctual(k.engine(t)), o, func(c client) error {
						v := c.get("https://name.test/")
						v.wantClass(t, tt.class)
						if !strings.Contains(fmt.Sprint(v.err), tt.text) || v.Sent || v.TLS.Used() || c.pool.open != 0 {
							t.Errorf("%s: %v, want %q; sent %v, %d connections", w.name, v.err, tt.text, v.Sent, c.pool.open)
						}
						return nil
					})
				})
			}
		})
	}
}

// TestSecureTunnelTalks: what a proxy sends behind its 200 within TLS is not taken for the server's, in the same record or
// in another, plain or as if it were TLS.
func TestSecureTunnelTalks(t *testing.T) {
	a := newAuthority(t)
	secure := ways(t, a)[1].wire
	for name, parts := range map[string][]string{
		"one record":  {connected + hello},
		"two records": {connected, hello},
		"as if TLS":   {connected, "\x16\x03\x03\x00\x04"},
		"split":       {connected[:10], connected[10:], "x"},
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, k kind) {
				s := secure.serveBelow(t, func(c net.Conn) net.Conn { return &gathering{Conn: c} }, func(p *peer) {
					p.request()
					g := p.Conn.(*tls.Conn).NetConn().(*gathering)
					g.on = true
					for _, part := range parts {
						p.send(part)
					}
					g.release()
					p.idle()
				})
				p := tunnelling(parseProxy(t, "https://nobody:"+secret+"@"+s.address))
				o := proxied(p)
				o.TLS.Roots = a.pool
				with(t, k.engine(t), o, func(c client) error {
					for _, u := range []string{"http://a.test/", "https://name.test/"} {
						v := c.get(u)
						v.wantClass(t, ProxyProtocol)
						wantSilent(t, v.err, p)
						if !strings.Contains(fmt.Sprint(v.err), "went on after its answer") {
							t.Errorf("%v", v.err)
						}
					}
					return nil
				})
			})
		})
	}
}

// TestSecureProxy: an https proxy is asked for http URLs as another is, over one connection for all origins, however
// its answers are cut. Its TLS is not the server's.
func TestSecureProxy(t *testing.T) {
	big := strings.Repeat("0123456789abcdef", 20_000)
	answers := map[string]string{"/hello": hello, "/big": fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(big), big)}
	for _, w := range wires(t)[1:] {
		for _, step := range []int{1, 1009, 1 << 20} {
			t.Run(fmt.Sprint(w.name, " ", step), func(t *testing.T) {
				onEach(t, func(t *testing.T, k kind) {
					var asked seen
					s := w.serveBelow(t, func(c net.Conn) net.Conn { return splitting{c, step} }, func(p *peer) {
						for req := p.request(); req != nil; req = p.request() {
							asked.add("%s %s %s", req.RequestURI, req.Host, req.Header.Get("Proxy-Authorization"))
							p.send(answers[req.URL.Path])
						}
					})
					p := parseProxy(t, "https://nobody:"+secret+"@"+s.address)
					o := proxied(p)
					o.TLS = w.client
					with(t, k.engine(t), o, func(c client) error {
						c.resolver.lookup = noLookups(t)
						for i, u := range []string{"http://a.test/hello", "http://b.test/hello", "http://a.test/hello"} {
							v := c.get(u)
							v.want(t, 200, "hello")
							if v.Reused != (i > 0) || v.TLS.Used() || v.Timings.TLS != 0 || v.Proxy() != p.String() || v.Remote != s.address {
								t.Errorf("%s: it is %+v", u, v.Response)
							}
						}
						if step > 1 {
							c.get("http://a.test/big").want(t, 200, big)
						}
						return nil
					})
					const basic = " Basic bm9ib2R5OmdlaGVpbQ=="
					want := []string{"http://a.test/hello a.test" + basic, "http://b.test/hello b.test" + basic, "http://a.test/hello a.test" + basic}
					if step > 1 {
						want = append(want, "http://a.test/big a.test"+basic)
					}
					asked.want(t, want...)
					if n := s.conns.Load(); n != 1 {
						t.Errorf("%d connections, want 1", n)
					}
				})
			})
		}
	}
}

// TestSecureProxyFails: no TLS with the proxy, no request, and it is nobody's fault but the proxy's.
func TestSecureProxyFails(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	speak := func(config *tls.Config) func(p *peer) {
		return func(p *peer) {
			if p.securely(config, asItIs) {
				p.server.requests.Add(1)
				answering(hello)(p)
			}
		}
	}
	certified := func(by *authority, edit func(c *x509.Certificate)) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{by.issue(t, edit)}}
	}
	old := certified(a, nil)
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS10
	wants := certified(a, nil)
	wants.ClientAuth, wants.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12
	for _, tt := range []struct {
		name, text string
		class      Class
		script     func(p *peer)
	}{
		{"another address", "127.0.0.1", ProxyConnect, speak(certified(a, func(c *x509.Certificate) { c.IPAddresses = nil }))},
		{"an authority of its own", "unknown authority", ProxyConnect, speak(certified(other, nil))},
		{"expired", "expired", ProxyConnect, speak(certified(a, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }))},
		{"an old version", "version", ProxyConnect, speak(old)},
		{"wants a certificate", "remote error", ProxyConnect, speak(wants)},
		{"no TLS", "not TLS", ProxyConnect, func(p *peer) { _, _ = p.reader.Peek(1); p.send("HTTP/1.1 400 Bad Request\r\n\r\n"); p.close() }},
		{"closes", "connection closed", ProxyConnect, func(p *peer) { p.close() }},
		{"resets", "reset", ProxyConnect, func(p *peer) { _, _ = p.reader.Peek(1); p.reset() }},
		{"stalls", "i/o timeout", TimeoutProxy, func(p *peer) { p.idle() }},
		{"stalls for all the time there is", "i/o timeout", TimeoutTotal, func(p *peer) { p.idle() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, k kind) {
				s := serve(t, tt.script)
				p := parseProxy(t, "https://nobody:"+secret+"@"+s.address)
				o := proxied(p)
				o.TLS = TLSOptions{Roots: a.pool, Certificate: &a.issueAll(t)[0]}
				switch tt.class {
				case TimeoutProxy:
					o.ConnectTimeout = 4 * short
				case TimeoutTotal:
					o.TotalTimeout = 4 * short
				}
				with(t, punctual(k.engine(t)), o, func(c client) error {
					for _, u := range []string{"http://a.test/", "https://name.test/"} {
						v := c.get(u)
						v.wantClass(t, tt.class)
						wantSilent(t, v.err, p)
						if v.Sent || v.TLS.Used() || v.Timings.TLS != 0 || v.Timings.Connect == 0 || c.pool.open != 0 || !strings.Contains(fmt.Sprint(v.err), tt.text) {
							t.Errorf("%s: %v, want %q; it is %+v", u, v.err, tt.text, v.Response)
						}
					}
					return nil
				})
				if n := s.requests.Load(); n != 0 {
					t.Errorf("%d connections came about", n)
				}
			})
		})
	}
}

// issueAll is what a configuration has of issue.
func (a *authority) issueAll(t testing.TB) []tls.Certificate {
	return []tls.Certificate{a.issue(t, nil)}
}

// TestSecureProxyOptions: -k is for the proxy, too; the client's certificate is for servers only.
func TestSecureProxyOptions(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	onEach(t, func(t *testing.T, k kind) {
		var asked seen
		config := &tls.Config{Certificates: other.issueAll(t), ClientAuth: tls.RequestClientCert}
		s := wire{server: config}.serve(t, func(p *peer) {
			asked.add("the proxy is shown %d", len(p.Conn.(*tls.Conn).ConnectionState().PeerCertificates))
			p.request()
			p.send(connected)
			if p.securely(config, asItIs) {
				asked.add("the server is shown %d", len(p.Conn.(*tls.Conn).ConnectionState().PeerCertificates))
				answering(hello)(p)
			}
		})
		o := proxied(parseProxy(t, "https://"+s.address))
		o.TLS = TLSOptions{Insecure: true, Certificate: &a.issueAll(t)[0]}
		with(t, k.engine(t), o, func(c client) error {
			c.get("https://name.test/").want(t, 200, "hello")
			return nil
		})
		asked.want(t, "the proxy is shown 0", "the server is shown 1")
	})
}

// TestSecureProxyIsCounted: the handshake with a proxy is time of the connect, that with the server of TLS.
func TestSecureProxyIsCounted(t *testing.T) {
	a := newAuthority(t)
	onEach(t, func(t *testing.T, k kind) {
		e := newShifted(k.engine(t))
		config := a.named(t, "name.test")
		s := serve(t, func(p *peer) {
			_, _ = p.reader.Peek(1)
			e.advance(3 * time.Second)
			rest, _ := p.reader.Peek(p.reader.Buffered())
			p.Conn = &returned{p.Conn, string(rest)}
			if !p.securely(&tls.Config{Certificates: a.issueAll(t)}, asItIs) {
				return
			}
			p.request()
			p.send(connected)
			if p.securely(config, asItIs) {
				answering(hello)(p)
			}
		})
		o := proxied(parseProxy(t, "https://"+s.address))
		o.TLS.Roots = a.pool
		with(t, e, o, func(c client) error {
			v := c.get("https://name.test/")
			v.want(t, 200, "hello")
			if v.Timings.Connect < 3*time.Second || v.Timings.TLS > time.Second || v.Timings.TLS == 0 {
				t.Errorf("timings %+v, want 3 s of connecting", v.Timings)
			}
			return nil
		})
	})
}

// returned is a connection whose first bytes were read already.
type returned struct {
	net.Conn
	first string
}

func (c *returned) Read(p []byte) (int, error) {
	if c.first == "" {
		return c.Conn.Read(p)
	}
	n := copy(p, c.first)
	c.first = c.first[n:]
	return n, nil
}

// TestTLSInTLS: however the records of a server, and those of the proxy that they are in, are cut into segments and
// into each other, the response is the same, and the connection serves again. Large requests arrive whole, too.
func TestTLSInTLS(t *testing.T) {
	a := newAuthority(t)
	body := strings.Repeat("0123456789abcdef", 20_000)
	answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	split := func(n int) func(net.Conn) net.Conn { return func(c net.Conn) net.Conn { return splitting{c, n} } }
	gather := func(c net.Conn) net.Conn { return &gathering{Conn: c} }
	whole := func(p *peer) { p.send(answer) }
	for name, cut := range map[string]struct {
		outer, inner func(net.Conn) net.Conn
		send         func(p *peer)
		want         string
	}{
		"every byte in a segment":             {split(1), asItIs, func(p *peer) { p.send(hello) }, "hello"},
		"every byte in a record of the proxy": {asItIs, split(1), func(p *peer) { p.send(hello) }, "hello"},
		"every byte in a segment and record":  {split(1), split(1), func(p *peer) { p.send(hello) }, "hello"},
		"records across records":              {split(1009), split(997), whole, body},
		"the largest records":                 {asItIs, asItIs, whole, body},
		"many records in many records at once": {gather, gather, func(p *peer) {
			inner := p.Conn.(*tls.Conn).NetConn().(*gathering)
			outer := inner.Conn.(*tls.Conn).NetConn().(*gathering)
			inner.on, outer.on = true, true
			for i := 0; i < len(answer); i += 100 {
				p.send(answer[i:min(len(answer), i+100)])
			}
			inner.release()
			outer.release()
		}, body},
	} {
		t.Run(name, func(t *testing.T) {
			for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
				onEach(t, func(t *testing.T, k kind) {
					var uploads atomic.Int64
					config := a.named(t, "name.test")
					config.MaxVersion, config.DynamicRecordSizingDisabled = version, true
					s := wire{server: &tls.Config{Certificates: a.issueAll(t), DynamicRecordSizingDisabled: true}}.serveBelow(t, cut.outer, func(p *peer) {
						p.request()
						p.send(connected)
						if !p.securely(config, cut.inner) {
							return
						}
						for {
							req, err := http.ReadRequest(p.reader)
							if err != nil {
								return
							}
							if got, err := io.ReadAll(req.Body); err != nil || req.Method == "POST" && string(got) != body {
								t.Errorf("a request of %d bytes, want %d: %v", len(got), len(body), err)
							}
							uploads.Add(int64(len(req.Method) - len("GET")))
							cut.send(p)
						}
					})
					o := proxied(parseProxy(t, "https://"+s.address))
					o.TLS.Roots = a.pool
					with(t, k.engine(t), o, func(c client) error {
						for i := range 3 {
							req := Request{}
							if i == 1 {
								req = Request{Method: "POST", Body: []byte(body)}
							}
							v := c.do("https://name.test/", req)
							v.want(t, 200, cut.want)
							if v.Reused != (i > 0) || v.TLS.version != version {
								t.Errorf("fetch %d: reused %v, %+v", i, v.Reused, v.TLS)
							}
						}
						return nil
					})
					if uploads.Load() != 1 {
						t.Errorf("%d uploads, want 1", uploads.Load())
					}
				})
			}
		})
	}
}

// TestTLSInTLSEnds: a body that ends with the connection is whole if the server has announced the end, though it come
// together with that of the proxy; the proxy's word is not enough. A proxy that breaks its own TLS is to blame itself.
func TestTLSInTLSEnds(t *testing.T) {
	a := newAuthority(t)
	const answer = "HTTP/1.1 200 OK\r\n\r\nhello"
	for name, tt := range map[string]struct {
		class Class
		end   func(inner, outer *tls.Conn, g *gathering)
	}{
		"both": {OK, func(inner, outer *tls.Conn, _ *gathering) {
			_, _ = io.WriteString(inner, answer)
			_, _ = inner.CloseWrite(), outer.CloseWrite()
		}},
		"the server": {OK, func(inner, _ *tls.Conn, _ *gathering) {
			_, _ = io.WriteString(inner, answer)
			_ = inner.CloseWrite()
		}},
		"the proxy": {ProtocolTruncated, func(inner, outer *tls.Conn, _ *gathering) {
			_, _ = io.WriteString(inner, answer)
			_ = outer.CloseWrite()
		}},
		"nobody": {ProtocolTruncated, func(inner, _ *tls.Conn, _ *gathering) { _, _ = io.WriteString(inner, answer) }},
		"a record that is none": {ProxyFailed, func(inner, _ *tls.Conn, g *gathering) {
			_, _ = io.WriteString(inner, answer)
			_, _ = g.Write([]byte("\x17\x03\x03\x00\x20" + strings.Repeat("x", 32)))
		}},
		"a record of the server's that is none": {TLSFailed, func(inner, outer *tls.Conn, _ *gathering) {
			_, _ = io.WriteString(inner, answer)
			_, _ = outer.Write([]byte("\x17\x03\x03\x00\x20" + strings.Repeat("x", 32)))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, k kind) {
				config := a.named(t, "name.test")
				s := wire{server: &tls.Config{Certificates: a.issueAll(t)}}.serveBelow(t, func(c net.Conn) net.Conn { return &gathering{Conn: c} }, func(p *peer) {
					p.request()
					p.send(connected)
					outer := p.Conn.(*tls.Conn)
					if !p.securely(config, asItIs) || p.request() == nil {
						return
					}
					g := outer.NetConn().(*gathering)
					g.on = true
					tt.end(p.Conn.(*tls.Conn), outer, g)
					_ = p.socket().SetWriteDeadline(time.Time{}) // which CloseWrite leaves in the past
					g.release()
					_ = p.socket().CloseWrite()
					_, _ = io.Copy(io.Discard, p.socket())
				})
				p := parseProxy(t, "https://nobody:"+secret+"@"+s.address)
				o := proxied(p)
				o.TLS.Roots = a.pool
				with(t, k.engine(t), o, func(c client) error {
					v := c.get("https://name.test/")
					v.wantClass(t, tt.class)
					if string(v.body) != "hello" && tt.class != ProxyFailed && tt.class != TLSFailed {
						t.Errorf("body %q", v.body)
					}
					if tt.class == ProxyFailed {
						wantSilent(t, v.err, p)
					}
					return nil
				})
			})
		})
	}
}

// TestTLSInTLSCloses: both are told of the end.
func TestTLSInTLSCloses(t *testing.T) {
	a := newAuthority(t)
	onEach(t, func(t *testing.T, k kind) {
		ended := make(chan error, 2)
		config := a.named(t, "name.test")
		s := wire{server: &tls.Config{Certificates: a.issueAll(t)}}.serve(t, func(p *peer) {
			p.request()
			p.send(connected)
			outer := p.Conn
			if p.securely(config, asItIs) && p.request() != nil {
				p.send(hello)
				_, err := io.Copy(io.Discard, p.reader) // nil: a close_notify
				ended <- err
				_, err = io.Copy(io.Discard, outer)
				ended <- err
			}
		})
		o := proxied(parseProxy(t, "https://"+s.address))
		o.TLS.Roots = a.pool
		with(t, k.engine(t), o, func(c client) error {
			c.get("https://name.test/").want(t, 200, "hello")
			return nil
		})
		for _, who := range []string{"server", "proxy"} {
			if err := <-ended; err != nil {
				t.Errorf("the %s was not told of the end: %v", who, err)
			}
		}
	})
}

// tunnelled is a proxy's end of a tunnel, as a connection to what is behind it.
type tunnelled struct {
	*raw
	rest string
}

func (c *tunnelled) Write(p []byte) (int, error) {
	for i := 0; i < len(p); i += 10_000 {
		c.record(dataRecord, string(p[i:min(len(p), i+10_000)]))
	}
	return len(p), nil
}

func (c *tunnelled) Read(p []byte) (int, error) {
	for c.rest == "" {
		kind, content, err := c.theirs.open(c.Conn)
		switch {
		case err != nil:
			return 0, err
		case kind == handshakeRecord && content == updated:
			c.theirs.update()
			c.updates++
		case kind != dataRecord:
			return 0, io.EOF
		default:
			c.rest = content
		}
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// TestTLSInTLSBetween: what server and proxy send while nothing is due, tickets and requests for new keys, is not taken
// for data, of either: on the loop it does not cost the connection. Data is found to be that.
func TestTLSInTLSBetween(t *testing.T) {
	a := newAuthority(t)
	proxyCerts, certs := a.issueAll(t), a.named(t, "name.test").Certificates
	for _, who := range []string{"server", "proxy", "both", "data"} {
		t.Run(who, func(t *testing.T) {
			onEach(t, func(t *testing.T, k kind) {
				nothingDue := make(chan struct{}, 3)
				onLoop := strings.HasPrefix(k.name, "loop")
				s := serve(t, func(p *peer) {
					outer := speakRaw(t, p, proxyCerts)
					if outer == nil || !outer.next() {
						return
					}
					outer.record(dataRecord, connected)
					below := &tunnelled{raw: outer}
					inner := speakRaw(t, &peer{Conn: below, reader: bufio.NewReader(below), server: p.server}, certs)
					for inner != nil && inner.next() {
						inner.record(dataRecord, hello)
						<-nothingDue
						if who == "proxy" || who == "both" {
							outer.newKeys(updateRequested)
							outer.record(handshakeRecord, ticket)
						}
						if who == "server" || who == "both" {
							inner.newKeys(updateRequested)
							inner.record(handshakeRecord, ticket)
						}
						if who == "data" {
							inner.record(dataRecord, "x")
						}
					}
				})
				o := proxied(parseProxy(t, "https://"+s.address))
				o.TLS.Roots = a.pool
				with(t, k.engine(t), o, func(c client) error {
					for i := range 3 {
						v := c.get("https://name.test/")
						v.want(t, 200, "hello")
						if v.Reused != (i > 0 && onLoop && who != "data") {
							t.Errorf("fetch %d: reused %v", i, v.Reused)
						}
						nothingDue <- struct{}{}
						if err := c.awaitArrival(); err != nil {
							return err
						}
					}
					return nil
				})
			})
		})
	}
}
