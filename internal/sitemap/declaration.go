package sitemap

import "strings"

// declaration passes over "<!DOCTYPE …>" with its internal subset (XML 1.0 section 2.8), and finds the declarations of
// entities in it. What it refers to outside is never looked at.
type declaration struct {
	angles int    // "<" that are open
	word   []byte // the beginning of the markup it is in
	inside string // how the comment or instruction that it is in ends, but for its ">"; "": in none
	seen   int    // of that
}

const entity = "<!ENTITY"

// newDeclaration is behind "<!".
func newDeclaration() declaration {
	return declaration{angles: 1, word: append(make([]byte, 0, len(entity)), "<!"...)}
}

// declaration returns what is behind the declaration.
func (s *scanner) declaration(b []byte) ([]byte, error) {
	d := &s.decl
	for i, c := range b {
		switch {
		case d.inside != "":
			d.pass(c)
			continue
		case s.quote != 0:
			if c == s.quote {
				s.quote = 0
			}
			continue
		case c == '"' || c == '\'':
			s.quote, d.word = c, d.word[:0]
			continue
		case c == '>':
			if d.angles--; d.angles == 0 {
				s.state = inText
				return b[i+1:], nil
			}
			d.word = d.word[:0]
			continue
		case c == '<':
			d.angles++
			d.word = d.word[:0]
		case len(d.word) == 0 || len(d.word) == len(entity):
			continue
		}
		d.word = append(d.word, c)
		switch word := string(d.word); {
		case strings.EqualFold(word, entity):
			return nil, ErrEntities
		case word == "<!--":
			d.inside = "--"
		case word == "<?":
			d.inside = "?"
		default:
			continue
		}
		d.word, d.angles = d.word[:0], d.angles-1
	}
	return nil, nil
}

// pass looks for the end of a comment or an instruction.
func (d *declaration) pass(c byte) {
	switch {
	case c == d.inside[0]:
		d.seen = min(d.seen+1, len(d.inside))
	case c == '>' && d.seen == len(d.inside):
		d.inside, d.seen = "", 0
	default:
		d.seen = 0
	}
}
