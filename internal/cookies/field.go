package cookies

import (
	"errors"
	"strings"
)

// maxAttribute is the longest value of an attribute that counts, in bytes (bis section 5.6).
const maxAttribute = 1024

// maxExpiry is the end of the year 9999, in Unix seconds: no cookie lasts longer.
const maxExpiry = 253402300799

// field is a Set-Cookie field taken apart. Its strings are parts of it.
type field struct {
	name, value string
	domain      string // of Domain, without a leading dot; "" is none
	path        string // of Path; "" is none, or none that counts
	expires     int64  // Unix seconds; 0: none
	secure      bool
	httpOnly    bool
}

// parseField is RFC 6265 section 5.2. ok is false where the field as a whole is ignored. now is in Unix seconds.
func parseField(s string, now int64) (f field, ok bool) {
	if hasControl(s) {
		return field{}, false
	}
	pair, attributes, _ := strings.Cut(s, ";")
	name, value, ok := strings.Cut(pair, "=")
	f.name, f.value = trim(name), trim(value)
	if !ok || f.name == "" || len(f.name)+len(f.value) > MaxCookie {
		return field{}, false
	}
	var age string
	for attributes != "" {
		var attribute string
		attribute, attributes, _ = strings.Cut(attributes, ";")
		name, value, _ := strings.Cut(attribute, "=")
		name, value = trim(name), trim(value)
		if len(value) > maxAttribute {
			continue
		}
		// The last one of a name counts. SameSite is one of those without effect: see the package.
		switch {
		case is(name, "Expires"):
			if t, ok := parseDate(value); ok {
				f.expires = min(max(t, 1), maxExpiry) // 0 would be none
			}
		case is(name, "Max-Age"):
			if isAge(value) {
				age = value
			}
		case is(name, "Domain"):
			f.domain = strings.TrimPrefix(value, ".")
		case is(name, "Path"):
			f.path = ""
			if strings.HasPrefix(value, "/") {
				f.path = value
			}
		case is(name, "Secure"):
			f.secure = true
		case is(name, "HttpOnly"):
			f.httpOnly = true
		}
	}
	if age != "" { // it counts more than Expires, wherever it stands
		f.expires = expiry(age, now)
	}
	return f, true
}

// is compares without regard to the case of ASCII letters: what else folds into one has another length.
func is(name, attribute string) bool {
	return len(name) == len(attribute) && strings.EqualFold(name, attribute)
}

func trim(s string) string { return strings.Trim(s, " \t") }

// isAge reports whether s is a value of Max-Age: digits, perhaps behind a minus sign (RFC 6265 section 5.2.2).
func isAge(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return s != "" && isDigits(s)
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// expiry is when what is age seconds from now is over, at the least 1 and at the most maxExpiry.
func expiry(age string, now int64) int64 {
	if age[0] == '-' {
		return 1
	}
	var seconds int64
	for i := range len(age) {
		if seconds = seconds*10 + int64(age[i]-'0'); seconds > maxExpiry {
			return maxExpiry
		}
	}
	if seconds == 0 {
		return 1
	}
	return min(max(now+seconds, 1), maxExpiry)
}

// hasControl reports whether there is a control character in s, other than a TAB (bis section 5.6 step 1).
func hasControl(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return true
		}
	}
	return false
}

// Why a cookie is not kept.
var (
	errName    = errors.New("no name, or one with a character that a name cannot have")
	errValue   = errors.New("a value with a character that a value cannot have")
	errPath    = errors.New("not a path")
	errTooLong = errors.New("name and value are longer than a cookie may be")
	errPrefix  = errors.New("not what a cookie with this prefix has to be")
)

// check says why c cannot be kept, wherever it comes from: what is not here could not be sent, or not be written.
func (c *cookie) check() error {
	switch name := c.name(); {
	case name == "" || trim(name) != name || hasControl(name) || strings.ContainsAny(name, "=;\t"):
		return errName
	case trim(c.value()) != c.value() || hasControl(c.value()) || strings.ContainsAny(c.value(), ";\t"):
		return errValue
	case len(c.pair)-1 > MaxCookie:
		return errTooLong
	case c.path == "" || c.path[0] != '/' || hasControl(c.path) || strings.IndexByte(c.path, '\t') >= 0:
		return errPath
	}
	return nil
}

// prefixHolds checks what the name of a cookie promises about it (bis section 4.1.3, in any case of letters as
// section 5.7 steps 20 and 21). rooted: its Path is "/", and was given.
func prefixHolds(c *cookie, rooted bool) bool {
	switch {
	case hasPrefix(c.name(), "__Secure-"):
		return c.secure
	case hasPrefix(c.name(), "__Host-"):
		return c.secure && c.hostOnly && rooted
	}
	return true
}

func hasPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
