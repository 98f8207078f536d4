package report

import (
	"fmt"
	"html"
	"strings"
)

// Printable makes a string safe for a terminal: control characters, and those that turn the direction of
// text round, are shown and not obeyed. What is not UTF-8 is U+FFFD.
func Printable(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.IndexFunc(s, commands) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case !commands(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// commands says whether a terminal, or the layout of text, would take r for a command.
func commands(r rune) bool {
	return r < 0x20 || r >= 0x7f && r < 0xa0 || // C0, DEL, C1
		r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || // direction
		r == 0x2028 || r == 0x2029 // line and paragraph
}

// escape makes a string safe between tags and in quoted attributes.
func escape(s string) string { return html.EscapeString(Printable(s)) }

// shorten cuts s down to n runes, the last of them an ellipsis.
func shorten(s string, n int) string {
	s = Printable(s)
	count := 0
	for i := range s {
		if count == n-1 && len([]rune(s[i:])) > 1 {
			return s[:i] + "…"
		}
		count++
	}
	return s
}
