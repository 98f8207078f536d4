//go:build unix

package fetch

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"crawl/internal/origin"
)

// socks is the server's side of SOCKS 5 (RFC 1928, RFC 1929), written down here once more: it reads what a client says,
// and answers what a test has it say.
type socks struct {
	method byte   // that it takes
	auth   byte   // status of its answer to user and password
	reply  []byte // to the request
	step   int    // bytes in a write
	most   int    // bytes that it sends in all, before it falls silent
	closes bool   // and then closes
}

// accepted is a reply with an address of IPv4; coded is one with a code.
func accepted() []byte         { return []byte{5, 0, 0, 1, 127, 0, 0, 1, 0, 80} }
func coded(code byte) []byte   { return []byte{5, code, 0, 1, 0, 0, 0, 0, 0, 0} }
func willing(m byte) socks     { return socks{method: m, reply: accepted(), step: 1 << 20, most: 1 << 20} }
func (s socks) in(n int) socks { s.step = n; return s }

// greet does the handshake, and reports what was asked for and whether all was said.
func (s *socks) greet(p *peer) (asked string, ok bool) {
	var greeting [2]byte
	if _, err := io.ReadFull(p.reader, greeting[:]); err != nil {
		return "nothing", false
	}
	methods := make([]byte, greeting[1])
	if _, err := io.ReadFull(p.reader, methods); err != nil || !s.say(p, []byte{5, s.method}) {
		return fmt.Sprintf("version %d", greeting[0]), false
	}
	who := ""
	switch s.method {
	case 0:
	case 2:
		name := s.text(p, 1)
		who = name + ":" + s.text(p, 0) + "@"
		if !s.say(p, []byte{1, s.auth}) || s.auth != 0 {
			return who, false
		}
	default:
		return fmt.Sprint(methods), false
	}
	var head [4]byte
	if _, err := io.ReadFull(p.reader, head[:]); err != nil {
		return who, false
	}
	host := ""
	switch head[3] {
	case 1:
		host = s.address(p, 4)
	case 3:
		host = s.text(p, 0)
	case 4:
		host = s.address(p, 16)
	}
	var port [2]byte
	_, _ = io.ReadFull(p.reader, port[:])
	asked = fmt.Sprintf("%s%d %d %s", who, head[1], head[3], net.JoinHostPort(host, fmt.Sprint(binary.BigEndian.Uint16(port[:]))))
	return asked, s.say(p, s.reply)
}

// text reads one behind its length, and skip bytes.
func (s *socks) text(p *peer, skip int) string {
	head := make([]byte, skip+1)
	if _, err := io.ReadFull(p.reader, head); err != nil {
		return "?"
	}
	b := make([]byte, head[skip])
	_, _ = io.ReadFull(p.reader, b)
	return string(b)
}

func (s *socks) address(p *peer, n int) string {
	b := make([]byte, n)
	_, _ = io.ReadFull(p.reader, b)
	addr, _ := netip.AddrFromSlice(b)
	return addr.String()
}

// say sends as much of b as is left to send.
func (s *socks) say(p *peer, b []byte) bool {
	cut := b[:min(len(b), s.most)]
	s.most -= len(cut)
	for part := range slices.Chunk(cut, s.step) {
		if _, err := p.Write(part); err != nil {
			return false
		}
	}
	return len(cut) == len(b)
}

// play is a script for each connection.
func (s socks) play(asked *seen) func(p *peer) {
	return func(p *peer) {
		s := s
		what, ok := s.greet(p)
		asked.add("%s", what)
		if !ok || s.reply[1] != 0 {
			if !s.closes {
				p.idle()
			}
			p.close()
			return
		}
		for req := p.request(); req != nil; req = p.request() {
			asked.add("%s %s %q", req.RequestURI, req.Host, req.Header["Proxy-Authorization"])
			p.send(hello)
		}
	}
}

