package link

import (
	"strings"
)

// A URL is an absolute http or https URL. Its parts are parts of one string, which is its canonical spelling: a URL
// takes 40 bytes besides that, and asking for a part allocates nothing. The zero value is no URL.
type URL struct {
	href     string // scheme://user:password@host:port/path?query#fragment
	host     uint32 // where the host begins
	hostEnd  uint32
	path     uint32 // where path and query begin
	fragment uint32 // where "#" is, or the end
	port     uint16
}

// String is the URL in its canonical spelling, with user information and fragment, if there are any.
func (u *URL) String() string { return u.href }

// Secure reports whether the scheme is https.
func (u *URL) Secure() bool { return len(u.href) > 4 && u.href[4] == 's' }

// Scheme is "http" or "https".
func (u *URL) Scheme() string {
	if u.Secure() {
		return u.href[:5]
	}
	return u.href[:4]
}

// Host is a name in lower case and ASCII, or an IP address, without brackets.
func (u *URL) Host() string {
	host := u.href[u.host:u.hostEnd]
	if host != "" && host[0] == '[' {
		return host[1 : len(host)-1]
	}
	return host
}

// Port is that of the scheme, where the URL has none. It may be 0: the standard allows that, and nobody can be there.
func (u *URL) Port() uint16 { return u.port }

// Authority is host and port, without the port if it is that of the scheme: what the Host field says (RFC 9110
// section 7.2).
func (u *URL) Authority() string { return u.href[u.host:u.path] }

// Origin is scheme, host and port (RFC 6454): what connections, credentials and politeness go by.
func (u *URL) Origin() string {
	if _, _, ok := u.Userinfo(); ok {
		return u.href[:u.authority()] + u.Authority()
	}
	return u.href[:u.path]
}

// authority is where the authority begins.
func (u *URL) authority() uint32 {
	if u.Secure() {
		return uint32(len("https://"))
	}
	return uint32(len("http://"))
}

// Target is path and query: what a request asks for (RFC 9112 section 3.2.1).
func (u *URL) Target() string { return u.href[u.path:u.fragment] }

// Fragment is what is behind "#", as it is written; ok says whether there is one, which may be empty.
func (u *URL) Fragment() (fragment string, ok bool) {
	if int(u.fragment) == len(u.href) {
		return "", false
	}
	return u.href[u.fragment+1:], true
}

// Userinfo is the user's name and password, as they are written: percent-encoded.
func (u *URL) Userinfo() (user, password string, ok bool) {
	begin := u.authority()
	if u.host <= begin {
		return "", "", false
	}
	user, password, _ = strings.Cut(u.href[begin:u.host-1], ":")
	return user, password, true
}

// WithFragment is u with this fragment, as it is written; without one, if it is "".
func (u *URL) WithFragment(fragment string) URL {
	v := *u
	v.href = u.href[:u.fragment]
	if fragment != "" {
		v.href += "#" + fragment
	}
	return v
}
