package link

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// A Page is what a document says of itself.
type Page struct {
	Base        URL // what its references are relative to; the zero value if that is no http or https URL
	Title       string
	Lang        string // of the html element
	Charset     string // by the name that the Encoding standard has for it, in lower case
	CharsetFrom CharsetSource
	Canonical   URL // of the first link rel=canonical; the zero value without one that is a URL
	Robots      Robots

	Links   int // how many different ones there are
	Other   int // references of other schemes (mailto:, javascript:, data:), each time one stands there
	Dropped int // references that were not kept, because one is too long, or all together are too many
}

// A Link is a reference of a document to another one, or to a part of itself.
type Link struct {
	URL      URL    // the zero value if there is an error
	Ref      string // as it is written, without white space around it; it keeps those of the whole page alive
	Kind     Kind
	NoFollow bool  // rel has nofollow, ugc or sponsored, each time it stands there; Page.Robots is apart
	Err      error // it is no URL
}

// What is kept of texts at most, in bytes.
const (
	maxTitle = 1 << 10
	maxLang  = 64
	// maxRawTitle is before white space is collapsed.
	maxRawTitle = 4 << 10
)

// collapse is s without white space around it, with one space for each other, and cut to so many bytes.
func collapse(s string, most int) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < 0x80 && isBlank(byte(r)) }), " ")
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// trimURL is p without what a URL parser leaves out at both ends.
func trimURL(p []byte) []byte {
	for len(p) > 0 && p[0] <= ' ' {
		p = p[1:]
	}
	for len(p) > 0 && p[len(p)-1] <= ' ' {
		p = p[:len(p)-1]
	}
	return p
}

func cutFragment(p []byte) []byte {
	if i := bytes.IndexByte(p, '#'); i >= 0 {
		return p[:i]
	}
	return p
}

// schemeOf reports whether p has a scheme, and whether that is http or https.
func schemeOf(p []byte) (isHTTP, has bool) {
	var name [len("https") + 1]byte
	n := 0
	for _, c := range p {
		switch {
		case c == '\t' || c == '\n' || c == '\r': // URL parsers do not see them
			continue
		case c == ':':
			s := string(name[:n])
			return s == "http" || s == "https", n > 0
		case isAlpha(c), n > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return false, false
		}
		if n < len(name) {
			name[n] = lower(c)
			n++
		}
	}
	return false, false
}
