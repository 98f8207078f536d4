package cookies

import (
	"strings"
	"time"
)

// parseDate is RFC 6265 section 5.1.1, in Unix seconds: it takes nearly everything that servers write, and ok is
// false for the rest.
func parseDate(s string) (unix int64, ok bool) {
	var d date
	for s != "" {
		end := 0
		for end < len(s) && !isDelimiter(s[end]) {
			end++
		}
		if end > 0 {
			d.take(s[:end])
		}
		s = s[min(end+1, len(s)):]
	}
	return d.unix()
}

// date is what has been found of one so far.
type date struct {
	hour, minute, second     int
	day, year                int
	month                    time.Month // 0: not yet
	hasTime, hasDay, hasYear bool
}

// take sees what a token is: the first of these that is not there yet and that it can be.
func (d *date) take(token string) {
	if !d.hasTime {
		if d.hasTime = d.takeTime(token); d.hasTime {
			return
		}
	}
	if !d.hasDay {
		if d.day, d.hasDay = leadingNumber(token, 1, 2); d.hasDay {
			return
		}
	}
	if d.month == 0 {
		if d.month = month(token); d.month != 0 {
			return
		}
	}
	if !d.hasYear {
		d.year, d.hasYear = leadingNumber(token, 2, 4)
	}
}

// takeTime takes hours, minutes and seconds, each of one or two digits, with colons between.
func (d *date) takeTime(token string) bool {
	hour, rest, ok := strings.Cut(token, ":")
	if !ok {
		return false
	}
	minute, rest, ok := strings.Cut(rest, ":")
	if !ok {
		return false
	}
	var whole bool
	if d.hour, whole = wholeNumber(hour); !whole {
		return false
	}
	if d.minute, whole = wholeNumber(minute); !whole {
		return false
	}
	d.second, ok = leadingNumber(rest, 1, 2)
	return ok
}

// wholeNumber is a token of one or two digits and nothing else.
func wholeNumber(s string) (n int, ok bool) {
	if len(s) > 2 || !isDigits(s) {
		return 0, false
	}
	return leadingNumber(s, 1, 2)
}

// leadingNumber is the number that s begins with, if it has that many digits and no more.
func leadingNumber(s string, least, most int) (n int, ok bool) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		if i == most {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
		i++
	}
	return n, i >= least
}

// month is that whose three letters token begins with, 0 if there is none.
func month(token string) time.Month {
	const names = "janfebmaraprmayjunjulaugsepoctnovdec"
	if len(token) < 3 {
		return 0
	}
	for m := range 12 {
		if strings.EqualFold(token[:3], names[3*m:3*m+3]) {
			return time.Month(m + 1)
		}
	}
	return 0
}

func (d *date) unix() (int64, bool) {
	if !d.hasTime || !d.hasDay || d.month == 0 || !d.hasYear {
		return 0, false
	}
	year := d.year
	switch {
	case year < 70:
		year += 2000
	case year < 100:
		year += 1900
	}
	if d.day < 1 || d.day > 31 || year < 1601 || d.hour > 23 || d.minute > 59 || d.second > 59 {
		return 0, false
	}
	t := time.Date(year, d.month, d.day, d.hour, d.minute, d.second, 0, time.UTC)
	return t.Unix(), t.Day() == d.day // 30 February would be a day of March
}

// isDelimiter is the delimiter of the RFC: what is neither letter, digit, colon nor a byte outside of printable ASCII.
func isDelimiter(c byte) bool {
	return c == '\t' || ' ' <= c && c <= '/' || ';' <= c && c <= '@' || '[' <= c && c <= '`' || '{' <= c && c <= '~'
}
