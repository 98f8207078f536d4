package cookies

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// canonicalHost is host in lower case, without brackets and without the dot that may end a full name; ok is false for
// what cannot be a host. Where there is nothing to change it is the same string.
func canonicalHost(host string) (canonical string, ok bool) {
	if n := len(host); n > 2 && host[0] == '[' && host[n-1] == ']' {
		host = host[1 : n-1]
	}
	host = strings.TrimSuffix(host, ".")
	label, address := 0, strings.IndexByte(host, ':') >= 0
	for i := range len(host) {
		switch c := host[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-':
		case c == '.':
			if label == 0 {
				return "", false
			}
			label = -1
		case c <= ' ' || c >= 0x7f || strings.IndexByte(`"#/<>?@[\]^|%`, c) >= 0:
			return "", false
		}
		label++
	}
	return strings.ToLower(host), label > 0 && (!address || isIPv6(host))
}

// isIPv6 looks at the alphabet only: that is enough to keep a host and its port apart from an address.
func isIPv6(host string) bool {
	return strings.Count(host, ":") > 1 && strings.Trim(host, "0123456789abcdefABCDEF:.") == ""
}

// isAddress reports whether a canonical host is an IP address, which has neither parents nor subdomains: by its last
// label, as the URL standard does it ("ends in a number").
func isAddress(host string) bool {
	if strings.IndexByte(host, ':') >= 0 {
		return true
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	for i := range len(last) {
		if last[i] < '0' || last[i] > '9' {
			return false
		}
	}
	return true
}

// isLocal reports whether a canonical host is this machine: nobody listens in between.
func isLocal(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost") ||
		host == "::1" || strings.HasPrefix(host, "127.") && isAddress(host)
}

// siteOf is the registrable domain of a canonical host; where there is none, as for an address or a public suffix, the
// host itself.
func siteOf(host string) string {
	suffix := publicSuffix(host)
	if len(suffix) == len(host) {
		return host
	}
	above := len(host) - len(suffix) - 1
	return host[strings.LastIndexByte(host[:above], '.')+1:]
}

// publicSuffix is a suffix of host under which anybody can have a name; of an address, all of it. The list's private
// part counts as well (github.io): that is what it is for.
func publicSuffix(host string) string {
	if isAddress(host) {
		return host
	}
	suffix, _ := publicsuffix.PublicSuffix(host)
	return suffix
}

// scope is for whom a cookie is that host, which is canonical, sets with this Domain; ok is false where it may not
// (RFC 6265 section 5.3 steps 5 and 6).
func scope(host, domain string) (scope string, hostOnly, ok bool) {
	domain = strings.ToLower(domain)
	if !domainMatches(host, domain) {
		return "", false, false
	}
	if len(publicSuffix(domain)) >= len(domain) { // a suffix, or an address
		return host, true, host == domain
	}
	return domain, false, true
}

// domainMatches is RFC 6265 section 5.1.3, of canonical hosts.
func domainMatches(host, domain string) bool {
	if !strings.HasSuffix(host, domain) {
		return false
	}
	rest := len(host) - len(domain)
	return rest == 0 || domain != "" && host[rest-1] == '.' && !isAddress(host)
}

func (c *cookie) covers(host string) bool {
	if c.hostOnly {
		return c.domain == host
	}
	return domainMatches(host, c.domain)
}

// defaultPath is the folder of a request's path (RFC 6265 section 5.1.4).
func defaultPath(path string) string {
	path = cutQuery(path)
	if last := strings.LastIndexByte(path, '/'); last > 0 && path[0] == '/' {
		return path[:last]
	}
	return "/"
}

// pathMatches is RFC 6265 section 5.1.4.
func pathMatches(path, cookiePath string) bool {
	if !strings.HasPrefix(path, cookiePath) {
		return cookiePath == "/" && path == ""
	}
	return len(path) == len(cookiePath) || cookiePath[len(cookiePath)-1] == '/' || path[len(cookiePath)] == '/'
}

// cutQuery is path without its query.
func cutQuery(path string) string {
	if i := strings.IndexByte(path, '?'); i >= 0 {
		return path[:i]
	}
	return path
}