// TestSOCKS: what a SOCKS proxy is asked: by a name if it resolves, else by an address, which is of IPv4 if there is
// one; who we are only if it wants to know. The answer may have an address of any kind, and come in any pieces.
func TestSOCKS(t *testing.T) {
	name := append([]byte{5, 0, 0, 3, 9}, "some.name\x00\x50"...)
	six := append([]byte{5, 0, 0, 4}, make([]byte, 18)...)
	shifts := map[string]socks{
		"open": willing(0), "open, bytewise": willing(0).in(1), "password": willing(2), "password, bytewise": willing(2).in(1),
		"a name in the reply":           {method: 0, reply: name, step: 1, most: 1000},
		"an IPv6 address in the reply":  {method: 2, reply: six, step: 1000, most: 1000},
		"an empty name in the reply":    {method: 0, reply: []byte{5, 0, 0, 3, 0, 0, 0}, step: 3, most: 1000},
		"the longest name in the reply": {method: 0, reply: append([]byte{5, 0, 0, 3, 255}, make([]byte, 257)...), step: 7, most: 1000},
	}
	for how, s := range shifts {
		t.Run(how, func(t *testing.T) {
			onEach(t, func(t *testing.T, k kind) {
				who := map[byte]string{0: "", 2: "nobody:" + secret + "@"}[s.method]
				var byName, byAddress seen
				remote, local := serve(t, s.play(&byName)), serve(t, s.play(&byAddress))
				d := &directory{}
				d.set(nil, "2001:db8::7", "192.0.2.7", "192.0.2.8")
				e := k.engine(t)
				with(t, e, proxied(parseProxy(t, "socks5h://nobody:"+secret+"@"+remote.address)), func(c client) error {
					c.resolver.lookup = noLookups(t)
					for _, u := range []string{"http://a.test/1", "http://a.test/2", "http://b.test:81/3", "http://192.0.2.1/4", "http://[2001:db8::1]/5"} {
						v := c.get(u)
						v.want(t, 200, "hello")
						if v.Proxy() != "socks5h://"+remote.address || v.Remote != remote.address {
							t.Errorf("by %q at %s", v.Proxy(), v.Remote)
						}
					}
					return nil
				})
				byName.want(t, who+"1 3 a.test:80", "/1 a.test []", "/2 a.test []", who+"1 3 b.test:81", "/3 b.test:81 []",
					who+"1 1 192.0.2.1:80", "/4 192.0.2.1 []", who+"1 4 [2001:db8::1]:80", "/5 [2001:db8::1] []")
				o := proxied(parseProxy(t, "socks5://nobody:"+secret+"@"+local.address))
				o.Resolve = map[string][]netip.Addr{"given.test:80": {netip.MustParseAddr("2001:db8::9")}}
				with(t, k.engine(t), o, func(c client) error {
					c.resolver.lookup = d.lookup
					for _, u := range []string{"http://a.test/1", "http://b.test/2", "http://given.test/3", "http://192.0.2.1/4", "http://[2001:db8::1]/5"} {
						c.get(u).want(t, 200, "hello")
					}
					return nil
				})
				byAddress.want(t, who+"1 1 192.0.2.7:80", "/1 a.test []", who+"1 1 192.0.2.7:80", "/2 b.test []",
					who+"1 4 [2001:db8::9]:80", "/3 given.test []", who+"1 1 192.0.2.1:80", "/4 192.0.2.1 []", who+"1 4 [2001:db8::1]:80", "/5 [2001:db8::1] []")
				if n := d.asked.Load(); n != 2 {
					t.Errorf("%d lookups, want 2", n)
				}
			})
		})
	}
}

