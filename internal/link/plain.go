package link

import (
	"net/netip"
	"strings"
)

// What is here knows canonical spelling when it sees it, and may say no to it too: then the library decides. It never
// says yes to what the library would write in another way, which FuzzParse checks.

// plain takes s if it is in its canonical spelling already, or lacks but the slash behind the host.
func plain(s string) (u URL, ok bool) {
	begin := 0
	switch {
	case len(s) > MaxURL:
		return u, false
	case strings.HasPrefix(s, "http://"):
		begin, u.port = len("http://"), 80
	case strings.HasPrefix(s, "https://"):
		begin, u.port = len("https://"), 443
	default:
		return u, false
	}
	end := begin + plainHost(s[begin:])
	if end == begin {
		return URL{}, false
	}
	rest := end
	if rest < len(s) && s[rest] == ':' {
		digits, port := plainPort(s[rest+1:])
		if digits == 0 || port == u.port {
			return URL{}, false
		}
		rest += 1 + digits
		u.port = port
	}
	if rest == len(s) {
		s += "/"
	}
	fragment, ok := plainRest(s, rest, s[rest])
	if !ok || s[rest] != '/' || len(s) > MaxURL {
		return URL{}, false
	}
	u.href, u.host, u.hostEnd, u.path, u.fragment = s, uint32(begin), uint32(end), uint32(rest), uint32(fragment)
	return u, true
}

// plainHost measures a name of lower-case letters, digits, hyphens, dots and underscores, or an IPv4 address of four
// decimal numbers, up to a colon, a slash or the end; 0 for anything else.
func plainHost(s string) int {
	end := 0
	for end < len(s) && unmoved[s[end]]&inHost != 0 {
		end++
	}
	if end < len(s) && s[end] != '/' && s[end] != ':' {
		return 0
	}
	host := s[:end]
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == "" {
		return 0
	}
	if last[0]-'0' < 10 { // an IPv4 address in some form, or no host at all, or a name of which there are few
		if addr, err := netip.ParseAddr(host); err != nil || !addr.Is4() {
			return 0
		}
	}
	return end
}

// plainPort measures a port without a leading zero, other than 0; 0 if there is none.
func plainPort(s string) (digits int, port uint16) {
	n := 0
	for digits < len(s) && s[digits]-'0' < 10 {
		n = n*10 + int(s[digits]-'0')
		if digits++; n > 65535 || n == 0 {
			return 0, 0
		}
	}
	return digits, uint16(n)
}

// Where a byte may stand as it is, without another look: bits of unmoved.
const (
	inHost = 1 << iota
	inPath
	inQuery
	inFragment
)

// unmoved says of each byte in which parts it is canonical. In a path "." and "%" are left out: they may be of a dot
// segment.
var unmoved = func() (table [256]uint8) {
	for c := '!'; c <= '~'; c++ {
		if !strings.ContainsRune("\"<>`", c) {
			table[c] |= inFragment
		}
		if !strings.ContainsRune("\"<>#'", c) {
			table[c] |= inQuery
		}
		if !strings.ContainsRune("\"<>#?`{}^\\.%", c) {
			table[c] |= inPath
		}
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.ContainsRune("-._", c) {
			table[c] |= inHost
		}
	}
	return table
}()

// plainRest reports whether s is canonical from i on, where a path ('/'), a query ('?') or a fragment ('#') begins, and
// where the fragment is, or the end.
func plainRest(s string, i int, part byte) (fragment int, ok bool) {
	if part == '/' {
		for begin := i; i < len(s); i++ {
			c := s[i]
			if unmoved[c]&inPath != 0 {
				continue
			}
			if c == '?' || c == '#' {
				part = c
				break
			}
			if c != '.' && c != '%' || (i == begin || s[i-1] == '/') && beginsDotted(s[i:]) {
				return 0, false
			}
		}
	}
	if part == '?' {
		for ; i < len(s) && s[i] != '#'; i++ {
			if unmoved[s[i]]&inQuery == 0 {
				return 0, false
			}
		}
	}
	fragment = i
	for i++; i < len(s); i++ {
		if unmoved[s[i]]&inFragment == 0 {
			return 0, false
		}
	}
	return fragment, true
}

// beginsDotted reports whether s may begin with a dot segment, in one of its spellings.
func beginsDotted(s string) bool {
	if s[0] == '%' {
		return len(s) > 2 && s[1] == '2' && s[2]|0x20 == 'e'
	}
	return len(s) == 1 || strings.IndexByte("./?#%", s[1]) >= 0
}

// resolve does what Resolve does for a reference that only has to be put behind a part of u, as nearly all have.
func (u *URL) resolve(ref string) (v URL, ok bool) {
	switch {
	case u.href == "":
		return URL{}, false
	case ref == "":
		return u.WithFragment(""), true
	}
	prefix, part := int(u.path), ref[0]
	switch {
	case strings.HasPrefix(ref, "//"):
		return plain(u.Scheme() + ":" + ref)
	case part == '/':
	case part == '?':
		prefix += u.pathLen()
	case part == '#':
		prefix = int(u.fragment)
	default:
		part = '/'
		prefix, ref = u.climb(ref)
		if first := strings.IndexAny(ref, ":/?#"); ref == "" || first >= 0 && ref[first] == ':' { // a scheme
			return URL{}, false
		}
	}
	fragment, ok := plainRest(ref, 0, part)
	if !ok || prefix+len(ref) > MaxURL {
		return URL{}, false
	}
	v = *u
	v.href, v.fragment = u.href[:prefix]+ref, uint32(prefix+fragment)
	return v, true
}

// pathLen is how long the path is.
func (u *URL) pathLen() int {
	target := u.Target()
	if i := strings.IndexByte(target, '?'); i >= 0 {
		return i
	}
	return len(target)
}

// climb takes "./" and "../" from the front of ref, and finds behind which part of u the rest belongs.
func (u *URL) climb(ref string) (prefix int, rest string) {
	path := u.Target()[:u.pathLen()]
	path = path[:strings.LastIndexByte(path, '/')+1]
	for {
		switch {
		case strings.HasPrefix(ref, "./"):
			ref = ref[2:]
		case strings.HasPrefix(ref, "../"):
			ref = ref[3:]
			if len(path) > 1 {
				path = path[:strings.LastIndexByte(path[:len(path)-1], '/')+1]
			}
		default:
			return int(u.path) + len(path), ref
		}
	}
}
