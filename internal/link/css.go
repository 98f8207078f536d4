package link

import (
	"bytes"
	"unicode/utf8"
)

// cssReader finds what a style sheet refers to: url() and @import, by the tokenizer of CSS Syntax (level 3, section 4). It
// takes the sheet in stretches of UTF-8, and allocates nothing but room for the longest reference.
//
// What has to be told apart is only where comments, strings and URLs begin and end, and which words are "url" before
// a parenthesis, or "@import". Numbers are words like others. Left out: where an @import may stand, what media it is
// for, and image-set() with strings.
type cssReader struct {
	found func(ref []byte, kind Kind)
	long  int // references that were longer than MaxURL

	state  cssState
	back   cssState // to go on with behind an escape or a comment
	quote  byte
	word   [cssWord]byte // in lower case
	length int           // of the word; cssWord: it is a longer one
	sigil  byte          // '@' or '#' before the word, or 0
	inside bool          // the string is that of url(
	rule   cssRule
	value  []byte
	over   bool // value is too long
	digits int  // of an escape
	point  rune
}

// cssWord is one more than the longest word that means something, "-moz-document".
const cssWord = 14

type cssState uint8

const (
	cssTop      cssState = iota
	cssSlash             // behind "/"
	cssComment           // behind "/*"
	cssStar              // and behind "*" in it
	cssOpen              // behind "<", "<!" and "<!-" of "<!--"
	cssOpen1             //
	cssOpen2             //
	cssInWord            //
	cssString            //
	cssStringCR          // behind an escaped CR, to which an LF belongs
	cssURL               // behind "url(" and white space
	cssInURL             //
	cssURLSpace          // behind white space in it
	cssBad               // a URL that is none, up to ")"
	cssEscape            // behind a backslash
	cssHex               // in an escape of hexadecimal digits
	cssHexEnd            // behind the white space that ends it, if that was CR
)

// cssRule is the at-rule that was begun, of those that matter.
type cssRule uint8

const (
	cssNoRule cssRule = iota
	cssImport         // the next is what it imports
	cssOther          // its URLs are names: @namespace, @document
)

// reset begins another style sheet.
func (c *cssReader) reset() {
	*c = cssReader{found: c.found, value: kept(c.value), long: c.long}
}

// write takes the next stretch.
func (c *cssReader) write(p []byte) {
	for i := 0; i < len(p); {
		i += c.skip(p[i:])
		if i < len(p) && c.step(p[i]) {
			i++
		}
	}
}

// skip passes over what changes nothing in the state that there is.
func (c *cssReader) skip(p []byte) int {
	i := 0
	switch c.state {
	case cssTop:
		for i < len(p) && (p[i] == ' ' || c.rule == cssNoRule && isDelimiter(p[i])) {
			i++
		}
	case cssInWord:
		for i < len(p) && isNameByte(p[i]) {
			if c.length < cssWord {
				c.addToWord(rune(p[i]))
			}
			i++
		}
	case cssComment:
		if i = bytes.IndexByte(p, '*'); i < 0 {
			i = len(p)
		}
	case cssString:
		for i < len(p) && p[i] != c.quote && p[i] != '\\' && p[i] > '\r' {
			i++
		}
		c.take(p[:i])
	case cssInURL:
		for i < len(p) && p[i] > ' ' && p[i] != '\\' && p[i] != ')' && p[i] != '"' && p[i] != '\'' && p[i] != '(' && p[i] != 0x7f {
			i++
		}
		c.take(p[:i])
	case cssBad:
		for i < len(p) && p[i] != ')' && p[i] != '\\' {
			i++
		}
	}
	return i
}

