package fetch

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"crawl/internal/http1"
)

// URL is an absolute http URL, taken apart as a request needs it. Its strings are parts of the one it was
// parsed from where that is possible.
type URL struct {
	Host      string // a name in lower case, or an IP address without brackets
	Port      uint16
	Authority string // for the Host field: in lower case, without the default port
	Target    string // path and query, escaped where it has to be
}

// MaxURL is the longest URL that is fetched, in bytes. Servers refuse far shorter ones; 8 KiB is common.
const MaxURL = 64 << 10

var (
	errNoScheme   = errors.New("not an http:// URL")
	errHTTPS      = errors.New("https is not supported yet")
	errUserinfo   = errors.New("a user name or password in the URL is not supported")
	errHost       = errors.New("invalid host")
	errPort       = errors.New("invalid port")
	errCharacters = errors.New("control character in the URL")
	errEncoding   = errors.New("not valid UTF-8")
	errTooLong    = errors.New("longer than " + strconv.Itoa(MaxURL) + " bytes")
)

// ParseURL parses s, which must be absolute. It takes what a list of URLs has, strictly: no user information,
// no relative forms, host names in ASCII. The fragment is dropped; bytes that a request target cannot carry are
// percent-encoded, and what is encoded stays as it is. Dot segments are left to the server.
func ParseURL(s string) (URL, error) {
	if len(s) > MaxURL {
		return URL{}, errTooLong
	}
	rest, err := cutScheme(s)
	if err != nil {
		return URL{}, err
	}
	end := strings.IndexAny(rest, "/?#\\")
	if end < 0 {
		end = len(rest)
	}
	u, err := parseAuthority(rest[:end])
	if err != nil {
		return URL{}, err
	}
	if u.Target, err = target(rest[end:]); err != nil {
		return URL{}, err
	}
	return u, nil
}

func cutScheme(s string) (string, error) {
	const http, https = "http://", "https://"
	if len(s) >= len(http) && strings.EqualFold(s[:len(http)], http) {
		return s[len(http):], nil
	}
	if len(s) >= len(https) && strings.EqualFold(s[:len(https)], https) {
		return "", errHTTPS
	}
	return "", errNoScheme
}

func parseAuthority(s string) (URL, error) {
	if strings.IndexByte(s, '@') >= 0 {
		return URL{}, errUserinfo
	}
	u := URL{Port: 80, Authority: s}
	host, port, hasPort := s, "", false
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		host, port, hasPort = s[:i], s[i+1:], true
	}
	if hasPort {
		u.Authority = host
		if port != "" {
			n, err := strconv.ParseUint(port, 10, 16)
			if err != nil || n == 0 {
				return URL{}, fmt.Errorf("%w %q", errPort, clip(port))
			}
			switch u.Port = uint16(n); {
			case n == 80:
			case port[0] == '0':
				u.Authority = host + ":" + strconv.FormatUint(n, 10)
			default:
				u.Authority = s
			}
		}
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		addr, err := netip.ParseAddr(host[1 : len(host)-1])
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			return URL{}, fmt.Errorf("%w %q", errHost, clip(host))
		}
		host = host[1 : len(host)-1]
	} else if !validHostname(host) {
		return URL{}, fmt.Errorf("%w %q", errHost, clip(host))
	}
	// These are the same strings where there is nothing to lower.
	u.Host, u.Authority = strings.ToLower(host), strings.ToLower(u.Authority)
	return u, nil
}

// validHostname: letters, digits, hyphens, dots and underscores (which the DNS has in practice), no empty
// label, at most 253 bytes (RFC 1035 section 2.3.4). A last dot is allowed.
func validHostname(s string) bool {
	if s == "" || len(strings.TrimSuffix(s, ".")) > 253 {
		return false
	}
	label := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.':
			if label == 0 {
				return false
			}
			label = 0
			continue
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
		if label++; label > 63 {
			return false
		}
	}
	return true
}

// target is the request target of what follows the authority: "/path?query".
func target(s string) (string, error) {
	if i := strings.IndexByte(s, '#'); i >= 0 {
		s = s[:i]
	}
	if s == "" {
		return "/", nil
	}
	if s[0] == '/' && http1.ValidTarget(s) && !strings.ContainsAny(s, "\\\"<>") {
		return s, nil
	}
	return escapeTarget(s)
}

// escapeTarget makes a target of what is not one yet, as browsers do: a backslash in the path is a slash, and
// spaces, quotes and what is not ASCII are percent-encoded.
func escapeTarget(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", errEncoding
	}
	var b strings.Builder
	if s[0] == '?' {
		b.WriteByte('/')
	}
	inQuery := false
	for i := range len(s) {
		switch c := s[i]; {
		case c < 0x20 || c == 0x7f:
			return "", errCharacters
		case c == '\\' && !inQuery:
			b.WriteByte('/')
		case c == ' ' || c == '"' || c == '<' || c == '>' || c >= 0x80:
			const digits = "0123456789ABCDEF"
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		default:
			inQuery = inQuery || c == '?'
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

// clip bounds what an error message quotes.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