// TestSOCKSRefused: every way in which a SOCKS proxy does not connect us, with its class. A code counts even if the
// rest of the reply does not come.
func TestSOCKSRefused(t *testing.T) {
	evil := "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
	type refusal struct {
		name  string
		socks socks
		class Class
		text  string
	}
	all := []refusal{
		{"not our way", socks{method: 0xff}, ProxyAuth, "credentials"},
		{"a way that was not offered", socks{method: 1}, ProxyAuth, "method 1"},
		{"wrong password", socks{method: 2, auth: 1}, ProxyAuth, "authentication failed"},
		{"another version in the reply", socks{reply: []byte{4, 0, 0, 1, 0, 0, 0, 0, 0, 0}}, ProxyProtocol, "version 4"},
		{"an address of no kind", socks{reply: []byte{5, 0, 0, 2, 0, 0, 0, 0, 0, 0}}, ProxyProtocol, "address type 2"},
		{"a field that is not empty", socks{reply: []byte{5, 0, 1, 1, 0, 0, 0, 0, 0, 0}}, ProxyProtocol, "reserved"},
		{"an answer ahead of the request", socks{reply: append(accepted(), evil...)}, ProxyProtocol, "it went on after its answer"},
		{"one byte too many", socks{reply: append(accepted(), 0)}, ProxyProtocol, "it went on after its answer"},
		{"a code and no more", socks{reply: []byte{5, 5}, closes: true}, ConnectRefused, ""},
	}
	for code, class := range map[byte]Class{
		1: ProxySOCKS, 2: ProxyRefused, 3: ConnectUnreachable, 4: ConnectUnreachable, 5: ConnectRefused, 6: ConnectUnreachable,
		7: ProxySOCKS, 8: ProxySOCKS, 9: ProxySOCKS, 0x5b: ProxySOCKS, 255: ProxySOCKS,
	} {
		text := map[byte]string{
			1: "general SOCKS server failure", 2: "not allowed by ruleset", 3: "network unreachable", 4: "host unreachable", 5: "connection refused",
			6: "TTL expired", 7: "command not supported", 8: "address type not supported", 9: "code: 9", 0x5b: "code: 91", 255: "code: 255",
		}[code]
		all = append(all, refusal{fmt.Sprint("code ", code), socks{reply: coded(code)}, class, text})
		all = append(all, refusal{fmt.Sprint("code ", code, " after a password"), socks{method: 2, reply: coded(code)}, class, text})
	}
	for _, tt := range all {
		if tt.socks.reply == nil {
			tt.socks.reply = accepted()
		}
		tt.socks.most = 1 << 20
		for _, step := range []int{1, 1 << 20} {
			if step == 1 && tt.text == "it went on after its answer" {
				continue // what is on its way cannot be seen
			}
			tt.socks.step = step
			t.Run(fmt.Sprint(tt.name, " ", step), func(t *testing.T) {
				onEach(t, func(t *testing.T, k kind) {
					s := serve(t, tt.socks.play(&seen{}))
					p := parseProxy(t, "socks5h://nobody:"+secret+"@"+s.address)
					with(t, k.engine(t), proxied(p), func(c client) error {
						for _, u := range []string{"http://a.test/", "https://a.test/"} {
							v := c.get(u)
							v.wantClass(t, tt.class)
							wantSilent(t, v.err, p)
							if v.Status != 0 || !strings.Contains(fmt.Sprint(v.err), tt.text) || !strings.Contains(fmt.Sprint(v.err), "a.test:") {
								t.Errorf("status %d, %v; want %q", v.Status, v.err, tt.text)
							}
						}
						if c.pool.open != 0 {
							t.Errorf("%d connections are left", c.pool.open)
						}
						return nil
					})
				})
			})
		}
	}
	t.Run("no credentials", func(t *testing.T) {
		onEach(t, func(t *testing.T, k kind) {
			for method, class := range map[byte]Class{0xff: ProxyAuth, 2: ProxyAuth} {
				s := serve(t, socks{method: method, reply: accepted(), step: 1000, most: 2, closes: true}.play(&seen{}))
				with(t, k.engine(t), proxied(parseProxy(t, "socks5h://"+s.address)), func(c client) error {
					c.get("http://a.test/").wantClass(t, class)
					return nil
				})
			}
		})
	})
	t.Run("an HTTP proxy", func(t *testing.T) {
		s := serve(t, func(p *peer) {
			_, _ = p.reader.ReadByte()
			p.send("HTTP/1.1 400 Bad Request\r\n\r\n")
			p.close()
		})
		onEach(t, func(t *testing.T, k kind) {
			with(t, k.engine(t), proxied(parseProxy(t, "socks5h://"+s.address)), func(c client) error {
				c.get("http://a.test/").wantClass(t, ProxyProtocol)
				return nil
			})
		})
	})
	t.Run("a port that is none", func(t *testing.T) {
		s := serve(t, willing(0).play(&seen{}))
		onEach(t, func(t *testing.T, k kind) {
			with(t, k.engine(t), proxied(parseProxy(t, "socks5h://"+s.address)), func(c client) error {
				c.get("http://a.test:0/").wantClass(t, Input)
				c.get("http://"+strings.Repeat("long.", 60)+"test/").wantClass(t, Input)
				return nil
			})
		})
	})
}

