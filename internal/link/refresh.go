package link

import "strings"

// Refresh is what the content of <meta http-equiv=refresh>, or a Refresh field, says: after how many seconds (which it
// may have in any number of digits) the document is replaced, and by what: ref is "" if by itself. ok is false
// where browsers see no refresh. It is "shared declarative refresh steps" of the HTML standard.
func Refresh(content string) (seconds, ref string, ok bool) {
	s := strings.TrimLeft(content, asciiSpace)
	end := len(s) - len(strings.TrimLeft(s, "0123456789"))
	seconds = s[:end]
	if seconds == "" {
		if !strings.HasPrefix(s, ".") {
			return "", "", false
		}
		seconds = "0"
	}
	s = strings.TrimLeft(s[end:], "0123456789.")
	if s == "" {
		return seconds, "", true
	}
	if strings.IndexByte(";,"+asciiSpace, s[0]) < 0 {
		return "", "", false
	}
	s = strings.TrimLeft(s, asciiSpace)
	if s != "" && (s[0] == ';' || s[0] == ',') {
		s = strings.TrimLeft(s[1:], asciiSpace)
	}
	return seconds, refreshURL(s), true
}

// refreshURL is what stands behind "url=", if that is there, and within quotes, if it begins with one.
func refreshURL(s string) string {
	if len(s) >= 3 && strings.EqualFold(s[:3], "url") {
		if rest, ok := strings.CutPrefix(strings.TrimLeft(s[3:], asciiSpace), "="); ok {
			s = strings.TrimLeft(rest, asciiSpace)
		}
	}
	if s != "" && (s[0] == '"' || s[0] == '\'') {
		s, _, _ = strings.Cut(s[1:], s[:1])
	}
	return s
}
