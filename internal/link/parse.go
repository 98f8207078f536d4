package link

import (
	"errors"
	"fmt"
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

	errLaborious = fmt.Errorf("%w: it has to be rewritten, and is longer than %d bytes before its query, or than %d of user information",
		ErrInvalid, maxRewritten, maxUserinfo)
)

// maxRewritten is how long a URL may be, in bytes up to its query, that is not in its canonical spelling: a path of
// 64 KiB would keep the library, and so the loop, busy for seconds.
const maxRewritten = 8 << 10

// maxUserinfo is how long the part of such a URL with user information may be, of which 8 KiB take 0.2 s.
const maxUserinfo = 1 << 10

// Parse parses an absolute URL, as a browser's address bar takes it.
func Parse(s string) (URL, error) {
	if u, ok := plain(s); ok {
		return u, nil
	}
	return standard("", s)
}

// Resolve parses ref, which may be relative, as it is meant in a document at u (a link, a Location).
func (u *URL) Resolve(ref string) (URL, error) {
	if v, ok := plain(ref); ok {
		return v, nil
	}
	if v, ok := u.resolve(ref); ok {
		return v, nil
	}
	return standard(u.href, ref)
}

// standard has the library parse s, in a document at base or, if that is "", on its own.
func standard(base, s string) (URL, error) {
	switch {
	case len(s) > MaxURL:
		return URL{}, ErrTooLong
	case !utf8.ValidString(s):
		return URL{}, ErrEncoding
	case isLaborious(base) || isLaborious(s):
		return URL{}, errLaborious
	}
	var h hosts
	parsed, err := whatwg.NewParser(
		whatwg.WithPreParseHostFunc(h.before),
		whatwg.WithPostParseHostFunc(h.after),
		whatwg.WithPathPercentEncodeSet(whatwg.PathPercentEncodeSet.Set('^')), // in the standard since 2025
	).ParseRef(base, s)
	switch {
	case h.err != nil:
		return URL{}, h.err
	case err != nil:
		return URL{}, explain(err)
	case parsed.Scheme() != "http" && parsed.Scheme() != "https":
		return URL{}, ErrScheme
	}
	href := parsed.Href(false)
	if len(href) > MaxURL {
		return URL{}, ErrTooLong
	}
	return locate(href)
}

// isLaborious reports whether the library would work on s for long: joining path and user information takes it
// quadratic time.
func isLaborious(s string) bool {
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		s = s[:i]
	}
	if len(s) > maxRewritten {
		return true
	}
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '/' || r == '\\' }) {
		if len(part) > maxUserinfo && strings.IndexByte(part, '@') >= 0 {
			return true
		}
	}
	return false
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

// clip bounds what an error message quotes.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
