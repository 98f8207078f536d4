package http1

import (
	"bytes"
	"iter"
)

// Fields is a field section (RFC 9112 §5): the fields of a head or of a trailer section in the order of
// arrival, held as offsets into Raw. The bytes its methods return are valid as long as Raw's are.
type Fields struct {
	// Raw is the section as it came, byte for byte (of a head with its status line, so what a WARC
	// record wants). Whoever copies these bytes elsewhere may set Raw to the copy.
	Raw []byte

	folded []byte // values that came in several lines, joined: what Raw does not have in one piece
	spans  []span
}

// span says where one field is: 20 bytes without a pointer, against 48 for two slices, since
// thousands of heads are held at once.
type span struct {
	name, nameEnd   uint32 // in Raw
	value, valueEnd uint32 // in Raw, or in folded
	folded          bool   // the value is in folded
	spaced          bool   // white space stood before the colon
}

// Len is the number of fields.
func (f *Fields) Len() int { return len(f.spans) }

// At returns field i, 0 ≤ i < Len: the name as it was written, and the value without white space around it.
func (f *Fields) At(i int) (name, value []byte) {
	s := &f.spans[i]
	return f.Raw[s.name:s.nameEnd], f.value(s)
}

// All ranges over names and values.
func (f *Fields) All() iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		for i := range f.spans {
			if !yield(f.At(i)) {
				return
			}
		}
	}
}

// Get returns the value of the first field with this name, in any case of letters.
func (f *Fields) Get(name string) (value []byte, ok bool) {
	i := f.Index(name, 0)
	if i < 0 {
		return nil, false
	}
	return f.value(&f.spans[i]), true
}

// Values ranges over the values of all fields with this name.
func (f *Fields) Values(name string) iter.Seq[[]byte] {
	return func(yield func(value []byte) bool) {
		for i := f.Index(name, 0); i >= 0; i = f.Index(name, i+1) {
			if !yield(f.value(&f.spans[i])) {
				return
			}
		}
	}
}

// Index returns the index of the first field at or after from with this name, or -1.
func (f *Fields) Index(name string, from int) int {
	for i := from; i < len(f.spans); i++ {
		s := &f.spans[i]
		if int(s.nameEnd-s.name) == len(name) && equalFold(f.Raw[s.name:s.nameEnd], name) {
			return i
		}
	}
	return -1
}

// HasToken reports whether one of the comma-separated lists in the fields of this name has the token,
// in any case of letters. Not for fields whose members may be quoted strings.
func (f *Fields) HasToken(name, token string) bool {
	for i := f.Index(name, 0); i >= 0; i = f.Index(name, i+1) {
		if listHas(f.value(&f.spans[i]), token) {
			return true
		}
	}
	return false
}

func (f *Fields) value(s *span) []byte {
	if s.folded {
		return f.folded[s.value:s.valueEnd]
	}
	return f.Raw[s.value:s.valueEnd]
}

func (f *Fields) reset(raw []byte) {
	f.Raw, f.folded, f.spans = raw, f.folded[:0], f.spans[:0]
}

// parse reads the field lines of Raw from at to the blank line, which has to end Raw.
func (f *Fields) parse(at int, lim Limits) (seen Anomaly, err error) {
	b := f.Raw
	line, fields := lim.line(), lim.fields()
	for at < len(b) {
		if c := b[at]; c == '\n' || c == '\r' && at+1 < len(b) && b[at+1] == '\n' {
			end := at + 1
			if c == '\r' {
				end++
			} else {
				seen |= BareLF
			}
			if end < len(b) {
				return seen, fail(ErrHead, "bytes after the blank line", b[end:])
			}
			return seen, nil
		}
		next, odd, err := f.parseLine(at)
		seen |= odd
		if err != nil {
			return seen, err
		}
		if next-at > line {
			return seen, failLine(ErrFieldLimit, "line too long:", b[at:])
		}
		if len(f.spans) > fields {
			return seen, failLine(ErrFieldLimit, "too many fields, the next is", b[at:])
		}
		at = next
	}
	return seen, fail(ErrHead, "no blank line at the end", nil)
}

// parseLine reads the line at at, a field or the continuation of one, and returns where the next begins.
func (f *Fields) parseLine(at int) (next int, seen Anomaly, err error) {
	b := f.Raw
	if isSpace(b[at]) {
		return f.parseFold(at)
	}
	nameEnd := len(b)
	for i, c := range b[at:] {
		if !isToken(c) {
			nameEnd = at + i
			break
		}
	}
	i := nameEnd
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	if nameEnd == at || i == len(b) || b[i] != ':' {
		return 0, 0, failName(b[at:])
	}
	end, next, seen := lineEnd(b, i+1)
	if next < 0 {
		return 0, seen, failLine(ErrField, "NUL or bare CR in", b[at:])
	}
	if i > nameEnd {
		seen |= SpaceBeforeColon
	}
	value, valueEnd := trim(b, i+1, end)
	f.spans = append(f.spans, span{
		name: uint32(at), nameEnd: uint32(nameEnd),
		value: uint32(value), valueEnd: uint32(valueEnd), spaced: i > nameEnd,
	})
	return next, seen, nil
}

// parseFold joins a continuation line to the value before it with one space (RFC 9112 §5.2). White space before
// the first field is refused: some readers would skip the line, others take it as a field (§2.2).
func (f *Fields) parseFold(at int) (next int, seen Anomaly, err error) {
	if len(f.spans) == 0 {
		return 0, 0, failLine(ErrField, "white space before the first field", f.Raw[at:])
	}
	end, next, seen := lineEnd(f.Raw, at)
	if next < 0 {
		return 0, seen, failLine(ErrField, "NUL or bare CR in the continuation", f.Raw[at:])
	}
	s := &f.spans[len(f.spans)-1]
	if !s.folded {
		old := f.Raw[s.value:s.valueEnd]
		s.value = uint32(len(f.folded))
		f.folded = append(f.folded, old...)
		s.folded = true
	}
	from, to := trim(f.Raw, at, end)
	if from < to {
		if len(f.folded) > int(s.value) {
			f.folded = append(f.folded, ' ')
		}
		f.folded = append(f.folded, f.Raw[from:to]...)
	}
	s.valueEnd = uint32(len(f.folded))
	return next, seen | ObsFold, nil
}

// failName tells why the line is not a field.
func failName(b []byte) error {
	end, next, _ := lineEnd(b, 0)
	switch line := b[:end]; {
	case next < 0:
		return failLine(ErrField, "NUL or bare CR in", b)
	case line[0] == ':':
		return fail(ErrField, "no name in", line)
	case bytes.IndexByte(line, ':') < 0:
		return fail(ErrField, "no colon in", line)
	default:
		return fail(ErrField, "the name is not a token in", line)
	}
}

// listHas reports whether the comma-separated list has the token.
func listHas(list []byte, token string) bool {
	for from := 0; from <= len(list); {
		to := from
		for to < len(list) && list[to] != ',' {
			to++
		}
		a, b := trim(list, from, to)
		if equalFold(list[a:b], token) {
			return true
		}
		from = to + 1
	}
	return false
}
