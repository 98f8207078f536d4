package report

import (
	"fmt"
	"html"
	"strings"

	"crawl/internal/crawler"
)

// Printable makes a string safe for a terminal: what that would obey (crawler.IsCommand) is shown. What is not UTF-8 is U+FFFD.
func Printable(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.IndexFunc(s, crawler.IsCommand) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case !crawler.IsCommand(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
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