// step takes one byte; false is that the byte is to be looked at again, in the state that has been entered.
func (c *cssReader) step(b byte) bool {
	switch c.state {
	case cssTop:
		c.top(b)
	case cssSlash:
		if b != '*' {
			c.rule = c.rule.after('/')
			return c.enter(cssTop)
		}
		c.state = cssComment
	case cssComment: // skip has found an asterisk
		c.state = cssStar
	case cssStar:
		switch b {
		case '/':
			c.state = cssTop
		case '*':
		default:
			c.state = cssComment
		}
	case cssOpen, cssOpen1, cssOpen2:
		if want := [...]byte{'!', '-', '-'}[c.state-cssOpen]; b != want {
			c.unopened()
			return false
		}
		if c.state == cssOpen2 {
			c.state = cssTop
		} else {
			c.state++
		}
	case cssInWord:
		return c.inWord(b)
	case cssString:
		return c.inString(b)
	case cssStringCR:
		c.state = cssString
		return b == '\n'
	case cssURL, cssInURL, cssURLSpace:
		return c.inURL(b)
	case cssBad:
		if b == '\\' {
			c.back, c.state = cssBad, cssEscape
		} else if b == ')' {
			c.state = cssTop
		}
	case cssEscape:
		return c.escape(b)
	case cssHex, cssHexEnd:
		return c.hex(b)
	}
	return true
}

func (c *cssReader) enter(s cssState) (taken bool) {
	c.state = s
	return false
}

// top is outside of words and strings.
func (c *cssReader) top(b byte) {
	switch {
	case b == '/':
		c.state = cssSlash
	case b == '"' || b == '\'':
		c.beginString(b, false)
	case b == '<':
		c.state, c.rule = cssOpen, c.rule.after(b)
	case b == '@' || b == '#':
		c.beginWord(b)
	case b == '\\':
		c.beginWord(0)
		c.back, c.state = cssInWord, cssEscape
	case isNameByte(b):
		c.beginWord(0)
		c.addToWord(rune(b))
	case !isBlank(b):
		c.rule = c.rule.after(b)
	}
}

// after is what is left of a rule behind a token that is b: nothing, but that names stay names up to the rule's end.
func (r cssRule) after(b byte) cssRule {
	if r == cssOther && b != ';' && b != '{' {
		return r
	}
	return cssNoRule
}

// unopened goes on behind what was but the beginning of "<!--". A hyphen of it begins a word.
func (c *cssReader) unopened() {
	hyphen := c.state == cssOpen2
	c.state = cssTop
	if hyphen {
		c.top('-')
	}
}

func isNameByte(b byte) bool {
	return isAlpha(b) || '0' <= b && b <= '9' || b == '-' || b == '_' || b >= utf8.RuneSelf || b == 0
}

// isDelimiter reports whether a byte is a token that begins nothing else.
func isDelimiter(b byte) bool {
	switch b {
	case '\n', '\t', ',', ':', ';', '(', ')', '{', '}', '.', '%', '>', '=', '!', '+', '*':
		return true
	}
	return false
}

func (c *cssReader) beginWord(sigil byte) {
	c.state, c.sigil, c.length = cssInWord, sigil, 0
}

// addToWord adds a character, or a byte of one, which is as good: no word that matters has it.
func (c *cssReader) addToWord(r rune) {
	if c.length == cssWord {
		return
	}
	if r == 0 || r >= utf8.RuneSelf {
		r = 0xff
	}
	c.word[c.length] = lower(byte(r))
	c.length++
}

func (c *cssReader) inWord(b byte) bool {
	switch {
	case b == '\\':
		c.back, c.state = cssInWord, cssEscape
	case b == '(' && c.sigil == 0 && string(c.word[:c.length]) == "url":
		c.state = cssURL
		c.begin()
	default:
		c.endWord()
		return c.enter(cssTop)
	}
	return true
}

func (c *cssReader) endWord() {
	if c.sigil != '@' {
		c.rule = c.rule.after('a')
		return
	}
	switch string(c.word[:c.length]) {
	case "import":
		c.rule = cssImport
	case "namespace", "document", "-moz-document":
		c.rule = cssOther
	default:
		c.rule = cssNoRule
	}
}
