package fetch

import (
	"bytes"
	"strings"

	"crawl/internal/http1"
)

// contentType is what the Content-Type fields of a response say, joined with commas, and what that means.
type contentType struct{ raw, mediaType, charset string }

// noteMediaType takes type and charset from the head. What most responses of a crawl have is what the one before
// had, and then nothing is parsed.
func (b *buffer) noteMediaType() {
	h := &b.head
	first := h.Index("Content-Type", 0)
	if first < 0 {
		return
	}
	_, value := h.At(first)
	if h.Index("Content-Type", first+1) >= 0 {
		value = joined(h, "Content-Type")
	}
	if b.content.raw != string(value) {
		b.content = parseContentType(string(value))
	}
	b.res.MediaType, b.res.Charset = b.content.mediaType, b.content.charset
}

// joined is the values of all fields of this name as one (RFC 9110 section 5.3).
func joined(h *http1.Head, name string) []byte {
	var all [][]byte
	for value := range h.Values(name) {
		all = append(all, value)
	}
	return bytes.Join(all, []byte(", "))
}

// parseContentType is how browsers read the field: "extract a MIME type" of the Fetch standard. The last of several
// types counts that is one and not */*; it inherits the charset of those before it that are the same type. A type
// that is none gives no charset either.
func parseContentType(raw string) contentType {
	c := contentType{raw: raw}
	var inherited string
	inherits := false
	for rest, more := raw, true; more; {
		var value string
		value, rest, more = cutListed(rest)
		mediaType, charset, has := parseMediaType(value)
		switch {
		case mediaType == "" || mediaType == "*/*":
			continue
		case mediaType != c.mediaType:
			inherited, inherits = charset, has
		case !has && inherits:
			charset = inherited
		}
		c.mediaType, c.charset = mediaType, charset
	}
	c.charset = label(c.charset)
	return c
}

// label is what can be the label of an encoding, in lower case and without the white space around it, as the Encoding
// standard looks it up; "" where it cannot be one.
func label(charset string) string {
	charset = strings.Trim(charset, " \t\n\f\r")
	if !http1.ValidToken(strings.ReplaceAll(charset, ":", "-")) { // "iso_8859-1:1987" is one
		return ""
	}
	return strings.ToLower(charset)
}

// cutListed cuts s at the first comma that is not in a quoted string, which may lack its end.
func cutListed(s string) (value, rest string, more bool) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '\\' && quoted:
			i++
		case s[i] == ',' && !quoted:
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

const httpSpace = " \t\r\n"

// parseMediaType is "parse a MIME type" of the MIME Sniffing standard, of which it returns the essence in lower case
// ("" for what is no type) and the parameter charset as it is.
func parseMediaType(s string) (essence, charset string, has bool) {
	essence, params, _ := strings.Cut(strings.Trim(s, httpSpace), ";")
	essence = strings.TrimRight(essence, httpSpace)
	kind, sub, _ := strings.Cut(essence, "/")
	if !http1.ValidToken(kind) || !http1.ValidToken(sub) {
		return "", "", false
	}
	for params != "" && !has {
		var name, value string
		var ok bool
		name, value, params, ok = cutParameter(params)
		if ok && strings.EqualFold(name, "charset") { // of tokens: what else folds into this is none
			charset, has = value, http1.ValidToken(name) && quotable(value)
		}
	}
	return strings.ToLower(essence), charset, has
}

// cutParameter cuts the first parameter off. ok is false for one without a value, which is not there then.
func cutParameter(s string) (name, value, rest string, ok bool) {
	s = strings.TrimLeft(s, httpSpace)
	end := strings.IndexAny(s, ";=")
	if end < 0 {
		return s, "", "", false
	}
	name = s[:end]
	if s[end] == ';' {
		return name, "", s[end+1:], false
	}
	s = s[end+1:]
	if strings.HasPrefix(s, `"`) {
		value, s = cutQuoted(s[1:])
		_, rest, _ = strings.Cut(s, ";") // what is between the quote and the semicolon means nothing
		return name, value, rest, true
	}
	value, rest, _ = strings.Cut(s, ";")
	value = strings.TrimRight(value, httpSpace)
	return name, value, rest, value != ""
}

// cutQuoted cuts s behind the quote that ends a quoted string, if there is one, and undoes its backslashes.
func cutQuoted(s string) (value, rest string) {
	end := strings.IndexAny(s, `"\`)
	switch {
	case end < 0:
		return s, ""
	case s[end] == '"':
		return s[:end], s[end+1:]
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}

// quotable reports whether s has nothing but "HTTP quoted-string token code points".
func quotable(s string) bool { return http1.ValidValue(s) }
