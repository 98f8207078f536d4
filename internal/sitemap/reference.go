package sitemap

import (
	"bytes"
	"unicode/utf8"
)

// maxReference is the longest reference that is decoded, in bytes: one may have any number of zeros.
const maxReference = 32

// unescape appends b to dst with its references decoded (XML 1.0 section 4.1): characters, and the five entities that
// need no declaration. Anything else behind "&" stays as it is written: it mostly is a URL in which "&" was not
// escaped.
func unescape(dst, b []byte) []byte {
	for {
		i := bytes.IndexByte(b, '&')
		if i < 0 {
			return append(dst, b...)
		}
		dst = append(dst, b[:i]...)
		b = b[i:]
		end := bytes.IndexByte(b[:min(len(b), maxReference)], ';')
		r := rune(-1)
		if end > 0 {
			r = reference(b[1:end])
		}
		if r < 0 {
			end, r = 0, '&'
		}
		dst = utf8.AppendRune(dst, r)
		b = b[end+1:]
	}
}

// reference is the character that a reference, without "&" and ";", stands for, or -1. Surrogates become U+FFFD when
// they are written.
func reference(name []byte) rune {
	switch string(name) {
	case "amp":
		return '&'
	case "lt":
		return '<'
	case "gt":
		return '>'
	case "quot":
		return '"'
	case "apos":
		return '\''
	}
	if len(name) < 2 || name[0] != '#' {
		return -1
	}
	digits, base := name[1:], rune(10)
	if digits[0]|0x20 == 'x' {
		digits, base = digits[1:], 16
	}
	r := rune(0)
	for _, c := range digits {
		d := rune(-1)
		switch {
		case c >= '0' && c <= '9':
			d = rune(c - '0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			d = rune(c|0x20-'a') + 10
		}
		if d < 0 || d >= base {
			return -1
		}
		if r = r*base + d; r > utf8.MaxRune {
			return -1
		}
	}
	if r < ' ' && r != '\t' && r != '\n' && r != '\r' {
		return -1
	}
	return r
}
