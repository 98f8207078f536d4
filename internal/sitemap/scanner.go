package sitemap

import (
	"bytes"
	"strings"
)

// maxTag is how much of a tag is read, in bytes. What is behind that is passed over, to the tag's end.
const maxTag = 2 * maxValue

// scanner finds markup and text in XML that arrives in pieces (XML 1.0, fifth edition). It keeps what it has of a tag,
// or of a text that somebody wants, and passes over everything else without a copy.
//
// It takes whatever comes: "<" before what can be no name is text, and one within a tag ends that tag, which is then
// none.
type scanner struct {
	to    *tree
	state state
	quote byte   // that is open in a tag or a declaration
	seen  int    // of the end of a comment, an instruction or a CDATA section: the bytes before its ">"
	last  byte   // of a tag that is being passed over
	held  []byte // of a tag, a text, or the beginning of markup
	long  bool   // more than could be held
	decl  declaration
}

type state uint8

const (
	inText state = iota
	inMarkup
	inBang
	inTag
	inInstruction
	inComment
	inCDATA
	inDeclaration
)

func (s *scanner) write(b []byte) (err error) {
	for len(b) > 0 && err == nil {
		switch s.state {
		case inText:
			b = s.text(b)
		case inMarkup:
			b = s.markup(b)
		case inBang:
			b = s.bang(b)
		case inTag:
			b = s.tag(b)
			err = s.to.to.failed()
		case inInstruction:
			b = s.skip(b, '?', 1)
		case inComment:
			b = s.skip(b, '-', 2)
		case inCDATA:
			b = s.cdata(b)
		case inDeclaration:
			b, err = s.declaration(b)
		}
	}
	return err
}

// text is character data with its references, up to the next markup.
func (s *scanner) text(b []byte) []byte {
	end := bytes.IndexByte(b, '<')
	switch {
	case end < 0:
		if s.to.wanted() {
			s.hold(b, maxValue)
		}
		return nil
	case !s.to.wanted():
	case len(s.held) == 0 && !s.long:
		if end > 0 {
			s.to.text(b[:end], end > maxValue, true)
		}
	default:
		s.hold(b[:end], maxValue)
		s.to.text(s.held, s.long, true)
		s.held, s.long = s.held[:0], false
	}
	s.state = inMarkup
	return b[end+1:]
}

// hold keeps b for when the rest has come.
func (s *scanner) hold(b []byte, limit int) {
	if room := limit - len(s.held); len(b) > room {
		b, s.long = b[:room], true
	}
	s.held = append(s.held, b...)
}

// markup is what is behind "<".
func (s *scanner) markup(b []byte) []byte {
	switch c := b[0]; {
	case c == '!':
		s.state = inBang
	case c == '?':
		s.state, s.seen = inInstruction, 0
	case c == '/' || isNameStart(c):
		s.state, s.quote = inTag, 0
		return b
	default:
		if s.to.wanted() {
			s.to.text([]byte{'<'}, false, false)
		}
		s.state = inText
		return b
	}
	return b[1:]
}

// isNameStart reports whether a name may begin so. All bytes of characters that are not ASCII may: section 2.3 leaves
// out few of them.
func isNameStart(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == ':' || c >= 0x80
}

// bang is what is behind "<!".
func (s *scanner) bang(b []byte) []byte {
	const comment, cdata = "--", "[CDATA["
	s.held = append(s.held, b[0])
	switch h := string(s.held); {
	case h == comment:
		s.state, s.seen = inComment, 0
	case h == cdata:
		s.state, s.seen = inCDATA, 0
	case strings.HasPrefix(comment, h) || strings.HasPrefix(cdata, h):
		return b[1:]
	default:
		s.state, s.decl, s.quote = inDeclaration, newDeclaration(), 0
		_, _ = s.declaration(s.held) // too short for an error; if it ends, then with its last byte
	}
	s.held = s.held[:0]
	return b[1:]
}

// skip passes over what ends with n times c and ">".
func (s *scanner) skip(b []byte, c byte, n int) []byte {
	for {
		end := bytes.IndexByte(b, '>')
		part := b
		if end >= 0 {
			part = b[:end]
		}
		run := trailing(part, c)
		if run == len(part) {
			run += s.seen
		}
		if end < 0 {
			s.seen = min(run, n)
			return nil
		}
		b, s.seen = b[end+1:], 0
		if run >= n {
			s.state = inText
			return b
		}
	}
}

// trailing counts the bytes c at the end of b.
func trailing(b []byte, c byte) int {
	n := 0
	for n < len(b) && b[len(b)-1-n] == c {
		n++
	}
	return n
}

// cdata is a CDATA section, which ends with "]]>".
func (s *scanner) cdata(b []byte) []byte {
	if !s.to.wanted() {
		return s.skip(b, ']', 2)
	}
	const ends = "]]"
	for {
		end := bytes.IndexByte(b, '>')
		part := b
		if end >= 0 {
			part = b[:end]
		}
		run := trailing(part, ']')
		if run < len(part) { // what looked like its end was not
			s.to.text([]byte(ends[:s.seen]), false, false)
			s.seen = 0
		}
		all := s.seen + run // brackets, of which the last two may be its end
		s.to.text(part[:len(part)-run+max(0, all-len(ends))], false, false)
		switch {
		case end < 0:
			s.seen = min(all, len(ends))
			return nil
		case all >= len(ends):
			s.state, s.seen = inText, 0
			return b[end+1:]
		}
		s.to.text([]byte(ends[:all]), false, false)
		s.to.text(b[end:end+1], false, false)
		b, s.seen = b[end+1:], 0
	}
}

// tag is a start tag or an end tag, from behind its "<".
func (s *scanner) tag(b []byte) []byte {
	for i, c := range b {
		switch {
		case c == '<':
			s.held, s.long, s.state = s.held[:0], false, inMarkup
			return b[i+1:]
		case s.quote != 0:
			if c == s.quote {
				s.quote = 0
			}
		case c == '"' || c == '\'':
			s.quote = c
		case c == '>':
			s.ended(b[:i])
			return b[i+1:]
		}
	}
	s.hold(b, maxTag)
	s.last = b[len(b)-1]
	return nil
}

// ended hands on a tag, of which b is the last piece.
func (s *scanner) ended(b []byte) {
	raw, empty := b, len(b) > 0 && b[len(b)-1] == '/' || len(b) == 0 && s.last == '/'
	if len(s.held) > 0 || len(b) > maxTag {
		s.hold(b, maxTag)
		raw = s.held
	}
	s.state = inText
	if raw[0] == '/' {
		s.to.end(trim(raw[1:]))
	} else {
		s.to.start(raw, empty)
	}
	s.held, s.long = s.held[:0], false
}
