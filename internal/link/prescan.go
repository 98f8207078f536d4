package link

import (
	"bytes"
	"strings"
)

// asciiSpace is ASCII white space as HTML has it.
const asciiSpace = " \t\n\f\r"

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r' }

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// lower is c in lower case, if it is an ASCII letter.
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// prescan looks for what the first bytes of a document say about its encoding, by "prescan a byte stream to determine
// its encoding" of the HTML standard. It knows neither raw text nor foreign content, on purpose.
func prescan(head []byte) (c charset, ok bool) {
	switch {
	case bytes.HasPrefix(head, []byte("<\x00?\x00x\x00")):
		return lookupCharset("utf-16le")
	case bytes.HasPrefix(head, []byte("\x00<\x00?\x00x")):
		return lookupCharset("utf-16be")
	}
	s := prescanner{rest: head}
	for s.find('<') {
		switch rest := s.rest; {
		case bytes.HasPrefix(rest, []byte("<!--")):
			end := bytes.Index(rest[2:], []byte("-->"))
			if end < 0 {
				return xmlEncoding(head)
			}
			s.rest = rest[2+end+3:]
		case len(rest) > 5 && bytes.EqualFold(rest[:5], []byte("<meta")) && (isBlank(rest[5]) || rest[5] == '/'):
			s.rest = rest[5:]
			if c, ok := s.meta(); ok {
				return c, true
			}
		case len(rest) > 1 && isAlpha(rest[1]), len(rest) > 2 && rest[1] == '/' && isAlpha(rest[2]):
			s.tag()
		case len(rest) > 1 && (rest[1] == '!' || rest[1] == '/' || rest[1] == '?'):
			s.find('>')
		default:
			s.rest = rest[1:]
		}
	}
	return xmlEncoding(head)
}

// prescanner is what is left to look at. At its end everything is over: what was not complete does not count.
type prescanner struct {
	rest  []byte
	name  []byte // of an attribute, in lower case
	value []byte
}

// find goes to the next c.
func (s *prescanner) find(c byte) bool {
	i := bytes.IndexByte(s.rest, c)
	if i < 0 {
		s.rest = nil
		return false
	}
	s.rest = s.rest[i:]
	return true
}

// tag goes to the end of a tag of any other name.
func (s *prescanner) tag() {
	end := bytes.IndexAny(s.rest, asciiSpace+">")
	if end < 0 {
		s.rest = nil
		return
	}
	s.rest = s.rest[end:]
	for s.attribute() {
	}
}

// meta is the encoding that the attributes of a meta element give.
func (s *prescanner) meta() (c charset, ok bool) {
	var equiv, content, label bool // seen
	var pragma, needsPragma bool
	for s.attribute() {
		switch string(s.name) {
		case "http-equiv":
			if !equiv {
				pragma = string(s.value) == "content-type"
			}
			equiv = true
		case "content":
			if !content && !ok && !label {
				if c, ok = contentCharset(s.value); ok {
					needsPragma = true
				}
			}
			content = true
		case "charset":
			if !label {
				c, ok = lookupCharset(string(s.value))
				needsPragma = false
			}
			label = true
		}
	}
	if s.rest == nil || needsPragma && !pragma {
		return c, false
	}
	return c.declared(), ok
}

// attribute takes the next attribute of a tag ("get an attribute"); false is the end of the tag, or of everything.
func (s *prescanner) attribute() bool {
	s.name, s.value = s.name[:0], s.value[:0]
	s.skip("/" + asciiSpace)
	for {
		switch c := s.next(); {
		case s.rest == nil:
			return false
		case c == '>' && len(s.name) == 0:
			return false
		case c == '/' || c == '>':
			return true
		case c == '=' && len(s.name) > 0:
			return s.takeValue()
		case isBlank(c):
			if s.skip(asciiSpace); s.next() == '=' {
				return s.takeValue()
			}
			return s.rest != nil
		default:
			s.name = append(s.name, lower(c))
			s.rest = s.rest[1:]
		}
	}
}

// next is the byte to look at; at the end, rest becomes nil.
func (s *prescanner) next() byte {
	if len(s.rest) == 0 {
		s.rest = nil
		return 0
	}
	return s.rest[0]
}

// skip leaves out bytes of a set. (bytes.TrimLeft makes a table of the set first, which takes longer than the rest.)
func (s *prescanner) skip(set string) {
	for len(s.rest) > 0 && strings.IndexByte(set, s.rest[0]) >= 0 {
		s.rest = s.rest[1:]
	}
}

// takeValue takes what is behind the equals sign that is next.
func (s *prescanner) takeValue() bool {
	s.rest = s.rest[1:]
	s.skip(asciiSpace)
	quote := s.next()
	if quote == '"' || quote == '\'' {
		end := bytes.IndexByte(s.rest[1:], quote)
		if end < 0 {
			s.rest = nil
			return false
		}
		s.setValue(s.rest[1 : 1+end])
		s.rest = s.rest[1+end+1:]
		return true
	}
	end := bytes.IndexAny(s.rest, asciiSpace+">")
	if end < 0 {
		s.rest = nil
		return false
	}
	s.setValue(s.rest[:end])
	s.rest = s.rest[end:]
	return true
}

func (s *prescanner) setValue(raw []byte) {
	for _, c := range raw {
		s.value = append(s.value, lower(c))
	}
}

// contentCharset is "extracting a character encoding from a meta element". Its argument is in lower case.
func contentCharset(s []byte) (c charset, ok bool) {
	for {
		i := bytes.Index(s, []byte("charset"))
		if i < 0 {
			return c, false
		}
		s = bytes.TrimLeft(s[i+len("charset"):], asciiSpace)
		if len(s) > 0 && s[0] == '=' {
			break
		}
	}
	s = bytes.TrimLeft(s[1:], asciiSpace)
	if len(s) == 0 {
		return c, false
	}
	if s[0] == '"' || s[0] == '\'' {
		label, _, closed := bytes.Cut(s[1:], s[:1])
		if !closed {
			return c, false
		}
		return lookupCharset(string(label))
	}
	if end := bytes.IndexAny(s, ";"+asciiSpace); end >= 0 {
		s = s[:end]
	}
	return lookupCharset(string(s))
}

// xmlEncoding is "get an XML encoding".
func xmlEncoding(head []byte) (c charset, ok bool) {
	if !bytes.HasPrefix(head, []byte("<?xml")) {
		return c, false
	}
	declaration, _, closed := bytes.Cut(head, []byte(">"))
	_, s, has := bytes.Cut(declaration, []byte("encoding"))
	s, equals := bytes.CutPrefix(trimControls(s), []byte("="))
	s = trimControls(s)
	if !closed || !has || !equals || len(s) == 0 || s[0] != '"' && s[0] != '\'' {
		return c, false
	}
	label, _, closed := bytes.Cut(s[1:], s[:1])
	if !closed || bytes.ContainsFunc(label, func(r rune) bool { return r <= ' ' }) {
		return c, false
	}
	if c, ok = lookupCharset(string(label)); c.isUTF16() {
		c = utf8Charset()
	}
	return c, ok
}

func trimControls(s []byte) []byte {
	return bytes.TrimLeftFunc(s, func(r rune) bool { return r <= ' ' })
}
