package sitemap

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"
)

// frequency is the value of changefreq, in any case of letters.
func frequency(b []byte) Frequency {
	for f := Always; f <= Never; f++ {
		if strings.EqualFold(string(b), f.String()) {
			return f
		}
	}
	return Unspecified
}

// priority is the value of priority.
func priority(b []byte) float64 {
	p, err := strconv.ParseFloat(string(b), 64)
	if err != nil || math.IsNaN(p) || p < 0 || p > 1 {
		return DefaultPriority
	}
	return p
}

// parseTime reads a date of a sitemap (W3C Date and Time Formats) or of a feed (RFC 3339, RFC 822 with years of two or
// four digits). Without a time zone it is taken for UTC.
func parseTime(b []byte) (t time.Time, ok bool) {
	s := stamp{rest: b}
	if len(b) > 4 && isDigit(b[4-1]) && b[4] == '-' || len(b) == 4 {
		return s.w3c()
	}
	return s.rfc822()
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// stamp is a date that is being read, from the left.
type stamp struct {
	rest                     []byte
	year, month, day         int
	hour, minute, sec, nanos int
	offset                   int // seconds east of UTC
}

// number reads a number of so many digits.
func (s *stamp) number(to *int, least, most int) bool {
	n := 0
	*to = 0
	for n < len(s.rest) && n < most && isDigit(s.rest[n]) {
		*to = *to*10 + int(s.rest[n]-'0')
		n++
	}
	s.rest = s.rest[n:]
	return n >= least
}

// skip passes over c, if it is there.
func (s *stamp) skip(c byte) bool {
	if len(s.rest) == 0 || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// blank passes over white space.
func (s *stamp) blank() { s.rest = trimLeft(s.rest) }

// w3c is a year, or a year and a month, or a date, or a date and a time.
func (s *stamp) w3c() (time.Time, bool) {
	s.month, s.day = 1, 1
	ok := s.number(&s.year, 4, 4)
	if s.skip('-') {
		ok = ok && s.number(&s.month, 1, 2)
		if s.skip('-') {
			ok = ok && s.number(&s.day, 1, 2)
		}
	}
	if !ok || len(s.rest) == 0 {
		return s.time(ok)
	}
	if !s.skip('T') && !s.skip('t') {
		s.blank()
	}
	return s.time(s.clock() && s.zone() && len(s.rest) == 0)
}

// clock is hours and minutes, and perhaps seconds and a fraction of these.
func (s *stamp) clock() bool {
	if !s.number(&s.hour, 1, 2) || !s.skip(':') || !s.number(&s.minute, 2, 2) {
		return false
	}
	if !s.skip(':') {
		return true
	}
	if !s.number(&s.sec, 2, 2) {
		return false
	}
	if s.skip('.') || s.skip(',') {
		digits := len(s.rest)
		if !s.number(&s.nanos, 1, 9) {
			return false
		}
		for digits -= len(s.rest); digits < 9; digits++ {
			s.nanos *= 10
		}
		for len(s.rest) > 0 && isDigit(s.rest[0]) {
			s.rest = s.rest[1:]
		}
	}
	return true
}

// zone is an offset, or the name of a zone of RFC 822, or nothing.
func (s *stamp) zone() bool {
	s.blank()
	sign := 1
	switch {
	case len(s.rest) == 0:
		return true
	case s.skip('-'):
		sign = -1
	case !s.skip('+'):
		return s.named()
	}
	hours, minutes := 0, 0
	if !s.number(&hours, 2, 2) {
		return false
	}
	if s.skip(':') || len(s.rest) > 0 {
		if !s.number(&minutes, 2, 2) {
			return false
		}
	}
	s.offset = sign * (hours*60 + minutes) * 60
	return hours < 24 && minutes < 60
}

// named is a zone with a name. Military zones but Z are UTC (RFC 2822 section 4.3).
func (s *stamp) named() bool {
	name := s.rest
	s.rest = nil
	hours := 0
	switch string(name) {
	case "Z", "z", "UT", "UTC", "GMT":
	case "EDT":
		hours = -4
	case "EST", "CDT":
		hours = -5
	case "CST", "MDT":
		hours = -6
	case "MST", "PDT":
		hours = -7
	case "PST":
		hours = -8
	default:
		if len(name) != 1 || name[0]|0x20 < 'a' || name[0]|0x20 > 'z' {
			return false
		}
	}
	s.offset = hours * 3600
	return true
}

// rfc822 is a date and a time (RFC 822 section 5.1), with or without the day of the week and the time zone.
func (s *stamp) rfc822() (time.Time, bool) {
	if i := bytes.IndexByte(s.rest, ','); i >= 0 {
		s.rest = s.rest[i+1:]
	}
	s.blank()
	if !s.number(&s.day, 1, 2) {
		return time.Time{}, false
	}
	s.blank()
	const months = "janfebmaraprmayjunjulaugsepoctnovdec"
	n := 0
	for n < len(s.rest) && s.rest[n]|0x20 >= 'a' && s.rest[n]|0x20 <= 'z' {
		n++
	}
	if n < 3 {
		return time.Time{}, false
	}
	for i := 0; i < len(months) && s.month == 0; i += 3 {
		if strings.EqualFold(months[i:i+3], string(s.rest[:3])) {
			s.month = i/3 + 1
		}
	}
	s.rest = s.rest[n:]
	s.blank()
	digits := len(s.rest)
	if !s.number(&s.year, 2, 4) {
		return time.Time{}, false
	}
	if digits-len(s.rest) == 2 {
		s.year += 1900
		if s.year < 1970 {
			s.year += 100
		}
	}
	s.blank()
	if len(s.rest) == 0 {
		return s.time(true)
	}
	return s.time(s.clock() && s.zone() && len(s.rest) == 0)
}

// time is what has been read, if it is a time.
func (s *stamp) time(ok bool) (time.Time, bool) {
	const leap = 60
	if !ok || s.month < 1 || s.month > 12 || s.hour > 24 || s.minute > 59 || s.sec > leap || s.hour == 24 && s.minute+s.sec > 0 {
		return time.Time{}, false
	}
	t := time.Date(s.year, time.Month(s.month), s.day, 0, 0, 0, 0, time.UTC)
	if t.Day() != s.day || t.Month() != time.Month(s.month) {
		return time.Time{}, false
	}
	return time.Date(s.year, time.Month(s.month), s.day, s.hour, s.minute, s.sec-s.offset, s.nanos, time.UTC), true
}
