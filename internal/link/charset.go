package link

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// A charset is an encoding of characters, by the name that the Encoding standard has for it, in lower case.
type charset struct {
	name string
	enc  encoding.Encoding // nil: UTF-8
}

const (
	nameUTF8    = "utf-8"
	nameDefault = "windows-1252" // what browsers take a document for that says nothing, even if it looks like UTF-8
)

func utf8Charset() charset { return charset{name: nameUTF8} }

// lookupCharset finds an encoding by one of its labels ("get an encoding"), in any case and amid white space.
func lookupCharset(label string) (c charset, ok bool) {
	label = strings.Trim(label, asciiSpace)
	if strings.ContainsFunc(label, func(r rune) bool { return r >= 0x80 }) { // the module folds those into ASCII too
		return c, false
	}
	enc, err := htmlindex.Get(label)
	if err != nil {
		return c, false
	}
	name, err := htmlindex.Name(enc)
	if err != nil {
		return c, false
	}
	if name == nameUTF8 {
		enc = nil
	}
	return charset{strings.ToLower(name), enc}, true
}

// isUTF16 reports whether two bytes are a character.
func (c charset) isUTF16() bool { return c.name == "utf-16be" || c.name == "utf-16le" }

// hasASCII reports whether a byte below 0x80, where a character begins, is ASCII, whatever came before.
func (c charset) hasASCII() bool {
	return !c.isUTF16() && c.name != "iso-2022-jp" && c.name != "replacement"
}

// output is the encoding in which a document in c encodes the queries of its URLs ("get an output encoding").
func (c charset) output() charset {
	if c.isUTF16() || c.name == "replacement" {
		return utf8Charset()
	}
	return c
}

// declared is the encoding of a document that names it in ASCII: it cannot be UTF-16 then.
func (c charset) declared() charset {
	switch {
	case c.isUTF16():
		return utf8Charset()
	case c.name == "x-user-defined":
		c, _ = lookupCharset(nameDefault)
	}
	return c
}

// A CharsetSource is what a document's encoding is known from.
type CharsetSource uint8

// From best to worst.
const (
	CharsetBOM     CharsetSource = iota // a byte order mark at the beginning
	CharsetHeader                       // the parameter charset of Content-Type
	CharsetContent                      // the document itself: meta, XML declaration, @charset
	CharsetAssumed                      // nobody has said anything: windows-1252, for CSS UTF-8
)

// String is the name of the source.
func (s CharsetSource) String() string {
	return [...]string{"bom", "header", "content", "assumed"}[s]
}

// sniffed is how many bytes of a document are looked at for its encoding, as in browsers.
const sniffed = 1024

// sniff finds the encoding of a document by its first bytes, of which it wants sniffed or all, and by the label
// that Content-Type has, "" if none; bom is how long a byte order mark is.
func sniff(kind Document, head []byte, label string) (c charset, from CharsetSource, bom int) {
	if c, bom = byteOrderMark(head); bom > 0 {
		return c, CharsetBOM, bom
	}
	if c, ok := lookupCharset(label); ok {
		return c, CharsetHeader, 0
	}
	if kind == CSS {
		if c, ok := atCharset(head); ok {
			return c, CharsetContent, 0
		}
		return utf8Charset(), CharsetAssumed, 0
	}
	if c, ok := prescan(head[:min(len(head), sniffed)]); ok {
		return c, CharsetContent, 0
	}
	c, _ = lookupCharset(nameDefault)
	return c, CharsetAssumed, 0
}

// longestMark is how long a byte order mark is at most, in bytes.
const longestMark = 3

func byteOrderMark(head []byte) (c charset, n int) {
	name := ""
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		name, n = nameUTF8, longestMark
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		name, n = "utf-16be", 2
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		name, n = "utf-16le", 2
	default:
		return c, 0
	}
	c, _ = lookupCharset(name)
	return c, n
}

// atCharset is what a style sheet says of itself (CSS Syntax section 3.2), in exactly this form.
func atCharset(head []byte) (c charset, ok bool) {
	rest, ok := bytes.CutPrefix(head[:min(len(head), sniffed)], []byte(`@charset "`))
	if !ok {
		return c, false
	}
	label, _, ok := bytes.Cut(rest, []byte(`";`))
	if !ok {
		return c, false
	}
	c, ok = lookupCharset(string(label))
	if c.isUTF16() {
		c = utf8Charset()
	}
	return c, ok
}

// reread reads again in c what was read in the default encoding. Characters that came of references were not bytes then. In
// UTF-8 they nearly always show, and stay what they are; in others, if the default encoding has them, they are lost.
func reread(s string, c charset) string {
	var raw []byte
	for _, r := range s {
		b, ok := charmap.Windows1252.EncodeRune(r)
		if !ok && c.enc != nil {
			return s
		}
		if !ok {
			b = 0 // no part of a character
		}
		raw = append(raw, b)
	}
	if c.enc != nil {
		raw, _ = c.enc.NewDecoder().Bytes(raw)
		return string(raw)
	}
	var out []byte
	next := 0
	i := 0
	for _, r := range s {
		if i == next {
			size := 1
			if q, n := utf8.DecodeRune(raw[i:]); n > 1 {
				r, size = q, n
			}
			out = utf8.AppendRune(out, r)
			next += size
		}
		i++
	}
	return string(out)
}
