package link

import "unicode/utf8"

// What is read of a reference: strings, URLs without quotes, and the escapes in both and in words.

// begin begins a value.
func (c *cssReader) begin() {
	c.value, c.over = c.value[:0], false
}

func (c *cssReader) take(p []byte) {
	if c.over || len(c.value)+len(p) > MaxURL {
		c.over = true
		return
	}
	c.value = append(c.value, p...)
}

func (c *cssReader) takeRune(r rune) {
	if c.over = c.over || len(c.value) >= MaxURL; !c.over {
		c.value = utf8.AppendRune(c.value, r)
	}
}

func (c *cssReader) beginString(quote byte, inside bool) {
	c.state, c.quote, c.inside = cssString, quote, inside
	c.begin()
}

// inString is at a byte at which skip stopped.
func (c *cssReader) inString(b byte) bool {
	switch {
	case b == c.quote:
		c.state = cssTop
		c.endString()
	case b == '\\':
		c.back, c.state = cssString, cssEscape
	case b == '\n' || b == '\r' || b == '\f': // a bad string, which is over
		c.rule = c.rule.after('"')
		c.state = cssTop
	case b == 0:
		c.takeRune(utf8.RuneError)
	default:
		c.take([]byte{b})
	}
	return true
}

func (c *cssReader) endString() {
	if c.inside || c.rule == cssImport {
		c.end()
		return
	}
	c.rule = c.rule.after('"')
}

// inURL is at a byte behind "url(".
func (c *cssReader) inURL(b byte) bool {
	switch {
	case b == ')':
		c.state = cssTop
		c.end()
	case isBlank(b):
		if c.state == cssInURL {
			c.state = cssURLSpace
		}
	case c.state == cssURLSpace:
		c.bad()
		return false
	case c.state == cssURL && (b == '"' || b == '\''):
		c.beginString(b, true)
	case b == '\\':
		c.back, c.state = cssInURL, cssEscape
	case b == '"' || b == '\'' || b == '(' || b < ' ' && b != 0 || b == 0x7f:
		c.bad()
		return false
	case b == 0:
		c.state = cssInURL
		c.takeRune(utf8.RuneError)
	default:
		return c.enter(cssInURL)
	}
	return true
}

func (c *cssReader) bad() {
	c.rule = c.rule.after('u')
	c.state = cssBad
}

// end is the end of a reference.
func (c *cssReader) end() {
	kind := KindCSS
	if c.rule == cssImport {
		kind = KindImport
	}
	other := c.rule == cssOther
	c.rule = c.rule.after('u')
	switch {
	case c.over:
		c.long++
	case !other && len(c.value) > 0 && c.value[0] != '#': // of an element in the same document
		c.found(c.value, kind)
	}
}

// escape is behind a backslash.
func (c *cssReader) escape(b byte) bool {
	if b == '\n' || b == '\r' || b == '\f' {
		return c.noEscape(b)
	}
	if _, ok := hexDigit(b); ok {
		c.state, c.digits, c.point = cssHex, 0, 0
		return false
	}
	c.state = c.back
	switch {
	case c.back == cssInWord:
		c.addToWord(rune(b))
	case c.back != cssBad && b == 0:
		c.takeRune(utf8.RuneError)
	case c.back != cssBad:
		c.take([]byte{b})
	}
	return true
}

// noEscape is behind a backslash at the end of a line: it goes on in a string, and is itself nothing anywhere else.
func (c *cssReader) noEscape(b byte) bool {
	c.state = c.back
	switch c.back {
	case cssString:
		if b == '\r' {
			c.state = cssStringCR
		}
	case cssInWord: // it ended before the backslash
		c.endWord()
		c.rule = c.rule.after('\\')
		c.state = cssTop
	case cssInURL:
		c.bad()
	}
	return c.back == cssString
}

// hex is in an escape that has a number; one white space behind that belongs to it, and CR LF are one.
func (c *cssReader) hex(b byte) bool {
	if c.state == cssHexEnd {
		c.state = c.back
		return b == '\n'
	}
	if d, ok := hexDigit(b); ok && c.digits < 6 {
		c.point = c.point<<4 | rune(d)
		c.digits++
		return true
	}
	c.endHex()
	if b == '\r' {
		c.state = cssHexEnd
	}
	return isBlank(b)
}

func (c *cssReader) endHex() {
	if c.point == 0 || !utf8.ValidRune(c.point) {
		c.point = utf8.RuneError
	}
	c.state = c.back
	switch c.back {
	case cssInWord:
		c.addToWord(c.point)
	case cssBad:
	default:
		c.takeRune(c.point)
	}
}

// close is the end of the sheet, which ends strings and URLs too.
func (c *cssReader) close() {
	if c.state == cssHex {
		c.endHex()
	}
	if c.state == cssEscape && c.back == cssInURL {
		c.takeRune(utf8.RuneError)
	}
	if c.state == cssHexEnd || c.state == cssEscape {
		c.state = c.back
	}
	switch c.state {
	case cssString, cssStringCR:
		c.endString()
	case cssURL, cssInURL, cssURLSpace:
		c.end()
	}
	c.reset()
}

// hexDigit is the value of a hexadecimal digit.
func hexDigit(b byte) (n byte, ok bool) {
	switch {
	case '0' <= b && b <= '9':
		return b - '0', true
	case 'a' <= b|0x20 && b|0x20 <= 'f':
		return b | 0x20 - 'a' + 10, true
	}
	return 0, false
}
