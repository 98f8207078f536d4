package link

import (
	"iter"
	"strconv"
	"strings"
)

// Srcset yields the URLs of a srcset attribute as they are written, by "parse a srcset attribute" of the HTML standard:
// a candidate whose descriptors make no sense is left out.
func Srcset(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			s = strings.TrimLeft(s, ","+asciiSpace)
			if s == "" {
				return
			}
			end := strings.IndexAny(s, asciiSpace)
			if end < 0 {
				end = len(s)
			}
			url := s[:end]
			s = s[end:]
			if bare := strings.TrimRight(url, ","); bare != url {
				if !yield(bare) {
					return
				}
				continue
			}
			var d descriptors
			s = d.parse(s)
			if !d.wrong && (!d.future || d.width) && !yield(url) {
				return
			}
		}
	}
}

// descriptors are what stands behind a URL, and whether it makes sense.
type descriptors struct {
	width, density, future bool // there is one
	wrong                  bool
}

// parse takes the descriptors from the front of s, up to a comma that is not in parentheses.
func (d *descriptors) parse(s string) (rest string) {
	begin, depth := -1, 0 // of a descriptor; of parentheses, which do not nest
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case depth > 0:
			if c == ')' {
				depth = 0
			}
		case isBlank(c) || c == ',':
			if begin >= 0 {
				d.add(s[begin:i])
				begin = -1
			}
			if c == ',' {
				return s[i+1:]
			}
		default:
			if begin < 0 {
				begin = i
			}
			if c == '(' {
				depth = 1
			}
		}
	}
	if begin >= 0 {
		d.add(s[begin:])
	}
	return ""
}

func (d *descriptors) add(s string) {
	number, unit := s[:len(s)-1], s[len(s)-1]
	switch {
	case unit == 'w' && isDigits(number):
		d.wrong = d.wrong || d.width || d.density || strings.Trim(number, "0") == ""
		d.width = true
	case unit == 'x' && isFloat(number):
		f, err := strconv.ParseFloat(number, 64)
		d.wrong = d.wrong || d.width || d.density || d.future || err != nil || f < 0
		d.density = true
	case unit == 'h' && isDigits(number):
		d.wrong = d.wrong || d.future || d.density || strings.Trim(number, "0") == ""
		d.future = true
	default:
		d.wrong = true
	}
}

// isDigits reports whether s is a valid non-negative integer.
func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// isFloat reports whether s is a valid floating-point number as HTML has it, which "1." and "+1" are not.
func isFloat(s string) bool {
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		exponent := s[i+1:]
		if exponent != "" && (exponent[0] == '+' || exponent[0] == '-') {
			exponent = exponent[1:]
		}
		if !isDigits(exponent) {
			return false
		}
		s = s[:i]
	}
	whole, fraction, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	if !point {
		return isDigits(whole)
	}
	return isDigits(fraction) && (whole == "" || isDigits(whole))
}
