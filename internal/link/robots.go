package link

import "strings"

// Robots is what a page asks of those who read it, by <meta name=robots> or an X-Robots-Tag field.
type Robots struct {
	NoIndex  bool // it is not to be found by searching
	NoFollow bool // its links are not to be followed
}

// Or is what is asked for by one of them: all that is said of a page holds.
func (r Robots) Or(other Robots) Robots {
	return Robots{r.NoIndex || other.NoIndex, r.NoFollow || other.NoFollow}
}

// ParseRobotsTag reads the value of a meta element or of an X-Robots-Tag field: directives, separated by commas. In a
// field, "name:" says whom those behind it are for, up to the next name; agent is our own (a product token as
// in robots.txt, in any case), and what stands before the first name is for all.
func ParseRobotsTag(value, agent string) (r Robots) {
	ours := true
	for directive := range strings.SplitSeq(value, ",") {
		directive = strings.Trim(directive, asciiSpace)
		if name, rest, ok := strings.Cut(directive, ":"); ok && isToken(name) {
			if hasValue(name) {
				continue
			}
			ours = strings.EqualFold(name, agent)
			directive = strings.Trim(rest, asciiSpace)
		}
		if ours {
			r = r.Or(robotsDirective(directive))
		}
	}
	return r
}

func robotsDirective(s string) Robots {
	switch strings.ToLower(s) {
	case "noindex":
		return Robots{NoIndex: true}
	case "nofollow":
		return Robots{NoFollow: true}
	case "none":
		return Robots{true, true}
	}
	return Robots{}
}

// hasValue reports whether a directive has a value behind a colon: then it is nobody's name.
func hasValue(name string) bool {
	switch strings.ToLower(name) {
	case "unavailable_after", "max-snippet", "max-image-preview", "max-video-preview":
		return true
	}
	return false
}

// isToken reports whether s is a token of HTTP (RFC 9110 section 5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlpha(c) && (c < '0' || c > '9') && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}
