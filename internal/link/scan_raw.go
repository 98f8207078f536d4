package link

import "bytes"

// The steps of a comment are the tokenizer's states, as far as they differ in where the comment ends.
const (
	commentStart     = iota // behind <!--
	commentStartDash        // behind <!---
	commentBody
	commentDash // behind one hyphen
	commentEnd  // behind two or more
	commentBang // behind --!
)

// scanComment takes a comment from i on.
func (s *scanner) scanComment(p []byte, i int) int {
	for i < len(p) {
		if s.step == commentBody {
			n := bytes.IndexByte(p[i:], '-')
			if n < 0 {
				return len(p)
			}
			i += n + 1
			s.step = commentDash
			continue
		}
		c := p[i]
		i++
		switch {
		case c == '>' && s.step != commentDash:
			s.state = inData
			return i
		case c == '-':
			switch s.step {
			case commentStart:
				s.step = commentStartDash
			case commentBang:
				s.step = commentDash
			default:
				s.step = commentEnd
			}
		case c == '!' && s.step == commentEnd:
			s.step = commentBang
		default:
			s.step = commentBody
		}
	}
	return i
}

// scanBogus skips up to the next >.
func (s *scanner) scanBogus(p []byte, i int) int {
	n := bytes.IndexByte(p[i:], '>')
	if n < 0 {
		return len(p)
	}
	s.state = inData
	return i + n + 1
}

// scanCDATA skips a CDATA section: up to ]]>.
func (s *scanner) scanCDATA(p []byte, i int) int {
	for i < len(p) {
		if s.step == 0 {
			n := bytes.IndexByte(p[i:], ']')
			if n < 0 {
				return len(p)
			}
			i += n
		}
		c := p[i]
		i++
		switch {
		case c == ']':
			s.step = min(s.step+1, 2)
		case c == '>' && s.step == 2:
			s.state = inData
			return i
		default:
			s.step = 0
		}
	}
	return i
}

// enter begins what the content of an element is, once its start tag has been told of.
func (s *scanner) enter(k kind) {
	switch k.ends {
	case "":
		return
	case "script":
		s.state, s.step, s.dashes = inScript, scriptPlain, 0
	case "plaintext":
		s.state = inPlain
	default:
		s.state = inRawText
	}
	s.ends, s.told = k.ends, tagNone
	if (k.tag == tagTitle || k.tag == tagStyle) && !s.nested.inTemplate() {
		s.told = k.tag
	}
}

// scanRawText takes raw text, and tells of it what is a title or a style sheet.
func (s *scanner) scanRawText(p []byte, i int) (next int, decided bool) {
	begin := i
	for {
		n := bytes.IndexByte(p[i:], '<')
		if n < 0 {
			return begin + s.tell(p[begin:], false), false
		}
		i += n
		switch s.endsHere(p[i:]) {
		case answerYes:
			s.tell(p[begin:i], true)
			if s.told != tagNone {
				s.reader.text(s.told, nil, true)
			}
			s.state = inData
			return i, true
		case answerUnknown:
			s.tell(p[begin:i], true)
			return i, false
		case answerNo:
			i++
		}
	}
}

// tell tells of a stretch of text, and returns how much of it; all of it if nothing can follow that belongs to it.
func (s *scanner) tell(p []byte, complete bool) int {
	n := len(p)
	if s.told == tagNone || n == 0 {
		return n
	}
	if s.told == tagTitle {
		s.decoded, n = appendText(s.decoded[:0], p, false, complete)
		p = s.decoded
		defer func() { s.decoded = kept(s.decoded) }()
	}
	if len(p) > 0 {
		s.reader.text(s.told, p, false)
	}
	return n
}

// answer is what can be said of something that has perhaps not arrived in full.
type answer uint8

const (
	answerNo answer = iota
	answerYes
	answerUnknown
)

// endsHere reports whether p, which begins with "<", is the end tag of the raw text (an "appropriate end tag").
func (s *scanner) endsHere(p []byte) answer {
	if len(p) < 2 {
		return answerUnknown
	}
	if p[1] != '/' {
		return answerNo
	}
	return named(p[2:], s.ends)
}

// named reports whether p begins with a name, in any case, and then what ends a tag's name.
func named(p []byte, name string) answer {
	for i := range len(name) {
		if i == len(p) {
			return answerUnknown
		}
		if p[i]|0x20 != name[i] {
			return answerNo
		}
	}
	switch {
	case len(p) == len(name):
		return answerUnknown
	case classes[p[len(name)]]&endsName != 0:
		return answerYes
	}
	return answerNo
}

// The steps of a script: comments in it hide end tags, if another script begins in them.
const (
	scriptPlain   = iota
	scriptEscaped // behind <!--
	scriptDouble  // behind <!-- and <script
)

// scanScript takes a script from i on.
func (s *scanner) scanScript(p []byte, i int) (next int, decided bool) {
	for i < len(p) {
		if s.step == scriptPlain {
			n := bytes.IndexByte(p[i:], '<')
			if n < 0 {
				return len(p), true
			}
			i += n
		}
		c := p[i]
		if c == '<' {
			if i, decided = s.scriptTag(p, i); !decided || s.state != inScript {
				return i, decided
			}
			continue
		}
		i++
		switch {
		case c == '-':
			s.dashes = min(s.dashes+1, 2)
		case c == '>' && s.dashes == 2:
			s.step, s.dashes = scriptPlain, 0
		default:
			s.dashes = 0
		}
	}
	return i, true
}

// scriptTag takes "<" in a script, at i, and what it is the beginning of.
func (s *scanner) scriptTag(p []byte, i int) (next int, decided bool) {
	rest := p[i+1:]
	if s.step == scriptPlain && bytes.HasPrefix(rest, []byte("!--")) {
		s.step, s.dashes = scriptEscaped, 2
		return i + len("<!--"), true
	}
	if s.step == scriptPlain && bytes.HasPrefix([]byte("!--"), rest) {
		return i, false
	}
	slash := len(rest) > 0 && rest[0] == '/'
	var found answer
	switch {
	case len(rest) == 0:
		found = answerUnknown
	case slash:
		found = named(rest[1:], "script")
	case s.step == scriptEscaped:
		found = named(rest, "script")
	}
	switch {
	case found == answerUnknown:
		return i, false
	case found == answerNo:
		s.dashes = 0
		return i + 1, true
	case slash && s.step != scriptDouble:
		s.state = inData
		return i, true
	case slash:
		s.step, i = scriptEscaped, i+1
	default:
		s.step = scriptDouble
	}
	s.dashes = 0
	return i + len("<script>"), true
}
