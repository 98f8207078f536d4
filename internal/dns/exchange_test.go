//go:build unix

package dns

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"crawl/internal/engine"
)

const truth = "name.test. 60 192.0.2.1"

// with runs a resolver of these servers.
func with(t testing.TB, e engine.Engine, o Options, fn func(r *Resolver, ctx context.Context)) *Resolver {
	t.Helper()
	r := New(e, o)
	run(t, e, func(ctx context.Context) error {
		fn(r, ctx)
		r.EndLate()
		return nil
	})
	if r.workers != 0 || len(r.out) != 0 || len(r.queue)+len(r.urgent) != 0 {
		t.Errorf("left: %d workers, %d queries out, %d in line", r.workers, len(r.out), len(r.queue)+len(r.urgent))
	}
	return r
}

// TestAnswers: what a server says of a name, however it puts it.
func TestAnswers(t *testing.T) {
	chain := func(n int) (records []string) {
		at := "name.test."
		for i := range n {
			next := fmt.Sprintf("c%d.test.", i)
			records = append(records, at+" 60 ="+next)
			at = next
		}
		return append(records, at+" 60 192.0.2.1", "test. 60 soa:60") // which is for the other family
	}
	backwards := func(records []string) []string {
		slices.Reverse(records)
		return records
	}
	for _, tt := range []struct {
		name    string
		records []string
		want    string
	}{
		{"one", []string{truth}, "192.0.2.1"},
		{"both families by turns", []string{truth, "name.test. 9 192.0.2.2", "name.test. 9 192.0.2.3", "name.test. 9 2001:db8::1", "name.test. 9 2001:db8::2"}, "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2 192.0.2.3"},
		{"only IPv6", []string{"name.test. 60 2001:db8::1"}, "2001:db8::1"},
		{"IPv4 in IPv6", []string{"name.test. 60 ::ffff:192.0.2.9"}, "192.0.2.9"},
		{"twice the same", []string{truth, truth}, "192.0.2.1"},
		{"another case of letters", []string{"NAME.Test. 60 192.0.2.1"}, "192.0.2.1"},
		{"other names do not count", []string{"other.test. 60 192.0.2.7", truth, "sub.name.test. 60 192.0.2.8"}, "192.0.2.1"},
		{"only other names", []string{"other.test. 60 192.0.2.7"}, "the name has no address"},
		{"nothing", nil, "the name has no address"},
		{"alias", chain(1), "192.0.2.1"},
		{"16 aliases", chain(16), "192.0.2.1"},
		{"16 aliases, backwards", backwards(chain(16)), "192.0.2.1"},
		{"17 aliases", chain(17), "unusable answer"},
		{"17 aliases, backwards", backwards(chain(17)), "unusable answer"},
		{"loop", []string{"name.test. 60 =a.test.", "a.test. 60 =name.test."}, "unusable answer"},
		{"alias of itself", []string{"name.test. 60 =name.test."}, "unusable answer"},
		{"alias beside an address", []string{truth, "name.test. 60 =a.test.", "a.test. 60 192.0.2.2", "test. 60 soa:60"}, "192.0.2.2"},
		{"an alias of nothing", []string{"name.test. 60 =a.test.", "test. 60 soa:60"}, "the name has no address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, e engine.Engine) {
				s := serve(t, func(a *asked) { a.send(a.reply(tt.records...)) })
				with(t, e, Options{Config: config(s)}, func(r *Resolver, ctx context.Context) {
					r.want(t, ctx, "name.test", tt.want)
				})
				if s.udp.Load() != 2 || s.tcp.Load() != 0 {
					t.Errorf("%d queries over UDP and %d over TCP, want two", s.udp.Load(), s.tcp.Load())
				}
			})
		})
	}
}

// TestQuery: what is sent is a recursive query with EDNS0, of an absolute name, each with an ID of its own.
func TestQuery(t *testing.T) {
	onEach(t, func(t *testing.T, e engine.Engine) {
		ids := map[uint16]bool{}
		types := map[dnsmessage.Type]int{}
		s := serve(t, func(a *asked) {
			ids[a.id] = true
			types[a.q.Type]++
			if a.edns != udpSize || a.q.Class != dnsmessage.ClassINET || !strings.HasSuffix(a.name(), ".test.") {
				t.Errorf("query %+v", a)
			}
			a.send(a.reply(truth))
		})
		with(t, e, Options{Config: config(s)}, func(r *Resolver, ctx context.Context) {
			for i := range 50 {
				r.want(t, ctx, fmt.Sprintf("n%d.test", i), "the name has no address")
			}
		})
		s.fence()
		if len(ids) < 95 || types[dnsmessage.TypeA] != 50 || types[dnsmessage.TypeAAAA] != 50 {
			t.Errorf("%d IDs of 100 queries, by type %v", len(ids), types)
		}
	})
}

