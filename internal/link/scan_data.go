package link

import "bytes"

// Character classes of the tokenizer.
const (
	isSpace    = 1 << iota // a carriage return is one too: the standard makes line feeds of them first
	isLetter               // ASCII
	endsName               // of a tag: space, / and >
	endsKey                // the name of an attribute: that, and =
	isPadding              // before the name of an attribute: space and /
	endsPlain              // a value without quotes: space and >
	isAlphanum             // ASCII
)

// classes has the classes of each byte.
var classes = func() (table [256]uint8) {
	for _, c := range "\t\n\f\r " {
		table[c] = isSpace | endsName | endsKey | isPadding | endsPlain
	}
	table['/'] = endsName | endsKey | isPadding
	table['>'] = endsName | endsKey | endsPlain
	table['='] = endsKey
	for c := 'a'; c <= 'z'; c++ {
		table[c], table[c-'a'+'A'] = isLetter|isAlphanum, isLetter|isAlphanum
	}
	for c := '0'; c <= '9'; c++ {
		table[c] = isAlphanum
	}
	return table
}()

// scanData takes text and tags from i on, until the state is another one or p ends. Where that leaves something
// undecided, it says so, and where.
func (s *scanner) scanData(p []byte, i int) (next int, decided bool) {
	for {
		n := bytes.IndexByte(p[i:], '<')
		if n < 0 {
			return len(p), true
		}
		i += n
		if i+1 >= len(p) {
			return i, false
		}
		switch c := p[i+1]; {
		case classes[c]&isLetter != 0:
			if next = s.startTag(p, i); next < 0 {
				return i, false
			}
			i = next
			if s.state != inData {
				return i, true
			}
		case c == '/':
			if next = s.endTag(p, i); next < 0 {
				return i, false
			}
			i = next
			if s.state != inData {
				return i, true
			}
		case c == '!':
			return s.declaration(p, i)
		case c == '?':
			s.state = inBogus
			return i + 2, true
		default:
			i++
		}
	}
}

// endTag takes what begins with "</", at i, and returns where it ends, or -1.
func (s *scanner) endTag(p []byte, i int) int {
	i += 2
	if i >= len(p) {
		return -1
	}
	if classes[p[i]]&isLetter == 0 {
		if p[i] != '>' {
			s.state = inBogus
			return i
		}
		return i + 1
	}
	end := nameEnd(p, i+1)
	if end == len(p) {
		return -1
	}
	next := end + 1
	if p[end] != '>' {
		if next, _ = s.attributes(p, end, false); next < 0 {
			return -1
		}
	}
	if s.nested.depth() > 0 {
		s.nested.end(p[i:min(end, i-2+maxTag)])
	}
	return next
}

// declaration takes what begins with "<!", at i, up to where it is clear what it is.
func (s *scanner) declaration(p []byte, i int) (next int, decided bool) {
	rest := p[i+2:]
	switch {
	case bytes.HasPrefix(rest, []byte("--")):
		s.state, s.step = inComment, commentStart
		return i + len("<!--"), true
	case s.nested.foreign() && bytes.HasPrefix(rest, []byte("[CDATA[")):
		s.state, s.step = inCDATA, 0
		return i + len("<![CDATA["), true
	case bytes.HasPrefix([]byte("--"), rest), s.nested.foreign() && bytes.HasPrefix([]byte("[CDATA["), rest):
		return i, false
	}
	s.state = inBogus
	return i + 2, true
}

// nameEnd is where the name of a tag that goes on at i ends, or len(p).
func nameEnd(p []byte, i int) int {
	for i < len(p) && classes[p[i]]&endsName == 0 {
		i++
	}
	return i
}

// startTag takes the start tag at i, and returns where it ends, or -1 where p has not all of it.
func (s *scanner) startTag(p []byte, i int) int {
	name := i + 1
	end := nameEnd(p, i+2)
	if end == len(p) {
		return -1
	}
	if s.nested.depth() == 0 && !mayMatter(p[name:end]) {
		if p[end] == '>' {
			return end + 1
		}
		next, _ := s.attributes(p, end, false)
		return next
	}
	k := kindOf(p[name:end])
	s.element.tag, s.element.has, s.decoded = k.tag, 0, s.decoded[:0]
	next, selfClosing := s.attributes(p, end, k.tag != tagNone)
	if next < 0 {
		return -1
	}
	s.finishTag(k, p[i:next], end-i, selfClosing)
	return next
}

