package fetch

import (
	"fmt"
	"net/netip"
	"strings"

	"crawl/internal/link"
)

// via is the way through a proxy to the servers of one origin.
type via struct {
	proxy  *Proxy
	key    string // of the pool
	tunnel bool   // to the server; else the proxy is asked for the URL (RFC 9112 section 3.2.2)

	// known is the address of the servers as far as anybody but the proxy knows it: the one that the URLs have instead
	// of a name; not valid if they have a name. It is what a rule on addresses has to look at where the proxy resolves
	// names: that of the connection is the proxy's, which is the user's word.
	known netip.Addr
}

// maxVias is how many origins it is known of whether they have a proxy, at about 200 bytes each. If there are more,
// all is forgotten: a decision costs some microseconds, not more.
const maxVias = 10_000

// choose decides by which proxy u is fetched, if any, and returns the key of its connections. Each origin is decided
// on once.
func (c *Client) choose(u *link.URL, res *Response) string {
	origin := u.Origin()
	c.mu.Lock()
	v, known := c.vias[origin]
	c.mu.Unlock()
	if !known {
		v = c.decide(u, origin)
	}
	if v == nil {
		if res.extra != nil {
			res.extra.via = nil
		}
		return origin
	}
	res.more().via = v
	return v.key
}

// decide stands apart from choose, which is called in each fetch, before it waits.
func (c *Client) decide(u *link.URL, origin string) (v *via) {
	c.engine.Leaf(func() {
		origin := strings.Clone(origin) // not a part of a URL, which would stay for it
		if p := c.options.Proxy(u); p != nil {
			v = newVia(p, u, origin)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(c.vias) >= maxVias {
			clear(c.vias)
		}
		c.vias[origin] = v
	})
	return v
}

// newVia makes the way by p. No key is an origin's: there may be fetches from a proxy as a server, too. A connection
// of one user's is not for another's, so the key says whose it is; nobody is shown it.
func newVia(p *Proxy, u *link.URL, origin string) *via {
	v := &via{proxy: p, tunnel: p.tunnels(u)}
	who := []string{p.user, p.password}
	for _, f := range p.fields {
		who = append(who, f.Value)
	}
	v.key = fmt.Sprintf("proxy %s %q", p, who)
	if v.tunnel {
		v.key += " " + origin
	}
	v.known = knownAddress(u.Host())
	return v
}

// knownAddress is the address that host is known to have wherever it is asked for, if there is one. localhost and the
// names below it have that of loopback (RFC 6761 section 6.3).
func knownAddress(host string) netip.Addr {
	name := strings.TrimSuffix(host, ".")
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	addr, _ := netip.ParseAddr(host)
	return addr
}

// absolute is the request target by which a proxy is asked for u (RFC 9112 section 3.2.2): without user information
// and fragment.
func absolute(u *link.URL) string {
	if _, _, has := u.Userinfo(); has {
		return u.Origin() + u.Target()
	}
	whole := u.String()
	if fragment, has := u.Fragment(); has {
		return whole[:len(whole)-len("#")-len(fragment)]
	}
	return whole
}

// askProxy makes of a request to a server one to the proxy p.
func (b *buffer) askProxy(p *Proxy) {
	b.request.Target = absolute(b.req.URL)
	if len(p.fields) > 0 {
		b.fields = append(append(b.fields[:0], b.request.Fields...), p.fields...)
		b.request.Fields = b.fields
	}
}

// barred is the error of a guarded request that is to go to a private address by way of a proxy. Where a name leads is
// the proxy's business if it resolves names: nobody else knows. It is asked before there is a connection: all that
// go by the same proxy may share one.
func (c *Client) barred(req *Request, res *Response) error {
	v := res.via()
	if c.need(req, res)&needPublic == 0 || !v.proxy.remote || !v.known.IsValid() || !c.private(v.known) {
		return nil
	}
	return fail(AddressPrivate, fmt.Errorf("%q is a private address, to which no public page may lead, by a proxy neither", req.URL.Host()))
}

// blame gives an error of the making of a connection to the proxy, if it was to one, a class of its own: nothing has
// been found out about the server. What is this machine's fault stays so.
func (r *route) blame(err error) error {
	if r.via == nil {
		return err
	}
	switch class := ClassOf(err); class.Family() {
	case "dns", "connect", "tls", "closed":
		return fail(ProxyConnect, r.via.proxy.wrap(err, ""))
	case "timeout":
		if class != TimeoutTotal {
			class = TimeoutProxy
		}
		return fail(class, r.via.proxy.wrap(err, ""))
	}
	return err
}