// TestLies: what is not the answer to the question is left alone, and the wait goes on for what is.
func TestLies(t *testing.T) {
	change := func(fn func(m *dnsmessage.Message)) func(a *asked) {
		return func(a *asked) {
			m := a.reply("name.test. 60 192.0.2.66", "name.test. 60 2001:db8::66")
			fn(m)
			a.send(m)
		}
	}
	for name, lie := range map[string]func(a *asked){
		"id":              change(func(m *dnsmessage.Message) { m.ID++ }),
		"a query":         change(func(m *dnsmessage.Message) { m.Response = false }),
		"opcode":          change(func(m *dnsmessage.Message) { m.OpCode = 5 }),
		"name":            change(func(m *dnsmessage.Message) { m.Questions[0].Name = dnsmessage.MustNewName("name.tesu.") }),
		"length of name":  change(func(m *dnsmessage.Message) { m.Questions[0].Name = dnsmessage.MustNewName("name.test.x.") }),
		"type":            change(func(m *dnsmessage.Message) { m.Questions[0].Type ^= dnsmessage.TypeA ^ dnsmessage.TypeAAAA }),
		"class":           change(func(m *dnsmessage.Message) { m.Questions[0].Class = dnsmessage.ClassCHAOS }),
		"no question":     change(func(m *dnsmessage.Message) { m.Questions = nil }),
		"two questions":   change(func(m *dnsmessage.Message) { m.Questions = append(m.Questions, m.Questions[0]) }),
		"nxdomain for it": change(func(m *dnsmessage.Message) { m.ID--; m.RCode = dnsmessage.RCodeNameError }),
		"nothing":         func(a *asked) { a.transmit(nil, 0, "") },
		"garbage":         func(a *asked) { a.transmit(bytes.Repeat([]byte{0xc0}, 300), 0, "") },
		"half a header":   func(a *asked) { a.transmit(pack(a.reply(truth))[:7], 0, "") },
		"another port":    func(a *asked) { a.transmit(pack(a.reply("name.test. 60 192.0.2.66")), 0, elsewhere) },
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, e engine.Engine) {
				s := serve(t, func(a *asked) {
					for range 3 {
						lie(a)
					}
					a.send(a.reply(truth))
				})
				with(t, e, Options{Config: config(s)}, func(r *Resolver, ctx context.Context) {
					r.want(t, ctx, "name.test", "192.0.2.1")
				})
				if s.udp.Load() != 2 {
					t.Errorf("%d queries, want two", s.udp.Load())
				}
			})
		})
	}
}

// TestTrouble: a server that has no answer is passed over for the next one; if there is no other, the error says what
// it was, and where.
func TestTrouble(t *testing.T) {
	broken := func(cut int) func(a *asked) {
		return func(a *asked) {
			raw := pack(a.reply("name.test. 60 192.0.2.66", "name.test. 60 2001:db8::66"))
			a.transmit(raw[:len(raw)-cut], 0, "")
		}
	}
	refer := func(a *asked) {
		m := a.reply()
		m.RecursionAvailable = false
		m.Authorities = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName("test."), Class: dnsmessage.ClassINET}, Body: &dnsmessage.NSResource{NS: dnsmessage.MustNewName("ns.test.")}}}
		a.send(m)
	}
	for _, tt := range []struct {
		name    string
		script  func(a *asked)
		want    Kind
		queries int64 // for both families, if it is alone
	}{
		{"servfail", func(a *asked) { a.send(a.code(dnsmessage.RCodeServerFailure)) }, ServerFailure, 2},
		{"refused", func(a *asked) { a.send(a.code(dnsmessage.RCodeRefused)) }, Refused, 2},
		{"not implemented", func(a *asked) { a.send(a.code(dnsmessage.RCodeNotImplemented)) }, Malformed, 4},
		{"an odd code", func(a *asked) { a.send(a.code(9)) }, Malformed, 2},
		{"referral", refer, Malformed, 2},
		{"cut in the data", broken(2), Malformed, 2},
		{"cut in the head of a record", broken(12), Malformed, 2},
		{"bad pointer", func(a *asked) {
			raw := pack(a.reply("name.test. 60 192.0.2.66", "name.test. 60 2001:db8::66"))
			at := bytes.LastIndex(raw, []byte{0xc0, 12})
			raw[at+1] = byte(at) // to itself
			a.transmit(raw, 0, "")
		}, Malformed, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, e engine.Engine) {
				bad := serve(t, tt.script)
				with(t, e, Options{Config: config(bad)}, func(r *Resolver, ctx context.Context) {
					_, err := r.lookup(ctx, "name.test")
					var e *Error
					if !errors.As(err, &e) || e.Kind != tt.want || e.Server != bad.address || e.Name != "name.test" {
						t.Errorf("alone: %v, want %v", err, tt.want)
					} else if text := err.Error(); !strings.Contains(text, `"name.test"`) || !strings.Contains(text, bad.address.String()) {
						t.Errorf("the error does not say of which name and server: %s", text)
					}
				})
				if n := bad.udp.Load(); n != tt.queries {
					t.Errorf("%d queries, want %d: who has spoken is not asked again", n, tt.queries)
				}
			})
			onEach(t, func(t *testing.T, e engine.Engine) {
				bad, good := serve(t, tt.script), serve(t, func(a *asked) { a.send(a.reply(truth)) })
				with(t, e, Options{Config: config(bad, good)}, func(r *Resolver, ctx context.Context) {
					r.want(t, ctx, "name.test", "192.0.2.1")
				})
				if good.udp.Load() != 2 {
					t.Errorf("%d queries to the second server, want two", good.udp.Load())
				}
			})
		})
	}
}