// finishTag does what a start tag does, p, whose name ends at nameEnd. Its attributes have been read.
func (s *scanner) finishTag(k kind, p []byte, nameEnd int, selfClosing bool) {
	long := len(p) > maxTag
	if long {
		p, nameEnd = p[:maxTag], min(nameEnd, maxTag)
	}
	if s.nested.depth() > 0 || k.opens {
		if isHTML := s.nested.start(p[1:nameEnd], p[nameEnd:], selfClosing); !isHTML {
			return
		}
	}
	if k.tag != tagNone && !s.nested.inTemplate() {
		if long {
			s.element.has, s.decoded = 0, s.decoded[:0]
			s.attributes(p, nameEnd, true)
		}
		s.reader.element(&s.element)
	}
	s.decoded = kept(s.decoded)
	s.enter(k)
}

// attributes goes through the attributes of a tag, from behind its name on, and returns where the tag ends, or -1. With
// read they become those of s.element. What nearly all look like, name="value", has a way of its own, for speed.
func (s *scanner) attributes(p []byte, i int, read bool) (end int, selfClosing bool) {
	for {
		begin := i
		for i < len(p) && classes[p[i]]&isPadding != 0 {
			i++
		}
		if i >= len(p) {
			return -1, false
		}
		if p[i] == '>' {
			return i + 1, i > begin && p[i-1] == '/'
		}
		var key, value []byte
		begin, i = i, keyEnd(p, i)
		if i+1 < len(p) && p[i] == '=' && p[i+1] == '"' {
			key, i = p[begin:i], i+2
			n := bytes.IndexByte(p[i:], '"')
			if n < 0 {
				return -1, false
			}
			value, i = p[i:i+n], i+n+1
		} else if key, value, i = nextAttribute(p, begin); i < 0 {
			return -1, false
		}
		if read && i < len(p) {
			s.attribute(key, value)
		}
	}
}

// keyEnd is where the name of an attribute ends that begins at i, or len(p).
func keyEnd(p []byte, i int) int {
	for i++; i < len(p) && classes[p[i]]&endsKey == 0; { // an = in the first place belongs to the name
		i++
	}
	return i
}

// nextAttribute takes an attribute from i on, and returns where the tag goes on, or -1 where p does not say where it ends.
// Without a key there is none, and the tag has ended.
func nextAttribute(p []byte, i int) (key, value []byte, next int) {
	for i < len(p) && classes[p[i]]&isPadding != 0 {
		i++
	}
	if i >= len(p) {
		return nil, nil, -1
	}
	if p[i] == '>' {
		return nil, nil, i + 1
	}
	begin := i
	i = keyEnd(p, i)
	key = p[begin:i]
	for i < len(p) && classes[p[i]]&isSpace != 0 {
		i++
	}
	if i < len(p) && p[i] == '=' {
		value, i = attributeValue(p, i+1)
	}
	if i < 0 || i >= len(p) {
		return nil, nil, -1
	}
	return key, value, i
}

// attributeValue takes the value behind an equals sign, from i on, and returns where the tag goes on, or -1.
func attributeValue(p []byte, i int) (value []byte, next int) {
	for i < len(p) && classes[p[i]]&isSpace != 0 {
		i++
	}
	if i >= len(p) {
		return nil, -1
	}
	if quote := p[i]; quote == '"' || quote == '\'' {
		i++
		n := bytes.IndexByte(p[i:], quote)
		if n < 0 {
			return nil, -1
		}
		return p[i : i+n], i + n + 1
	}
	begin := i
	for i < len(p) && classes[p[i]]&endsPlain == 0 {
		i++
	}
	return p[begin:i], i
}

// attribute adds one to the element, if it is one of those that matter and the first of its name.
func (s *scanner) attribute(key, value []byte) {
	a, ok := attributeOf(key)
	if !ok || s.element.has&(1<<a) != 0 {
		return
	}
	s.element.has |= 1 << a
	s.element.value[a] = s.decode(value)
}

// decode is a value with its character references, line ends and NULs replaced as the standard says.
func (s *scanner) decode(value []byte) []byte {
	if bytes.IndexByte(value, '&') < 0 && bytes.IndexByte(value, '\r') < 0 && bytes.IndexByte(value, 0) < 0 {
		return value
	}
	begin := len(s.decoded)
	s.decoded, _ = appendText(s.decoded, value, true, true)
	return s.decoded[begin:len(s.decoded):len(s.decoded)]
}
