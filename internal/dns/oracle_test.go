//go:build unix

package dns

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"crawl/internal/engine"
)

// TestOracle: the resolver of the standard library, on the same server, finds the same addresses and tells the same names
// from those that do not exist. Names are absolute: it has a search list of its own.
func TestOracle(t *testing.T) {
	names := map[string]func(a *asked){
		"one.test.": func(a *asked) { a.send(a.reply("one.test. 60 192.0.2.1")) },
		"both.test.": func(a *asked) {
			a.send(a.reply("both.test. 60 192.0.2.1", "both.test. 60 2001:db8::1", "both.test. 60 192.0.2.2"))
		},
		"six.test.":    func(a *asked) { a.send(a.reply("six.test. 60 2001:db8::1")) },
		"upper.test.":  func(a *asked) { a.send(a.reply("UPPER.TEST. 60 192.0.2.3")) },
		"mapped.test.": func(a *asked) { a.send(a.reply("mapped.test. 60 ::ffff:192.0.2.4")) },
		"alias.test.":  func(a *asked) { a.send(a.reply("alias.test. 60 =b.test.", "b.test. 60 192.0.2.5", "test. 60 soa:60")) },
		"chain.test.": func(a *asked) {
			a.send(a.reply("chain.test. 60 =b.test.", "b.test. 60 =c.test.", "c.test. 60 192.0.2.5", "c.test. 60 2001:db8::5"))
		},
		"nx.test.":     func(a *asked) { a.send(a.code(dnsmessage.RCodeNameError, "test. 60 soa:60")) },
		"nxbare.test.": func(a *asked) { a.send(a.code(dnsmessage.RCodeNameError)) },
		"nodata.test.": func(a *asked) { a.send(a.reply("test. 60 soa:60")) },
		"fail.test.":   func(a *asked) { a.send(a.code(dnsmessage.RCodeServerFailure)) },
		"lies.test.": func(a *asked) {
			m := a.reply("lies.test. 60 192.0.2.66")
			m.ID++
			a.send(m)
			a.send(a.reply("lies.test. 60 192.0.2.6"))
		},
		"large.test.": func(a *asked) {
			m := a.reply("large.test. 60 192.0.2.7", "large.test. 60 2001:db8::7")
			if a.network == "udp" {
				m.Answers, m.Truncated = nil, true
			}
			a.send(m)
		},
	}
	s := serve(t, func(a *asked) { names[strings.ToLower(a.name())](a) })
	oracle := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network[:3], s.address.String())
	}}
	e := engine.NewGoroutine()
	with(t, e, Options{Config: config(s)}, func(r *Resolver, ctx context.Context) {
		for name := range names {
			theirs, theirErr := oracle.LookupNetIP(ctx, "ip", name)
			for i := range theirs {
				theirs[i] = theirs[i].Unmap()
			}
			ours, err := r.lookup(ctx, name)
			var dnsErr *net.DNSError
			var own *Error
			notFound := errors.As(theirErr, &dnsErr) && dnsErr.IsNotFound
			ourNotFound := errors.As(err, &own) && own.Kind.definite()
			if !sameAddrs(ours, theirs) || notFound != ourNotFound || (err == nil) != (theirErr == nil) {
				t.Errorf("%s: %v, %v; the standard library finds %v, %v", name, ours, err, theirs, theirErr)
			}
		}
	})
}

// sameAddrs compares without regard to order.
func sameAddrs(a, b []netip.Addr) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.SortFunc(a, netip.Addr.Compare)
	slices.SortFunc(b, netip.Addr.Compare)
	return slices.Equal(a, slices.Compact(b))
}