// TestSOCKSHalf: whatever part of its answers a proxy gives, it is a failure of the proxy's if it then closes, and
// a timeout within its bound if it does not.
func TestSOCKSHalf(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		for _, method := range []byte{0, 2} {
			whole := 2 + int(method) + len(accepted()) // greeting, authentication if by method 2, reply
			for most := range whole {
				for _, closes := range []bool{false, true} {
					s := serve(t, socks{method: method, reply: accepted(), step: 1, most: most, closes: closes}.play(&seen{}))
					p := parseProxy(t, "socks5h://nobody:"+secret+"@"+s.address)
					o := proxied(p)
					class := ProxyFailed
					if !closes {
						o.ConnectTimeout, class = short, TimeoutProxy
					}
					with(t, punctual(k.engine(t)), o, func(c client) error {
						v := c.get("http://a.test/")
						v.wantClass(t, class)
						wantSilent(t, v.err, p)
						return nil
					})
				}
			}
		}
	})
}

// TestSOCKSNames: with socks5 the name is ours to resolve, and a failure is that of the name, not of the proxy.
func TestSOCKSNames(t *testing.T) {
	s := serve(t, willing(0).play(&seen{}))
	onEach(t, func(t *testing.T, k kind) {
		with(t, k.engine(t), proxied(parseProxy(t, "socks5://"+s.address)), func(c client) error {
			c.resolver.lookup = answerOf(nil, &net.DNSError{Err: "no such host", IsNotFound: true})
			v := c.get("http://a.test/")
			v.wantClass(t, DNSNotFound)
			if v.err != nil && strings.Contains(v.err.Error(), "proxy") {
				t.Errorf("%v: the proxy has no part in it", v.err)
			}
			return nil
		})
	})
}

// TestSOCKSOracle: the standard client by the same proxy gets the same from the test web.
func TestSOCKSOracle(t *testing.T) {
	_, base := web(t, origin.Config{Pages: 20})
	s := serve(t, func(p *peer) {
		shift := willing(2)
		if _, ok := shift.greet(p); !ok {
			return
		}
		there, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			t.Error(err)
			return
		}
		relay(p.Conn, there)
	})
	proxyURL := "socks5h://nobody:" + secret + "@" + s.address
	parsed, err := url.Parse(proxyURL)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{Proxy: http.ProxyURL(parsed), DisableCompression: true}
	defer transport.CloseIdleConnections()
	for _, path := range []string{"/", "/p/7", "/f/size/100000", "/f/chunked/50000", "/f/status/404", "/f/close-delimited/5000"} {
		res, err := (&http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Get("http://a.test" + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		onEach(t, func(t *testing.T, k kind) {
			with(t, k.engine(t), proxied(parseProxy(t, proxyURL)), func(c client) error {
				c.get("http://a.test"+path).want(t, res.StatusCode, string(body))
				return nil
			})
		})
	}
}