// TestNobody: a port that nobody listens at says so at once.
func TestNobody(t *testing.T) {
	onEach(t, func(t *testing.T, e engine.Engine) {
		c := config(serve(t, func(a *asked) { a.send(a.reply(truth)) }))
		good := c.Servers[0]
		c.Servers = []netip.AddrPort{nobody(t)}
		alone := New(e, Options{Config: c})
		c.Servers = append(c.Servers, good)
		with(t, e, Options{Config: c}, func(r *Resolver, ctx context.Context) {
			r.want(t, ctx, "name.test", "192.0.2.1")
			alone.want(t, ctx, "name.test", "the server cannot be reached")
		})
	})
}

// TestTruncated: what does not fit into a datagram is asked for over TCP, of the same server.
func TestTruncated(t *testing.T) {
	var records []string
	for i := range 1000 { // 28 kB
		records = append(records, fmt.Sprintf("name.test. 60 198.51.%d.%d", 100+i/250, i%250))
	}
	cut := func(a *asked) {
		m := a.reply(records[:3]...)
		m.Truncated = true
		a.send(m)
	}
	for _, tt := range []struct {
		name string
		tcp  func(a *asked)
		want string
	}{
		{"whole", func(a *asked) { a.send(a.reply(records...)) }, "198.51.100.0"},
		{"truncated again", cut, "unusable answer"},
		{"of another question", func(a *asked) { m := a.reply(records...); m.ID++; a.send(m) }, "unusable answer"},
		{"too short", func(a *asked) { a.transmit([]byte{1, 2, 3}, 0, "") }, "unusable answer"},
		{"closed in the middle", func(a *asked) { a.transmit(pack(a.reply(records...)), 0, elsewhere) }, "the server cannot be reached"},
		{"servfail", func(a *asked) { a.send(a.code(dnsmessage.RCodeServerFailure)) }, "server failure"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, e engine.Engine) {
				s := serve(t, func(a *asked) {
					if a.network == "tcp" {
						tt.tcp(a)
					} else {
						cut(a)
					}
				})
				with(t, e, Options{Config: config(s), Families: OnlyIPv4}, func(r *Resolver, ctx context.Context) {
					addrs, err := r.lookup(ctx, "name.test")
					if got := said(addrs, err); !strings.HasPrefix(got, tt.want) || err == nil && len(addrs) != maxAddresses {
						t.Errorf("got %.80q (%v), want %q", got, err, tt.want)
					}
				})
				if s.tcp.Load() == 0 {
					t.Error("nothing was asked over TCP")
				}
			})
		})
	}
}

