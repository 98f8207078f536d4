package robots

import (
	"bytes"
	"iter"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// Limit is how many bytes of a file are looked at, the least that RFC 9309 section 2.5 allows. What is behind it is
	// ignored, and so is the line that it cuts: half a line may say the opposite. So who fetches a file may stop when it
	// has more than Limit bytes.
	Limit = 500 << 10
	// maxLine is how many bytes of a line are looked at, as many as Google's parser does: eight times the longest URL
	// that Internet Explorer took.
	maxLine = 8*2083 - 1
)

// A File is what a robots.txt says to one crawler.
type File struct {
	Rules Rules
	// Sitemaps are the values of the Sitemap lines of the whole file, in order, as they are written: they may be relative,
	// and they may be no URLs.
	Sitemaps []string
	// Group is the token of those asked for that the file has a group for, "*" if it is that for all, or "" if there is
	// none.
	Group string
}

// Parse reads a robots.txt for a crawler of these product tokens, the preferred one first: the groups of the first token
// that has any are merged, and no others count; if no token has one, those of "*" (RFC 9309 section 2.2.1). What stands
// behind the token, as "/1.0", is left out: see Token. Anything is a robots.txt, if only an empty one.
func Parse(body []byte, tokens ...string) File {
	p := parser{best: len(tokens) + 1, group: len(tokens) + 1, delayGroup: len(tokens) + 1}
	for _, token := range tokens {
		p.tokens = append(p.tokens, Token(token))
	}
	for n, line := range lines(body) {
		if len(line) > 0 {
			p.line(n, line)
		}
	}
	file := File{Rules: p.rules.pack(p.delay), Sitemaps: p.sitemaps}
	switch {
	case p.best < len(tokens):
		file.Group = p.tokens[p.best]
	case p.best == len(tokens):
		file.Group = "*"
	}
	return file
}

// Line is line n of a robots.txt, from 1, as Parse counts them, without white space around it; "" if there is none.
func Line(body []byte, n int) string {
	for i, line := range lines(body) {
		if i == n {
			return string(trim(line))
		}
	}
	return ""
}

// parser is the state between two lines. Groups have a rank: the place of the crawler's token that they name, then "*",
// then none.
type parser struct {
	tokens []string
	best   int // rank of the best group so far: what the others say is of no interest

	// A line User-agent that follows another belongs to the same group. What has no meaning for RFC 9309 ends no group
	// (section 2.2.4), and so Crawl-delay must not; yet where a token has a delay and no rules, the next token is
	// meant to have neither. So there are two groups, which differ in that only.
	group, delayGroup   int
	closed, delayClosed bool // the next User-agent begins a new one

	rules    draft
	delay    time.Duration
	sitemaps []string
}

func (p *parser) line(n int, line []byte) {
	name, value := split(line)
	switch means := nameOf(name); means {
	case userAgent:
		p.userAgent(value)
	case allow, disallow:
		p.closed, p.delayClosed = true, true
		if p.group == p.best && p.best <= len(p.tokens) {
			p.rules.add(n, means == allow, value)
		}
	case crawlDelay:
		p.delayClosed = true
		if p.delayGroup == p.best && p.best <= len(p.tokens) {
			p.delay = max(p.delay, parseDelay(value))
		}
	case sitemap:
		if len(value) > 0 {
			p.sitemaps = append(p.sitemaps, string(value))
		}
	}
}

func (p *parser) userAgent(value []byte) {
	rank := p.rank(value)
	p.group, p.closed = join(p.group, rank, p.closed), false
	p.delayGroup, p.delayClosed = join(p.delayGroup, rank, p.delayClosed), false
	if rank < p.best {
		p.best, p.delay = rank, 0
		p.rules.reset()
	}
}

// join is the rank of a group that names one more.
func join(group, rank int, closed bool) int {
	if closed {
		return rank
	}
	return min(group, rank)
}

// rank is that of the value of a line User-agent. "* x" is "*", and so is "*<br>".
func (p *parser) rank(value []byte) int {
	if len(value) > 0 && value[0] == '*' && (len(value) == 1 || !isTokenByte(value[1])) {
		return len(p.tokens)
	}
	named := value[:tokenEnd(value)]
	for i, token := range p.tokens {
		if token != "" && len(token) == len(named) && strings.EqualFold(token, string(named)) {
			return i
		}
	}
	return len(p.tokens) + 1
}

// lines are the lines of a file with their numbers, within its limits. CR, LF and CRLF end a line.
func lines(body []byte) iter.Seq2[int, []byte] {
	if len(body) > Limit {
		body = body[:bytes.LastIndexAny(body[:Limit], "\r\n")+1]
	}
	body = decode(body)
	return func(yield func(int, []byte) bool) {
		for n, rest := 1, body; len(rest) > 0; n++ {
			end := 0 // lines are short: to look for their ends in larger steps does not pay
			for end < len(rest) && rest[end] != '\n' && rest[end] != '\r' {
				end++
			}
			line := rest[:end]
			if end+1 < len(rest) && rest[end] == '\r' && rest[end+1] == '\n' {
				end++
			}
			rest = rest[min(end+1, len(rest)):]
			if !yield(n, line[:min(len(line), maxLine)]) {
				return
			}
		}
	}
}

