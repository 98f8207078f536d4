package link

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	whatwg "github.com/nlnwa/whatwg-url/url"
)

// MaxURL is the longest URL that is taken, in bytes. Servers refuse far shorter ones; 8 KiB is common.
const MaxURL = 64 << 10

// Why a string is no URL that can be fetched, for errors.Is.
var (
	ErrScheme   = errors.New("not an http:// or https:// URL")
	ErrInvalid  = errors.New("invalid URL")
	ErrEncoding = errors.New("not valid UTF-8")
	ErrTooLong  = errors.New("longer than " + strconv.Itoa(MaxURL) + " bytes")
)

// Parse parses an absolute URL, as a browser's address bar takes it.
func Parse(s string) (URL, error) {
	if u, ok := plain(s); ok {
		return u, nil
	}
	if err := check(s); err != nil {
		return URL{}, err
	}
	return standard(whatwg.Parse(s))
}

// Resolve parses ref, which may be relative, as it is meant in a document at u (a link, a Location).
func (u *URL) Resolve(ref string) (URL, error) {
	if v, ok := plain(ref); ok {
		return v, nil
	}
	if err := check(ref); err != nil {
		return URL{}, err
	}
	return standard(whatwg.ParseRef(u.href, ref))
}

// check refuses what nobody has to look at closely.
func check(s string) error {
	switch {
	case len(s) > MaxURL:
		return ErrTooLong
	case !utf8.ValidString(s):
		return ErrEncoding
	}
	return nil
}

// standard takes what the library has found.
func standard(parsed *whatwg.Url, err error) (URL, error) {
	if err != nil {
		return URL{}, explain(err)
	}
	href := parsed.Href(false)
	if len(href) > MaxURL {
		return URL{}, ErrTooLong
	}
	switch parsed.Scheme() {
	case "http", "https":
		return locate(href)
	}
	return URL{}, ErrScheme
}

// explain says why s is no URL, in the words of the library without its decoration.
func explain(err error) error {
	if strings.Contains(err.Error(), "missing a scheme") {
		return ErrScheme
	}
	reason, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "Error: "), ". Url: ")
	if rest, ok := strings.CutPrefix(reason, "The "); ok {
		reason = "the " + rest
	}
	return fmt.Errorf("%w: %s", ErrInvalid, clip(reason))
}

// locate finds the parts of href, which is in its canonical spelling.
func locate(href string) (URL, error) {
	u := URL{href: href}
	begin := int(u.authority())
	path := begin + strings.IndexByte(href[begin:], '/')
	if path < begin {
		return URL{}, ErrInvalid
	}
	u.path = uint32(path)
	u.host = uint32(begin + strings.LastIndexByte(href[begin:path], '@') + 1)
	u.fragment = uint32(len(href))
	if i := strings.IndexByte(href[path:], '#'); i >= 0 {
		u.fragment = uint32(path + i)
	}
	u.hostEnd, u.port = u.path, 80
	if u.Secure() {
		u.port = 443
	}
	if colon := strings.LastIndexByte(href[u.host:u.path], ':'); colon >= 0 && href[u.path-1] != ']' {
		port, err := strconv.ParseUint(href[int(u.host)+colon+1:u.path], 10, 16)
		if err != nil {
			return URL{}, fmt.Errorf("%w: port %q", ErrInvalid, clip(href[int(u.host)+colon+1:u.path]))
		}
		u.hostEnd, u.port = u.host+uint32(colon), uint16(port)
	}
	return u, nil
}

// plain takes s if it is in its canonical spelling already, as far as one pass can tell: what it does not take may be
// canonical all the same.
func plain(s string) (u URL, ok bool) {
	if len(s) > MaxURL {
		return u, false
	}
	begin := 0
	switch {
	case strings.HasPrefix(s, "http://"):
		begin = len("http://")
	case strings.HasPrefix(s, "https://"):
		begin = len("https://")
	default:
		return u, false
	}
	end, numeric := plainHost(s[begin:])
	if end <= 0 {
		return u, false
	}
	u = URL{href: s, host: uint32(begin), hostEnd: uint32(begin + end), port: 80, fragment: uint32(len(s))}
	if u.Secure() {
		u.port = 443
	}
	if numeric && !isIPv4(s[begin:begin+end]) {
		return URL{}, false
	}
	rest := begin + end
	if s[rest] == ':' {
		digits, port := plainPort(s[rest+1:])
		if digits == 0 || port == u.port {
			return URL{}, false
		}
		rest += 1 + digits
		u.port = port
	}
	u.path = uint32(rest)
	if rest == len(s) || s[rest] != '/' || !u.plainTarget() {
		return URL{}, false
	}
	return u, true
}

// plainHost measures a name of lower-case letters, digits, hyphens, dots and underscores, behind which something is left;
// else 0. numeric says that its last label begins with a digit, so that it may be an IP address in some form.
func plainHost(s string) (end int, numeric bool) {
	label := 0 // its length so far
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.':
			if label == 0 {
				return 0, false
			}
			label = 0
			continue
		case 'a' <= c && c <= 'z', c == '-', c == '_':
		case '0' <= c && c <= '9':
			if label == 0 {
				numeric = true
			}
		case c == ':' || c == '/':
			if label == 0 { // a dot at the end
				return 0, false
			}
			return i, numeric
		default:
			return 0, false
		}
		if label == 0 && (s[i] < '0' || s[i] > '9') {
			numeric = false
		}
		if label++; label == 4 && s[i-3:i+1] == "xn--" { // whether it is what it looks like takes tables
			return 0, false
		}
	}
	return 0, false
}

// isIPv4 reports whether s is an IPv4 address in its canonical spelling.
func isIPv4(s string) bool {
	addr, err := netip.ParseAddr(s)
	return err == nil && addr.Is4()
}

// plainPort measures a port without a leading zero; 0 if there is none.
func plainPort(s string) (digits int, port uint16) {
	n := 0
	for digits < len(s) && '0' <= s[digits] && s[digits] <= '9' {
		n = n*10 + int(s[digits]-'0')
		if digits++; n > 65535 || s[0] == '0' {
			return 0, 0
		}
	}
	return digits, uint16(n)
}

// plainTarget reports whether path, query and fragment are canonical, and finds where the fragment begins.
func (u *URL) plainTarget() bool {
	s := u.href
	in := inPath
	for i := int(u.path); i < len(s); i++ {
		switch c := s[i]; {
		case c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>':
			return false
		case c == '?' && in == inPath:
			in = inQuery
		case c == '#' && in != inFragment:
			u.fragment, in = uint32(i), inFragment
		case in == inPath:
			switch c {
			case '\\', '^', '`', '{', '}':
				return false
			case '.', '%': // a dot segment, in one of its spellings
				if s[i-1] == '/' && (c == '.' || i+2 < len(s) && s[i+1] == '2' && s[i+2]|0x20 == 'e') {
					return false
				}
			}
		case in == inQuery && c == '\'', in == inFragment && c == '`':
			return false
		}
	}
	return true
}

// Where plainTarget is.
const (
	inPath = iota
	inQuery
	inFragment
)

// clip bounds what an error message quotes.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
