package link

// The scanner reads HTML as the standard's tokenizer does (html.spec.whatwg.org, section 13.2.5), with scripting on, and
// of the tree construction keeps what decides which tags are elements in the HTML namespace (nesting.go). It builds no
// tree and no tokens: it goes from one byte that matters to the next, and tells a reader of what it knows by name.
//
// What it takes are bytes of an encoding that has ASCII where ASCII is: UTF-8, the single-byte ones, and, as no byte of a
// longer character is one of <, >, & and quotes, EUC, Big5, GB 18030 and Shift_JIS. UTF-16 and ISO-2022-JP have to be
// decoded before. A character reference becomes UTF-8 in any case.
//
// It allocates when a tag that matters is split over stretches and is longer than any before, and in the same way
// for values with character references; what has become large is given back.

const (
	// maxTag is how much of a tag is looked at. Attributes that do not end within it count as not there, however the
	// tag is split. (Pictures are written into data: URLs, of megabytes.) The tag itself ends where it ends.
	maxTag = 256 << 10
	// maxKept is how large a buffer a scanner keeps between two tags, for there may be thousands of scanners.
	maxKept = 1 << 10
	// joint is how many bytes of the next stretch are put behind an undecided rest to decide it. The longest thing
	// that it decides is the name of a character reference.
	joint = 64
)

// state is what the next byte of a document belongs to.
type state uint8

const (
	inData    state = iota
	inTag           // behind a tag's "<" in an earlier stretch; carry has it
	inBogus         // up to the next ">": a doctype, and what is no comment but is skipped like one
	inComment       // step is a commentStep
	inCDATA         // step counts brackets, up to two
	inRawText       // up to the end tag of ends
	inScript        // step is a scriptStep
	inPlain         // up to the end
)

// A scanner reads a document that arrives in stretches of any size. What it tells does not depend on how the document is
// split, but for where the stretches of texts end. Its zero value is not ready: call reset.
type scanner struct {
	reader reader
	state  state
	step   uint8  // of a comment, a CDATA section or a script
	dashes uint8  // of a script: hyphens behind each other, up to two
	told   tag    // the element whose text the reader is told, or tagNone
	ends   string // the name of the end tag that ends raw text
	carry  []byte // inTag: the tag so far, up to maxTag; else what could not be decided without the next byte
	edge   edge   // inTag: where in the tag the next byte is
	nested nesting

	element element
	decoded []byte // values and texts that are not as they are written; reused
}

// reset makes the scanner ready for the beginning of a document.
func (s *scanner) reset(r reader) {
	s.reader, s.state, s.step, s.dashes, s.told, s.ends = r, inData, 0, 0, tagNone, ""
	s.carry, s.decoded = kept(s.carry), kept(s.decoded)
	s.nested.reset()
	s.element = element{} // which kept the last document alive
}

// kept empties a buffer for the next use, or gives it back when it is large.
func kept(p []byte) []byte {
	if cap(p) > maxKept {
		return nil
	}
	return p[:0]
}

// write takes the next stretch. It does not keep it.
func (s *scanner) write(p []byte) {
	for len(p) > 0 {
		switch {
		case s.state == inTag:
			p = p[s.continueTag(p):]
		case len(s.carry) > 0:
			p = p[s.join(p):]
		default:
			s.keep(p[s.scan(p):])
			return
		}
	}
}

// close ends the document: what has begun and not ended is as the standard has it at the end of the file.
func (s *scanner) close() {
	if s.state == inRawText && s.told != tagNone {
		s.tell(s.carry, true)
		s.reader.text(s.told, nil, true)
	}
	s.reset(nil)
}

// join puts the beginning of p behind what was undecided, and returns how much of p is done with.
func (s *scanner) join(p []byte) int {
	before, n := len(s.carry), min(len(p), joint)
	s.carry = append(s.carry, p[:n]...)
	done := s.scan(s.carry)
	if done >= before {
		s.carry = s.carry[:0]
		return done - before
	}
	rest := s.carry[:copy(s.carry, s.carry[done:])]
	s.carry = s.carry[:0]
	s.keep(rest)
	return n
}

// keep remembers the rest of a stretch, which could not be decided. It may lie at the beginning of carry already.
func (s *scanner) keep(rest []byte) {
	switch {
	case len(rest) == 0:
	case s.state == inData && beginsTag(rest):
		s.carryTag(rest)
	case s.state == inRawText:
		s.carry = appendUndecided(s.carry, rest)
	default:
		s.carry = append(s.carry, rest...)
	}
}

// scan takes what it can decide of p, and returns how much that is.
func (s *scanner) scan(p []byte) int {
	i, decided := 0, true
	for i < len(p) && decided {
		switch s.state {
		case inData:
			i, decided = s.scanData(p, i)
		case inBogus:
			i = s.scanBogus(p, i)
		case inComment:
			i = s.scanComment(p, i)
		case inCDATA:
			i = s.scanCDATA(p, i)
		case inRawText:
			i, decided = s.scanRawText(p, i)
		case inScript:
			i, decided = s.scanScript(p, i)
		default: // inPlain
			return len(p)
		}
	}
	return i
}
