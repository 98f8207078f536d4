package crawler

import (
	"strings"

	"crawl/internal/link"
)

// A calendar has a page for each month, and a link to the next, without end. Numbers that look like dates are also those of parts and
// threads (/4711-01, /thread/2100/3), so a URL is not judged by itself: only when a page about a plausible time leads to one about a time
// far ahead, and both have it at the same place of their URLs.
const (
	firstYear = 1970
	// farYears is how far ahead of the crawl's begin a calendar is followed: people plan no more than that.
	farYears = 10
)

// moment is a time that a URL names: /2027/04, /2027-04, /2027-04-30, =2027-04, or year=2027.
type moment struct {
	place string // what stands before it: a path, or a path with the name of a parameter
	year  int    // 0: none
}

// leadsAstray reports whether a page about that time leads to one that is too far ahead for a crawl that began in the year now.
func (m *moment) leadsAstray(to *link.URL, now int) bool {
	if m.year < firstYear || m.year > now+farYears {
		return false
	}
	next := momentOf(to.Target())
	return next.year > now+farYears && next.place == m.place
}

// momentOf is the first time that a target names.
func momentOf(target string) moment {
	path, query, _ := strings.Cut(target, "?")
	for i := range len(path) {
		if path[i] == '/' && isMonth(path[i+1:], "/-") {
			return moment{path[:i+1], number(path[i+1 : i+5])}
		}
	}
	for query != "" {
		var parameter string
		parameter, query, _ = strings.Cut(query, "&")
		name, value, _ := strings.Cut(parameter, "=")
		if isMonth(value, "-") || len(value) == 4 && areDigits(value) && strings.HasSuffix(strings.ToLower(name), "year") {
			return moment{path + "?" + name, number(value[:4])}
		}
	}
	return moment{}
}

// isMonth reports whether s begins with a year and a month, with one of the separators between them, and no more digits or letters.
func isMonth(s, separators string) bool {
	if len(s) < 6 || !areDigits(s[:4]) || strings.IndexByte(separators, s[4]) < 0 {
		return false
	}
	end := 5
	for end < len(s) && areDigits(s[end:end+1]) {
		end++
	}
	if n := end - 5; n < 1 || n > 2 || number(s[5:end]) < 1 || number(s[5:end]) > 12 {
		return false
	}
	return end == len(s) || strings.IndexByte("/-.;", s[end]) >= 0
}

func areDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// number is that of a few digits.
func number(digits string) (n int) {
	for i := range len(digits) {
		n = 10*n + int(digits[i]-'0')
	}
	return n
}
