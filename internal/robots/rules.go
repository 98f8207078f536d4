package robots

import (
	"iter"
	"time"
)

// Rules are what a crawler has to obey on one host. The zero value allows everything. They take 24 bytes, and for each
// line that is kept its path and 2 or 3 bytes more; they may be copied, and are never changed.
type Rules struct {
	// list has the rules in the order in which they decide, each as its line number and two bits, the length of its
	// pattern, and the pattern. The first that matches is the one.
	list  string
	delay uint32 // in ms
}

// A Rule is a line of a robots.txt.
type Rule struct {
	Line    int // from 1; 0: no line says so
	Allow   bool
	Pattern string // in the spelling that paths are compared in; "*" and a last "$" are special
}

// String is how the line could be written.
func (r Rule) String() string {
	if r.Allow {
		return "Allow: " + r.Pattern
	}
	return "Disallow: " + r.Pattern
}

// Nothing is allowed by these rules, but for robots.txt itself: for a host whose file cannot be reached.
func Nothing() Rules { return Rules{list: "\x00\x01/"} } // as pack writes "Disallow: /" of line 0

// The bits behind the line number of a rule in a list.
const (
	bitAllow   = 1
	bitLiteral = 2
	headBits   = 2
)

// rule is a Rule as a list has it.
type rule struct {
	Rule
	// literal: the pattern has escapes that need not be, and is an Allow. Then it is compared with the target as that is
	// written, as Google does it: an Allow that is spelled oddly does not let in who spells it otherwise. A Disallow
	// forbids every spelling, as RFC 9309 has it for both.
	literal bool
}

// next takes the first rule off a list that is not empty.
func next(list string) (r rule, rest string) {
	head, list := uvarint(list)
	length, list := uvarint(list)
	r.Line, r.Allow, r.literal = int(head>>headBits), head&bitAllow != 0, head&bitLiteral != 0
	r.Pattern = list[:length]
	return r, list[length:]
}

// uvarint is that of encoding/binary, of a string.
func uvarint(s string) (v uint32, rest string) {
	for shift := 0; ; shift += 7 {
		b := s[0]
		s = s[1:]
		v |= uint32(b&0x7f) << shift
		if b < 0x80 {
			return v, s
		}
	}
}

// All are the rules that are kept, in the order in which they decide.
func (r Rules) All() iter.Seq[Rule] {
	return func(yield func(Rule) bool) {
		for list := r.list; list != ""; {
			var one rule
			one, list = next(list)
			if !yield(one.Rule) {
				return
			}
		}
	}
}

// Size is how many bytes the rules take, all told.
func (r Rules) Size() int { return 24 + len(r.list) }

// Delay is the Crawl-delay of the group, 0 if it has none, and MaxDelay at most.
func (r Rules) Delay() time.Duration { return time.Duration(r.delay) * time.Millisecond }

// MaxDelay is the longest Crawl-delay that is told. Whether to wait that long is the crawler's decision; by then the file
// is to be asked for again anyway.
const MaxDelay = 24 * time.Hour

// parseDelay reads seconds, with a fraction or without; what follows is ignored, as "s" or markup. What is no number is 0,
// and so are times under 1 ms.
func parseDelay(value []byte) time.Duration {
	var units, scale time.Duration = 0, time.Second
	fraction := false
	for _, c := range value {
		switch {
		case c == '.' && !fraction:
			fraction = true
		case c < '0' || c > '9':
			return min(units, MaxDelay)
		case !fraction:
			units = min(units*10+time.Duration(c-'0')*time.Second, MaxDelay)
		default:
			scale /= 10
			units += time.Duration(c-'0') * scale
		}
	}
	return min(units, MaxDelay)
}
