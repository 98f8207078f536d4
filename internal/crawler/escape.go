package crawler

import "unicode/utf8"

// IsCommand reports whether a terminal, or the layout of text, would take a character for a command: controls (C0, DEL, C1),
// line and paragraph separators, and what turns the direction of text round. Nothing that is written for people or programs
// has one as it came.
func IsCommand(r rune) bool {
	return r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// AppendString writes a JSON string as it stands in records: commands (IsCommand) are escaped, so that a record shown on a
// terminal cannot command it; what is not UTF-8 becomes U+FFFD.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	plain := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c < 0x7f && c != '"' && c != '\\' {
			i++
			continue
		}
		b = append(b, s[plain:i]...)
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case r == utf8.RuneError && size == 1:
			b = append(b, "\uFFFD"...)
		case IsCommand(r):
			b = appendUnicode(b, r)
		default:
			b = append(b, s[i:i+size]...)
		}
		i += size
		plain = i
	}
	return append(append(b, s[plain:]...), '"')
}

// AppendJSON writes JSON that another has written, with commands escaped: in what is compact, they stand in strings only.
func AppendJSON(b, text []byte) []byte {
	plain := 0
	for i := 0; i < len(text); {
		if c := text[i]; c >= 0x20 && c < 0x7f {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if IsCommand(r) {
			b = appendUnicode(append(b, text[plain:i]...), r)
			plain = i + size
		}
		i += size
	}
	return append(b, text[plain:]...)
}

// appendPlain writes a text on one line: commands are written as in JSON (\u001b), and what is not UTF-8 is U+FFFD.
func appendPlain(b []byte, s string) []byte {
	for _, r := range s {
		if IsCommand(r) {
			b = appendUnicode(b, r)
		} else {
			b = utf8.AppendRune(b, r)
		}
	}
	return b
}

func appendUnicode(b []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	return append(b, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}
