package fetch

import "crawl/internal/link"

// A route is how to get to the server of a URL: whom to connect to, and what has to be done on the connection before
// it can be asked.
type route struct {
	key    string // of the pool: connections with the same key are one as good as the other
	host   string // to connect to, a name or an IP address
	port   uint16
	url    *link.URL
	secure bool // TLS, with the server
}

// routeTo is the route to the server of u.
func (c *Client) routeTo(u *link.URL) route {
	return route{key: c.key(u), host: u.Host(), port: u.Port(), url: u, secure: u.Secure()}
}

// key is that of the route to the server of u. It costs nothing for a URL without user information.
func (c *Client) key(u *link.URL) string { return u.Origin() }

// direct reports whether a connection to one address is all that it takes.
func (r *route) direct() bool { return !r.secure }
