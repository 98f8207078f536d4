package robots

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"time"
)

// draft is rules while a file is read, of which it may have 60,000: their patterns stand one behind the other in one text, so
// that a rule costs no allocation.
type draft struct {
	text  []byte
	rules []drafted
}

// drafted is a rule whose pattern is a part of the text.
type drafted struct {
	begin, end uint32
	head       uint32 // the line number, and behind it bitAllow and bitLiteral
}

func (r drafted) length() int { return int(r.end - r.begin) }

func (d *draft) reset() { d.text, d.rules = d.text[:0], d.rules[:0] }

// add takes the value of a line, if it is a rule at all. An empty one is none (RFC 9309 section 2.2.2), and one that begins with
// neither "/" nor "*" matches no path.
func (d *draft) add(line int, allow bool, value []byte) {
	if len(value) == 0 || value[0] != '/' && value[0] != '*' {
		return
	}
	begin, head, needless := len(d.text), uint32(line)<<headBits, false
	d.text, needless = appendSpelled(d.text, value, true, allow)
	if allow {
		head |= bitAllow
		if needless {
			head |= bitLiteral
		}
	}
	d.rules = append(d.rules, drafted{uint32(begin), uint32(len(d.text)), head})
}

// pack puts the rules, which come in the order of their lines, in the order in which they decide: longer ones first, of equal ones
// those that allow (RFC 9309 section 2.2.2), and then by their lines. Of a rule that is written twice the first line is kept.
func (d *draft) pack(delay time.Duration) Rules {
	const most = 6 // before each pattern
	list := make([]byte, 0, len(d.text)+most*len(d.rules))
	order := d.inOrder()
	twice := newRepeats(d.text, order)
	for i, r := range order {
		if twice.has(uint32(i)) {
			continue
		}
		list = binary.AppendUvarint(list, uint64(r.head))
		list = binary.AppendUvarint(list, uint64(r.length()))
		list = append(list, d.text[r.begin:r.end]...)
	}
	return Rules{list: string(list), delay: uint32(delay / time.Millisecond)}
}

// inOrder are the rules in the order in which they decide. It counts instead of comparing.
func (d *draft) inOrder() []drafted {
	longest := 0
	for _, r := range d.rules {
		longest = max(longest, r.length())
	}
	class := func(r drafted) int { return 2*(longest-r.length()) + 1 - int(r.head&bitAllow) }
	begins := make([]int32, 2*longest+3)
	for _, r := range d.rules {
		begins[class(r)+1]++
	}
	for i := range begins[1:] {
		begins[i+1] += begins[i]
	}
	order := make([]drafted, len(d.rules))
	for _, r := range d.rules {
		at := &begins[class(r)]
		order[*at] = r
		*at++
	}
	return order
}

// repeats finds rules that are written twice: a table of those that were seen, at most half full.
type repeats struct {
	text  []byte
	rules []drafted
	seed  maphash.Seed
	slots []uint32 // places in rules, and 1
}

func newRepeats(text []byte, rules []drafted) *repeats {
	return &repeats{text, rules, maphash.MakeSeed(), make([]uint32, 2<<bits.Len(uint(len(rules))))}
}

// has reports whether the i-th rule was seen before, and has it seen.
func (s *repeats) has(i uint32) bool {
	r := s.rules[i]
	pattern := s.text[r.begin:r.end]
	mask := uint64(len(s.slots) - 1)
	for at := maphash.Bytes(s.seed, pattern) & mask; ; at = (at + 1) & mask {
		slot := s.slots[at]
		if slot == 0 {
			s.slots[at] = i + 1
			return false
		}
		other := s.rules[slot-1]
		if (other.head^r.head)&bitAllow == 0 && bytes.Equal(s.text[other.begin:other.end], pattern) {
			return true
		}
	}
}
