package link

import (
	"iter"
	"strings"
)

// A HeaderLink is a link of a Link field (RFC 8288) that is about the response it comes with.
type HeaderLink struct {
	Ref      string // as it is written; relative to the URL of the response, not to a base element
	Rel      string // relations, separated by spaces, as they are written
	Kind     Kind   // KindNone: none of the relations is known here
	NoFollow bool
}

// ParseLinkHeader yields the links in the value of a Link field, or in those of several joined with commas. Those with
// an anchor parameter are left out, for they are about something else, and so is what is malformed, up to
// the next comma that is not quoted.
func ParseLinkHeader(value string) iter.Seq[HeaderLink] {
	return func(yield func(HeaderLink) bool) {
		for s := value; ; {
			s = strings.TrimLeft(s, ","+fieldSpace)
			if s == "" {
				return
			}
			var l HeaderLink
			var ok bool
			if l, s, ok = cutLink(s); ok && !yield(l) {
				return
			}
		}
	}
}

// fieldSpace is white space in fields: that of HTTP, and line ends, which only a careless caller leaves there.
const fieldSpace = " \t\r\n"

// cutLink takes a link with its parameters from the front of s, up to a comma. ok is false if it is to be left out.
func cutLink(s string) (l HeaderLink, rest string, ok bool) {
	if s[0] != '<' {
		_, rest = cutValue(s, ",")
		return l, rest, false
	}
	l.Ref, s, ok = strings.Cut(s[1:], ">")
	if !ok {
		return l, "", false
	}
	l.Ref = strings.Trim(l.Ref, fieldSpace)
	hasRel := false
	for {
		s = strings.TrimLeft(s, fieldSpace)
		if s == "" || s[0] == ',' {
			break
		}
		if s[0] != ';' { // nothing that is known stands here
			_, s = cutValue(s, ",;")
			ok = false
			continue
		}
		var name, value string
		name, value, s = cutParameter(s[1:])
		switch {
		case name == "anchor":
			ok = false
		case name == "rel" && !hasRel: // the first counts (section 3.3)
			l.Rel, hasRel = value, true
		}
	}
	r := parseRel(l.Rel)
	l.Kind, l.NoFollow = r.kind, r.nofollow
	return l, s, ok
}

// cutParameter takes a parameter from the front of s, up to the comma or semicolon behind it; its name comes in lower case.
func cutParameter(s string) (name, value, rest string) {
	end := strings.IndexAny(s, "=;,")
	if end < 0 {
		end = len(s)
	}
	name = asciiLower(strings.Trim(s[:end], fieldSpace))
	if end == len(s) || s[end] != '=' {
		return name, "", s[end:]
	}
	value, rest = cutValue(strings.TrimLeft(s[end+1:], fieldSpace), ";,")
	return name, value, rest
}

// cutValue takes what stands before the first byte of stops that is not quoted: a token, or a quoted string, which it
// unquotes. What else stands there is taken along.
func cutValue(s, stops string) (value, rest string) {
	var unquoted strings.Builder
	begin := 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			unquoted.WriteString(s[begin:i])
			for i++; i < len(s) && s[i] != '"'; i++ {
				if s[i] == '\\' && i+1 < len(s) {
					i++
				}
				unquoted.WriteByte(s[i])
			}
			begin = min(i+1, len(s))
		case strings.IndexByte(stops, s[i]) >= 0:
			unquoted.WriteString(s[begin:i])
			return strings.Trim(unquoted.String(), fieldSpace), s[i:]
		}
	}
	unquoted.WriteString(s[begin:])
	return strings.Trim(unquoted.String(), fieldSpace), ""
}
