package link

// What a tag is when it is split over stretches: its bytes are carried until it ends, and where it ends is found as they come,
// each looked at once.

// beginsTag reports whether p, which begins with "<", is a tag for certain.
func beginsTag(p []byte) bool {
	if len(p) > 1 && p[1] == '/' {
		p = p[1:]
	}
	return len(p) > 1 && classes[p[1]]&isLetter != 0
}

// carryTag remembers the beginning of a tag, unless nobody will ask what it was.
func (s *scanner) carryTag(p []byte) {
	name := 1
	if p[1] == '/' {
		name = 2
	}
	s.state, s.edge = inTag, edge{}
	s.edge.advance(p[name:])
	end := nameEnd(p, name)
	if s.nested.depth() == 0 && (name == 2 || end < len(p) && !mayMatter(p[name:end])) {
		s.carry = s.carry[:0]
		return
	}
	s.carry = append(s.carry[:0], p[:min(len(p), maxTag)]...)
}

// continueTag takes what p has of the tag that is carried, and returns how much that is.
func (s *scanner) continueTag(p []byte) int {
	n, ended := s.edge.advance(p)
	if len(s.carry) > 0 {
		s.carry = append(s.carry, p[:min(n, maxTag-len(s.carry))]...)
	}
	if !ended {
		return n
	}
	s.state = inData
	tag := s.carry
	switch {
	case len(tag) == 0:
	case tag[1] == '/':
		if s.nested.depth() > 0 {
			s.nested.end(tag[2:nameEnd(tag, 2)])
		}
	default:
		end := nameEnd(tag, 2)
		k := kindOf(tag[1:end])
		s.element.tag, s.element.has, s.decoded = k.tag, 0, s.decoded[:0]
		s.attributes(tag, end, k.tag != tagNone)
		s.finishTag(k, tag, end, s.edge.slash)
	}
	s.carry = kept(s.carry)
	return n
}

// edge is where in a tag the next byte is.
type edge struct {
	part  part
	slash bool // the last byte was a / that makes the tag self-closing if it ends now
}

// part is a state of the tokenizer within a tag.
type part uint8

const (
	partName       part = iota // of the tag
	partBefore                 // before the name of an attribute
	partKey                    // the name of an attribute
	partAfterKey               // behind it
	partEquals                 // before a value
	partPlain                  // a value without quotes
	partQuoted                 // a value in "
	partApostrophe             // a value in '
)

// advance takes p up to behind the > that ends the tag, if it has that.
func (e *edge) advance(p []byte) (n int, ended bool) {
	for i := 0; i < len(p); i++ {
		c := p[i]
		switch e.part {
		case partQuoted, partApostrophe:
			if c == '"' && e.part == partQuoted || c == '\'' && e.part == partApostrophe {
				e.part = partBefore
			}
			continue
		case partEquals:
			switch {
			case classes[c]&isSpace != 0:
				continue
			case c == '"':
				e.part = partQuoted
				continue
			case c == '\'':
				e.part = partApostrophe
				continue
			}
			e.part = partPlain
		}
		slash := e.slash
		e.slash = false
		switch {
		case c == '>':
			e.slash = slash
			return i + 1, true
		case classes[c]&isSpace != 0:
			if e.part == partKey {
				e.part = partAfterKey
			} else if e.part != partAfterKey {
				e.part = partBefore
			}
		case e.part == partPlain:
		case c == '/':
			e.part, e.slash = partBefore, true
		case c == '=' && (e.part == partKey || e.part == partAfterKey):
			e.part = partEquals
		case e.part != partName:
			e.part = partKey
		}
	}
	return len(p), false
}
