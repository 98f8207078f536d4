package fetch

import "crawl/internal/link"

// A route is how to get to the server of a URL: whom to connect to, and what has to be done on the connection before
// it can be asked.
type route struct {
	key    string // of the pool: connections with the same key are one as good as the other
	host   string // to connect to, a name or an IP address: the server's or the proxy's
	port   uint16
	url    *link.URL
	via    *via // nil: no proxy
	secure bool // TLS, with the server
}

// routeTo is the route to the server of u by the way that key has chosen.
func routeTo(u *link.URL, res *Response) route {
	if v := res.via(); v != nil {
		return route{key: v.key, host: v.proxy.host, port: v.proxy.port, url: u, via: v, secure: u.Secure()}
	}
	return route{key: u.Origin(), host: u.Host(), port: u.Port(), url: u, secure: u.Secure()}
}

// key is that of the route to the server of u, and notes in res which proxy that goes by. It costs nothing for a URL
// without user information where there is no proxy.
func (c *Client) key(u *link.URL, res *Response) string {
	if c.options.Proxy == nil {
		return u.Origin()
	}
	return c.choose(u, res)
}

// direct reports whether a connection to one address is all that it takes.
func (r *route) direct() bool {
	return !r.secure && (r.via == nil || !r.via.tunnel && !r.via.proxy.secure)
}
