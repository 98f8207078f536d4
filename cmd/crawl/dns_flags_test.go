package main

import (
	"slices"
	"testing"
	"time"

	"crawl/internal/dns"
	"crawl/internal/engine"
)

// TestReserveForDNS: queries have descriptors of their own, few where there are few, and connections lose those only that
// do not fit into what is reserved anyway.
func TestReserveForDNS(t *testing.T) {
	for _, c := range []struct{ limit, queries, maxConns int }{
		{0, 128, 1 << 20},
		{16, 1, 1},
		{100, 3, 36},
		{1024, 32, 960},
		{4096, 128, 4096 - 64 - 96},
		{20000, 128, 20000 - 64 - 96},
		{1 << 20, 128, 1<<20 - 64 - 96},
	} {
		var d dnsFlags
		w := workFlags{}
		p := w.plan(c.limit)
		d.reserve(&p)
		if d.queries != c.queries || p.maxConns != c.maxConns || p.concurrency > p.maxConns {
			t.Errorf("limit %d: %d queries, %d connections, %d in flight", c.limit, d.queries, p.maxConns, p.concurrency)
		}
	}
}

// TestDNSServers: what --dns-server takes.
func TestDNSServers(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1": "192.0.2.1:53", "192.0.2.1:5353": "192.0.2.1:5353", "2001:db8::1": "[2001:db8::1]:53", "[2001:db8::1]": "[2001:db8::1]:53",
		"[2001:db8::1]:99": "[2001:db8::1]:99", "fe80::1%lo": "[fe80::1%lo]:53", "::ffff:192.0.2.1": "192.0.2.1:53", "system": "",
	} {
		d := dnsFlags{servers: []string{text}}
		err := d.check()
		var got []string
		for _, s := range d.parsedServers {
			got = append(got, s.String())
		}
		if err != nil || !slices.Equal(got, []string{want}) && want != "" || want == "" && len(got) > 0 {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
		if r := d.resolver(engine.NewGoroutine(), dns.Both, time.Second); (r == nil) != (text == systemResolver) {
			t.Errorf("%q: resolver %v", text, r)
		}
	}
	for _, text := range []string{"", "example.com", "192.0.2.1:", "192.0.2.1:x", "192.0.2.1:70000", "192.0.2:53", "[::1", "::1]:53"} {
		if d := (dnsFlags{servers: []string{text}}); d.check() == nil {
			t.Errorf("%q was taken", text)
		}
	}
}
