//go:build unix

package fetch

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"crawl/internal/origin"
)

// traced is what a trace was told. Heads are copied.
type traced struct {
	kinds []EventKind
	heads []string
	hops  [][]Span
}

func (tr *traced) event(e *Event) {
	tr.kinds = append(tr.kinds, e.Kind)
	if e.Head != nil {
		tr.heads = append(tr.heads, string(e.Head))
	}
	if e.Kind == EventHop {
		tr.hops = append(tr.hops, e.Spans)
	}
}

func (tr *traced) count(k EventKind) (n int) {
	for _, kind := range tr.kinds {
		if kind == k {
			n++
		}
	}
	return n
}

// agree checks that the phases of all hops are those of the record, in order, and none before the one it follows.
func (tr *traced) agree(v *visit) error {
	var sum Timings
	at := time.Duration(0)
	for _, spans := range tr.hops {
		for _, s := range spans {
			if s.Begin < at-time.Microsecond || s.Took < 0 {
				return fmt.Errorf("phase %d begins at %v, before %v: %+v", s.Phase, s.Begin, at, tr.hops)
			}
			if at = s.Begin + s.Took; !s.Ended {
				continue
			}
			*[...]*time.Duration{&sum.Queue, &sum.DNS, &sum.Connect, &sum.TLS, &sum.FirstByte, &sum.Body}[s.Phase] += s.Took
		}
	}
	sum.Total = v.Timings.Total
	if sum != v.Timings {
		return fmt.Errorf("phases add up to %+v, the record has %+v", sum, v.Timings)
	}
	return nil
}

// TestTrace: every hop tells its phases, which are those of the record, and heads are whole.
func TestTrace(t *testing.T) {
	_, base := web(t, origin.Config{})
	secure := secured(t)
	safe := secure.serve(t, answering(hello)).base
	trailing := serve(t, answering("HTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX: y\r\n\r\n")).base
	dead := refused(t)
	_, port, _ := strings.Cut(base[len("http://"):], ":")
	two := map[string][]netip.Addr{"name.test:" + port: {netip.IPv6Loopback(), netip.MustParseAddr("127.0.0.1")}}
	for _, tt := range []struct {
		name, url string
		options   Options
		class     Class
		hops      int
		counts    map[EventKind]int
		open      Phase // that a failure ended
	}{
		{"redirects", base + "/f/redirect/3", Options{MaxRedirects: 5}, OK, 4, map[EventKind]int{EventRequest: 4, EventHead: 4, EventRedirect: 3, EventReused: 3, EventConnected: 1}, 0},
		{"interim, trailers", trailing, Options{}, OK, 1, map[EventKind]int{EventInterim: 1, EventHead: 1, EventTrailers: 1}, 0},
		{"tls", safe, Options{TLS: secure.client}, OK, 1, map[EventKind]int{EventConnecting: 1, EventTLS: 1, EventHead: 1}, 0},
		{"two addresses", "http://name.test:" + port + "/p/0", Options{Resolve: two}, OK, 1, map[EventKind]int{EventAddresses: 1, EventConnecting: 2, EventUnconnected: 1, EventConnected: 1}, 0},
		{"refused", dead, Options{}, ConnectRefused, 1, map[EventKind]int{EventUnconnected: 1, EventRequest: 0}, 0},
		{"stalled", base + "/f/stall", Options{Timeout: short}, TimeoutFirstByte, 1, map[EventKind]int{EventRequest: 1, EventHead: 0}, PhaseFirstByte},
		{"stalled in the body", base + "/f/stall-body/1000", Options{Timeout: 10 * short}, TimeoutRead, 1, map[EventKind]int{EventHead: 1}, PhaseBody},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, k kind) {
				with(t, punctual(k.engine(t)), tt.options, func(c client) error {
					tr := &traced{}
					v := c.do(tt.url, Request{Trace: &Trace{Event: tr.event}})
					v.wantClass(t, tt.class)
					if err := tr.agree(v); err != nil {
						t.Error(err)
					}
					for kind, n := range tt.counts {
						if tr.count(kind) != n {
							t.Errorf("%d events of kind %d, want %d: %v", tr.count(kind), kind, n, tr.kinds)
						}
					}
					if len(tr.hops) != tt.hops || tr.kinds[0] != EventBegin || tr.kinds[len(tr.kinds)-1] != EventEnd {
						t.Errorf("%d hops, events %v", len(tr.hops), tr.kinds)
					}
					if tt.open != 0 && !slices.ContainsFunc(tr.hops[0], func(s Span) bool { return s.Phase == tt.open && !s.Ended && s.Took > 0 }) {
						t.Errorf("it does not say what it ended in: %+v", tr.hops)
					}
					for _, head := range tr.heads {
						if head[len(head)-2:] != "\r\n" {
							t.Errorf("head %q is not whole", head)
						}
					}
					return nil
				})
			})
		})
	}
}
