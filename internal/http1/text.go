package http1

import (
	"encoding/binary"
	"math/bits"
)

// lower maps a byte of a token (RFC 9110 §5.6.2) to its lower case, and every other byte to a space.
// A constant string, because a table in a variable could be written to.
const lower = "" +
	"                " + "                " +
	" ! #$%&'  *+ -. " + "0123456789      " +
	" abcdefghijklmno" + "pqrstuvwxyz   ^_" +
	"`abcdefghijklmno" + "pqrstuvwxyz | ~ " +
	"                " + "                " +
	"                " + "                " +
	"                " + "                " +
	"                " + "                "

func isToken(c byte) bool { return lower[c] != ' ' }

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// equalFold compares without regard to case. token must consist of token bytes; b may be anything.
func equalFold(b []byte, token string) bool {
	if len(b) != len(token) {
		return false
	}
	if string(b) == token { // the common case, many bytes at a time
		return true
	}
	for i := range b {
		if lower[b[i]] != lower[token[i]] {
			return false
		}
	}
	return true
}

// trim removes optional white space (OWS, RFC 9110 §5.6.3) from both ends of b[from:to].
func trim(b []byte, from, to int) (int, int) {
	for from < to && isSpace(b[from]) {
		from++
	}
	for to > from && isSpace(b[to-1]) {
		to--
	}
	return from, to
}

// control returns the index of the first control byte (below SP, or DEL) at or after i, or len(b). It looks at
// eight bytes at once: a borrow can only mark bytes above the first real hit, so the lowest mark is exact.
func control(b []byte, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		y := x ^ ones*0x7f
		if hit := ((x-ones*0x20)&^x | (y-ones)&^y) & tops; hit != 0 {
			return i + bits.TrailingZeros64(hit)>>3
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c < ' ' || c == 0x7f {
			return i
		}
	}
	return i
}

// lineEnd reads text from i up to the end of its line: b[i:end] is the text, next is where the following
// line begins. A NUL, a CR that no LF follows, or the end of b give next < 0 and end at the offender.
func lineEnd(b []byte, i int) (end, next int, seen Anomaly) {
	end = control(b, i)
	if end+1 < len(b) && b[end] == '\r' && b[end+1] == '\n' {
		return end, end + 2, 0
	}
	return oddLineEnd(b, end)
}

// oddLineEnd is lineEnd where the first control byte, at i, is not the CRLF.
func oddLineEnd(b []byte, i int) (end, next int, seen Anomaly) {
	for i < len(b) {
		switch b[i] {
		case '\r':
			if i+1 < len(b) && b[i+1] == '\n' {
				return i, i + 2, seen
			}
			return i, -1, seen
		case '\n':
			return i, i + 1, seen | BareLF
		case 0:
			return i, -1, seen
		case '\t':
		default:
			seen |= ControlByte
		}
		i = control(b, i+1)
	}
	return i, -1, seen
}
