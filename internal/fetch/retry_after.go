package fetch

import "time"

// maxRetryAfter is the longest wait that is told, about 31 years: what is longer is as good as for ever.
const maxRetryAfter = 1_000_000_000 * time.Second

// parseRetryAfter reads the field Retry-After (RFC 9110 section 10.2.3), seconds or a date. What is neither, or is over,
// is 0.
func parseRetryAfter(value string, now time.Time) time.Duration {
	if value == "" {
		return 0
	}
	seconds := int64(0)
	for i := range len(value) {
		if value[i] < '0' || value[i] > '9' {
			at, ok := parseDate(value, now)
			if !ok {
				return 0
			}
			return min(max(0, at.Sub(now)), maxRetryAfter)
		}
		seconds = min(seconds*10+int64(value[i]-'0'), int64(maxRetryAfter/time.Second))
	}
	return time.Duration(seconds) * time.Second
}

// parseDate reads a date of HTTP in any of its three formats (RFC 9110 section 5.6.7). A year of two digits is
// in the past if it would be more than 50 years ahead of now.
func parseDate(s string, now time.Time) (time.Time, bool) {
	const (
		fixed   = "Mon, 02 Jan 2006 15:04:05 GMT"
		rfc850  = "Monday, 02-Jan-06 15:04:05 GMT"
		asctime = "Mon Jan _2 15:04:05 2006"
	)
	for _, layout := range [...]string{fixed, rfc850, asctime} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if layout == rfc850 {
			t = nearestCentury(t, now)
		}
		return t, true
	}
	return time.Time{}, false
}

// nearestCentury moves a date by centuries until it is at most 50 years ahead, and as late as can be.
func nearestCentury(t, now time.Time) time.Time {
	latest := now.AddDate(50, 0, 0)
	for t.After(latest) {
		t = t.AddDate(-100, 0, 0)
	}
	for next := t.AddDate(100, 0, 0); !next.After(latest); next = t.AddDate(100, 0, 0) {
		t = next
	}
	return t
}
