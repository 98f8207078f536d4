package robots

// Rules and targets are compared byte by byte in one spelling (RFC 9309 section 2.2.2): what RFC 3986 calls unreserved stands
// for itself, what it calls reserved stands as it was written, for "%2F" is not "/", and all else is escaped, with digits
// in upper case. "*" and "$" are reserved and yet escaped, so that in a rule they are what section 2.2.3 makes of them
// and nothing else.

// isUnreserved is RFC 3986 section 2.3.
func isUnreserved(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '.' || b == '_' || b == '~'
}

// isReserved is RFC 3986 section 2.2, without the two that rules give a meaning.
func isReserved(b byte) bool {
	switch b {
	case ':', '/', '?', '#', '[', ']', '@', '!', '&', '\'', '(', ')', '+', ',', ';', '=':
		return true
	}
	return false
}

// respelled is s in that spelling; see appendSpelled.
func respelled(s string, isRule, keep bool) (out string, needless bool) {
	for i := range len(s) {
		if !isUnreserved(s[i]) && !isReserved(s[i]) {
			b, needless := appendSpelled(make([]byte, 0, len(s)+16), s, isRule, keep)
			return string(b), needless
		}
	}
	return s, false
}

// appendSpelled appends s in that spelling. needless says that s has escapes of what need not be escaped; they are undone unless
// keep is set. What is not ASCII is left alone in a target, where it is an error, and nothing in a rule is equal to it.
func appendSpelled[S []byte | string](b []byte, s S, isRule, keep bool) (out []byte, needless bool) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case isUnreserved(c) || isReserved(c),
			c >= 0x80 && !isRule,
			c == '*' && isRule,
			c == '$' && isRule && i == len(s)-1:
			b = append(b, c)
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			v := hex(s[i+1])<<4 | hex(s[i+2])
			i += 2
			if isUnreserved(v) {
				needless = true
				if !keep {
					b = append(b, v)
					continue
				}
			}
			b = appendEscape(b, v)
		default:
			b = appendEscape(b, c)
		}
	}
	return b, needless
}

func appendEscape(b []byte, c byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(b, '%', digits[c>>4], digits[c&15])
}

func isHex(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F'
}

// hex is the value of a hexadecimal digit.
func hex(b byte) byte {
	if b <= '9' {
		return b - '0'
	}
	return b&7 + 9
}