// decode drops a byte order mark, and undoes UTF-16, which RFC 9309 does not allow and editors write.
func decode(body []byte) []byte {
	if rest, ok := bytes.CutPrefix(body, []byte("\xef\xbb\xbf")); ok {
		return rest
	}
	if len(body) < 2 || !(body[0] == 0xfe && body[1] == 0xff || body[0] == 0xff && body[1] == 0xfe) {
		return body
	}
	low := 1 // of the two bytes of a unit, the lower
	if body[0] == 0xff {
		low = 0
	}
	units := make([]uint16, 0, len(body)/2)
	for i := 2; i+1 < len(body); i += 2 {
		units = append(units, uint16(body[i+low])|uint16(body[i+1-low])<<8)
	}
	out := make([]byte, 0, len(units))
	for _, r := range utf16.Decode(units) {
		out = utf8.AppendRune(out, r)
	}
	return out
}

// split takes a line apart, without its comment, if it may have a name that nameOf knows. A colon may be missing if there are
// just two words.
func split(line []byte) (name, value []byte) {
	if line = trimLeft(line); len(line) < len("allow:") || !isFirstLetter(line[0]) { // most that are there to cost time
		return nil, nil
	}
	if i := bytes.IndexByte(line, '#'); i >= 0 {
		line = line[:i]
	}
	line = trimRight(line)
	if i := bytes.IndexByte(line, ':'); i >= 0 {
		return trimRight(line[:i]), trimLeft(line[i+1:])
	}
	if nameOf(line) == nothing { // as most that have no colon
		return nil, nil
	}
	i := indexBlank(line)
	if i < 0 {
		return nil, nil
	}
	name, value = line[:i], trimLeft(line[i:])
	if indexBlank(value) >= 0 {
		return nil, nil
	}
	return name, value
}

// trim takes off white space of all kinds, also the invisible kinds that editors leave.
func trim(b []byte) []byte { return trimRight(trimLeft(b)) }

func trimLeft(b []byte) []byte {
	for len(b) > 0 {
		size := 1
		if b[0] >= utf8.RuneSelf {
			var r rune
			if r, size = utf8.DecodeRune(b); !isBlank(r) {
				break
			}
		} else if !isSpace(b[0]) {
			break
		}
		b = b[size:]
	}
	return b
}

func trimRight(b []byte) []byte {
	for len(b) > 0 {
		size, last := 1, b[len(b)-1]
		if last >= utf8.RuneSelf {
			var r rune
			if r, size = utf8.DecodeLastRune(b); !isBlank(r) {
				break
			}
		} else if !isSpace(last) {
			break
		}
		b = b[:len(b)-size]
	}
	return b
}

func indexBlank(b []byte) int {
	for i, c := range b {
		if c < utf8.RuneSelf {
			if isSpace(c) {
				return i
			}
		} else if r, _ := utf8.DecodeRune(b[i:]); isBlank(r) {
			return i
		}
	}
	return -1
}

func isBlank(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b' }

func isSpace(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }

// meaning is what a line is about.
type meaning int

const (
	nothing meaning = iota
	userAgent
	allow
	disallow
	crawlDelay
	sitemap
)

// isFirstLetter reports whether a name that nameOf knows begins so.
func isFirstLetter(c byte) bool {
	switch c | 0x20 {
	case 'a', 'c', 'd', 's', 'u':
		return true
	}
	return false
}

// nameOf knows the names of lines, in any case, and those misspellings that Google knows. As there, more may
// follow.
func nameOf(name []byte) meaning {
	switch {
	case len(name) == 0:
	case beginsAs(name, "allow"):
		return allow
	case beginsAs(name, "disallow"), beginsAs(name, "dissallow"), beginsAs(name, "dissalow"), beginsAs(name, "disalow"),
		beginsAs(name, "diasllow"), beginsAs(name, "disallaw"):
		return disallow
	case beginsAs(name, "user-agent"), beginsAs(name, "useragent"), beginsAs(name, "user agent"):
		return userAgent
	case beginsAs(name, "sitemap"), beginsAs(name, "site-map"):
		return sitemap
	case beginsAs(name, "crawl-delay"), beginsAs(name, "crawldelay"), beginsAs(name, "crawl delay"):
		return crawlDelay
	}
	return nothing
}

// beginsAs reports whether name begins with known, which is in lower case, in any case.
func beginsAs(name []byte, known string) bool {
	if len(name) < len(known) {
		return false
	}
	for i := range len(known) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != known[i] {
			return false
		}
	}
	return true
}
