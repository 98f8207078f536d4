package robots

import (
	"encoding/binary"
	"hash/maphash"
	"iter"
	"math/bits"
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

// rule is a Rule that is being read.
type rule struct {
	Rule
	// literal: the pattern has escapes that need not be, and is an Allow. Then it is compared with the target as that is
	// written, as Google does it: an Allow that is spelled oddly does not let in who spells it otherwise. A Disallow
	// forbids every spelling, as RFC 9309 has it for both.
	literal bool
}

// newRule reads the value of a line; ok says whether it is a rule at all. An empty one is none (RFC 9309 section 2.2.2), and one
// that begins with neither "/" nor "*" matches no path.
func newRule(line int, allow bool, value []byte) (r rule, ok bool) {
	if len(value) == 0 || value[0] != '/' && value[0] != '*' {
		return rule{}, false
	}
	r.Line, r.Allow = line, allow
	r.Pattern, r.literal = respelled(string(value), true, allow)
	r.literal = r.literal && allow
	return r, true
}

// pack puts rules, which come in the order of their lines, in the order in which they decide: longer ones first, of equal ones
// those that allow (RFC 9309 section 2.2.2), and then by their lines. Of a rule that is written twice the first line is kept.
func pack(rules []rule, delay time.Duration) Rules {
	var list []byte
	twice := newRepeats(rules)
	for _, i := range inOrder(rules) {
		r := &rules[i]
		if twice.has(uint32(i)) {
			continue
		}
		head := uint64(r.Line) << 2
		if r.Allow {
			head |= 1
		}
		if r.literal {
			head |= 2
		}
		list = binary.AppendUvarint(list, head)
		list = binary.AppendUvarint(list, uint64(len(r.Pattern)))
		list = append(list, r.Pattern...)
	}
	return Rules{list: string(list), delay: uint32(delay / time.Millisecond)}
}

// inOrder are the places of rules in the order in which they decide. It counts instead of comparing: a file has room for
// 60,000 rules.
func inOrder(rules []rule) []int32 {
	longest := 0
	for i := range rules {
		longest = max(longest, len(rules[i].Pattern))
	}
	class := func(r *rule) int {
		if r.Allow {
			return 2 * (longest - len(r.Pattern))
		}
		return 2*(longest-len(r.Pattern)) + 1
	}
	begins := make([]int32, 2*longest+3)
	for i := range rules {
		begins[class(&rules[i])+1]++
	}
	for i := range begins[1:] {
		begins[i+1] += begins[i]
	}
	order := make([]int32, len(rules))
	for i := range rules {
		at := &begins[class(&rules[i])]
		order[*at] = int32(i)
		*at++
	}
	return order
}

// repeats finds rules that are written twice: a table of those that were seen, at most half full.
type repeats struct {
	rules []rule
	seed  maphash.Seed
	slots []uint32 // places in rules, and 1
}

func newRepeats(rules []rule) *repeats {
	return &repeats{rules, maphash.MakeSeed(), make([]uint32, 2<<bits.Len(uint(len(rules))))}
}

// has reports whether the i-th rule was seen before, and has it seen.
func (s *repeats) has(i uint32) bool {
	r := &s.rules[i]
	mask := uint64(len(s.slots) - 1)
	for at := maphash.String(s.seed, r.Pattern) & mask; ; at = (at + 1) & mask {
		slot := s.slots[at]
		if slot == 0 {
			s.slots[at] = i + 1
			return false
		}
		if other := &s.rules[slot-1]; other.Allow == r.Allow && other.Pattern == r.Pattern {
			return true
		}
	}
}

// next takes the first rule off a list that is not empty.
func next(list string) (r rule, rest string) {
	head, list := uvarint(list)
	length, list := uvarint(list)
	r.Line, r.Allow, r.literal = int(head>>2), head&1 != 0, head&2 != 0
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