// TestLarge: a datagram that is larger than anybody asked for is taken as far as there is room for it; beyond that, it is
// asked for again over TCP. It is never an answer without addresses, or of some of them only.
func TestLarge(t *testing.T) {
	for _, tt := range []struct {
		addresses, padding int // IPv4 addresses of 16 bytes each, and bytes of other records behind them
		tcp                int64
	}{
		{200, 0, 0}, // 3.2 kB
		{300, 0, 1}, // 4.8 kB
		{100, 60000, 1},
	} {
		records := make([]string, 0, tt.addresses)
		for i := range tt.addresses {
			records = append(records, fmt.Sprintf("name.test. 60 198.51.%d.%d", 100+i/250, i%250))
		}
		onEach(t, func(t *testing.T, e engine.Engine) {
			s := serve(t, func(a *asked) {
				m := a.reply(records...)
				if tt.padding > 0 {
					m.Answers = append(m.Answers, dnsmessage.Resource{
						Header: dnsmessage.ResourceHeader{Name: a.q.Name, Class: dnsmessage.ClassINET},
						Body:   &dnsmessage.UnknownResource{Type: 65280, Data: make([]byte, tt.padding)},
					})
				}
				a.send(m)
			})
			with(t, e, Options{Config: config(s), Families: OnlyIPv4}, func(r *Resolver, ctx context.Context) {
				if addrs, err := r.lookup(ctx, "name.test"); err != nil || len(addrs) != min(tt.addresses, maxAddresses) {
					t.Errorf("%d addresses, %d bytes: got %d (%v)", tt.addresses, tt.padding, len(addrs), err)
				}
			})
			if s.udp.Load() != 1 || s.tcp.Load() != tt.tcp {
				t.Errorf("%d addresses: %d queries over UDP, %d over TCP, want 1 and %d", tt.addresses, s.udp.Load(), s.tcp.Load(), tt.tcp)
			}
		})
	}
}

// TestLost: a query that is lost is sent again, the same from the same port, long before its time is over.
func TestLost(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel() // each waits for minResend
			e, err := k.make()
			if err != nil {
				t.Fatal(err)
			}
			var first uint16
			s := serve(t, func(a *asked) {
				if a.n == 0 {
					first = a.id
					return
				}
				if a.id != first {
					t.Errorf("query %d has the ID %d, the first had %d", a.n, a.id, first)
				}
				a.send(a.reply(truth))
			})
			c := config(s)
			c.Timeout, c.Attempts = 5*minResend, 1
			with(t, e, Options{Config: c, Families: OnlyIPv4}, func(r *Resolver, ctx context.Context) {
				r.want(t, ctx, "name.test", "192.0.2.1")
			})
		})
	}
}

// TestOnlyTCP: with use-vc nothing goes over UDP.
func TestOnlyTCP(t *testing.T) {
	onEach(t, func(t *testing.T, e engine.Engine) {
		s := serve(t, func(a *asked) { a.send(a.reply(truth)) })
		c := config(s)
		c.UseTCP = true
		with(t, e, Options{Config: c}, func(r *Resolver, ctx context.Context) { r.want(t, ctx, "name.test", "192.0.2.1") })
		if s.udp.Load() != 0 || s.conns.Load() != 2 {
			t.Errorf("%d queries over UDP and %d connections, want none and two", s.udp.Load(), s.conns.Load())
		}
	})
}

// TestNoEDNS: a server that does not know EDNS0 is asked without, also if it leaves the question out of its complaint.
func TestNoEDNS(t *testing.T) {
	for _, code := range []dnsmessage.RCode{dnsmessage.RCodeFormatError, dnsmessage.RCodeNotImplemented} {
		for _, bare := range []bool{false, true} {
			onEach(t, func(t *testing.T, e engine.Engine) {
				s := serve(t, func(a *asked) {
					m := a.reply(truth)
					if a.edns != 0 {
						if m = a.code(code); bare {
							m.Questions = nil
						}
					}
					a.send(m)
				})
				with(t, e, Options{Config: config(s), Families: OnlyIPv4}, func(r *Resolver, ctx context.Context) { r.want(t, ctx, "name.test", "192.0.2.1") })
				if s.udp.Load() != 2 { // of both families, the second might be too late to be asked for twice
					t.Errorf("%d queries, want two", s.udp.Load())
				}
			})
		}
	}
}

// TestAliasElsewhere: an answer that ends with an alias has the name behind it asked for, as often as a chain may be long.
func TestAliasElsewhere(t *testing.T) {
	for _, tt := range []struct {
		length int
		want   string
	}{{1, "192.0.2.1"}, {maxHops, "192.0.2.1"}, {maxHops + 1, "unusable answer"}, {1 << 20, "unusable answer"}} {
		onEach(t, func(t *testing.T, e engine.Engine) {
			s := serve(t, func(a *asked) {
				n := 0
				_, _ = fmt.Sscanf(a.name(), "name%d.test.", &n)
				if n == tt.length {
					a.send(a.reply(fmt.Sprintf("name%d.test. 60 192.0.2.1", n)))
					return
				}
				a.send(a.reply(fmt.Sprintf("name%d.test. 60 =name%d.test.", n, n+1)))
			})
			with(t, e, Options{Config: config(s), Families: OnlyIPv4}, func(r *Resolver, ctx context.Context) { r.want(t, ctx, "name0.test", tt.want) })
			if n := s.udp.Load(); n > maxHops+1 {
				t.Errorf("%d queries for a chain", n)
			}
		})
	}
}
