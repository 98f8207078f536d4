package link

import (
	"bytes"
	_ "embed"
	"strings"
	"unicode/utf8"
)

// references are the named character references of the standard (section 13.5): lines of a name, with its semicolon
// if it is one with, and one or two code points in hexadecimal digits; sorted by name as bytes.
//
//go:embed references.txt
var references string

const (
	longestName = 32 // "CounterClockwiseContourIntegral", and its semicolon
	longestBare = 6  // of the names that need no semicolon
)

// appendText appends p with line ends, NULs and character references as the standard has them in an attribute's value or
// in escapable raw text. It returns how much of p it has done: all, unless more may follow p (complete is false)
// and would change what its end means.
func appendText(dst, p []byte, attribute, complete bool) ([]byte, int) {
	for i := 0; ; {
		n := bytes.IndexAny(p[i:], "&\r\x00")
		if n < 0 {
			return append(dst, p[i:]...), len(p)
		}
		dst = append(dst, p[i:i+n]...)
		i += n
		switch p[i] {
		case 0:
			dst = utf8.AppendRune(dst, utf8.RuneError)
			i++
		case '\r':
			if i+1 == len(p) && !complete {
				return dst, i
			}
			dst = append(dst, '\n')
			i++
			if i < len(p) && p[i] == '\n' {
				i++
			}
		default:
			if dst, n = appendReference(dst, p[i:], attribute, complete); n == 0 {
				return dst, i
			}
			i += n
		}
	}
}

// appendReference appends what the beginning of p, an ampersand, stands for: a character or two, or itself. It returns
// how much of p that was, or 0 if more of p decides it.
func appendReference(dst, p []byte, attribute, complete bool) ([]byte, int) {
	if len(p) > 1 && p[1] == '#' {
		return appendNumeric(dst, p, complete)
	}
	if bytes.HasPrefix(p, []byte("&amp;")) {
		return append(dst, '&'), len("&amp;")
	}
	end := 1
	for end < len(p) && end <= longestName && classes[p[end]]&isAlphanum != 0 {
		end++
	}
	if end == len(p) && !complete && end <= longestName {
		return dst, 0
	}
	if end < len(p) && p[end] == ';' {
		if value := lookup(p[1 : end+1]); value != "" {
			return appendPoints(dst, value), end + 1
		}
	}
	for n := min(end, 1+longestBare); n > 2; n-- {
		value := lookup(p[1:n])
		if value == "" {
			continue
		}
		if attribute && n < len(p) && (p[n] == '=' || classes[p[n]]&isAlphanum != 0) { // as in ?a=b&copy=c
			break
		}
		return appendPoints(dst, value), n
	}
	return append(dst, '&'), 1
}

// appendNumeric does the same for what begins with "&#".
func appendNumeric(dst, p []byte, complete bool) ([]byte, int) {
	i, base := 2, rune(10)
	if i < len(p) && p[i]|0x20 == 'x' {
		i, base = 3, 16
	}
	var point rune
	begin := i
	for ; i < len(p); i++ {
		d := digit(p[i])
		if d >= base {
			break
		}
		point = min(point*base+d, utf8.MaxRune+1)
	}
	switch {
	case i == len(p) && !complete:
		return dst, 0
	case i == begin:
		return append(dst, '&'), 1
	case i < len(p) && p[i] == ';':
		i++
	}
	if 0x80 <= point && point <= 0x9f {
		point = windows1252(point)
	}
	if point == 0 || !utf8.ValidRune(point) {
		point = utf8.RuneError
	}
	return utf8.AppendRune(dst, point), i
}

// digit is the value of a hexadecimal digit, or more than any has.
func digit(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10
	}
	return 16
}

// windows1252 is the character of a control code from 0x80 to 0x9f in windows-1252, or the code itself.
func windows1252(point rune) rune {
	const points = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ"
	for _, c := range points {
		if point == 0x80 {
			return c
		}
		point--
	}
	return point
}

// lookup finds the code points of a name in references; "" means that it is none.
func lookup(name []byte) string {
	for low, high := 0, len(references); low < high; {
		middle := (low + high) / 2
		begin := low + strings.LastIndexByte(references[low:middle], '\n') + 1
		line, _, _ := strings.Cut(references[begin:high], "\n")
		key, points, _ := strings.Cut(line, " ")
		switch {
		case string(name) == key:
			return points
		case string(name) < key:
			high = begin
		default:
			low = begin + len(line) + 1
		}
	}
	return ""
}

// appendPoints appends the characters of an entry of references.
func appendPoints(dst []byte, points string) []byte {
	var point rune
	for i := range len(points) {
		if points[i] == ' ' {
			dst = utf8.AppendRune(dst, point)
			point = 0
			continue
		}
		point = point<<4 | digit(points[i])
	}
	return utf8.AppendRune(dst, point)
}

// appendUndecided appends what scanRawText has not decided. Of a number's digits, which need not end, it leaves those out
// that do not matter: zeros in front, and what is behind so many that there is no such character.
func appendUndecided(dst, p []byte) []byte {
	begin := 2
	if len(p) < begin || p[1] != '#' {
		return append(dst, p...)
	}
	if len(p) > begin && p[begin]|0x20 == 'x' {
		begin++
	}
	digits := bytes.TrimLeft(p[begin:], "0")
	zeros := len(p) - begin - len(digits)
	dst = append(dst, p[:begin+min(zeros, 1)]...)
	return append(dst, digits[:min(len(digits), 8)]...)
}
