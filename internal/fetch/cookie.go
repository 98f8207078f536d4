package fetch

import (
	"strings"

	"crawl/internal/http1"
	"crawl/internal/link"
)

// Cookies are applied to every exchange, at the two places where a request is composed and where a head is taken
// in: so a redirect that leads elsewhere has the cookies of where it leads, and a second attempt what the first has
// set. Both run on the engine's stack and wait for nothing but the jar's lock.

// cookieScope is what a jar goes by.
func cookieScope(u *link.URL) (secure bool, host, path string) {
	return u.Secure(), u.Host(), u.Target()
}

// addCookies puts what the jar has for this request into its fields, without touching those of the caller. A Cookie
// field that the caller has stays: what it says comes behind what the jar says, as with curl. They are one field,
// for RFC 6265 section 5.4 wants one; curl makes two of -H.
func (b *buffer) addCookies() {
	c := b.client
	secure, host, path := cookieScope(b.req.URL)
	c.jar.Lock()
	b.cookies = c.options.Cookies.AppendHeader(b.cookies[:0], secure, host, path, c.engine.Now())
	c.jar.Unlock()
	if len(b.cookies) == 0 {
		return
	}
	b.fields = append(b.fields[:0], b.request.Fields...)
	at := 0
	for at < len(b.fields) && !strings.EqualFold(b.fields[at].Name, "Cookie") {
		at++
	}
	if at == len(b.fields) {
		b.fields = append(b.fields, http1.Pair{Name: "Cookie"})
	} else if own := b.fields[at].Value; own != "" {
		b.cookies = append(append(b.cookies, "; "...), own...)
	}
	b.fields[at].Value = string(b.cookies)
	b.request.Fields = b.fields
}

// maxSetCookies is how many Set-Cookie fields of a head count, as for curl: a host can keep no more anyway
// (cookies.MaxHost), and a thousand of them would hold the loop for some ten milliseconds.
const maxSetCookies = 50

// keepCookies gives the jar what the head sets.
func (b *buffer) keepCookies() {
	const name = "Set-Cookie"
	i := b.head.Index(name, 0)
	if i < 0 {
		return
	}
	c := b.client
	secure, host, path := cookieScope(b.req.URL)
	now := c.engine.Now()
	c.jar.Lock()
	for n := 0; i >= 0 && n < maxSetCookies; n++ {
		_, value := b.head.At(i)
		c.options.Cookies.Set(secure, host, path, string(value), now)
		i = b.head.Index(name, i+1)
	}
	c.jar.Unlock()
}
