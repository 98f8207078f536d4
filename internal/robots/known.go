package robots

import (
	"strconv"
	"strings"
	"time"
)

// Standing is what the last fetch of a robots.txt has come to (RFC 9309 section 2.3.1).
type Standing uint8

// The standings. The zero value is that nobody has asked yet.
const (
	Unasked     Standing = iota
	Successful           // there is a file: its rules count
	Unavailable          // there is none: everything is allowed
	Unreachable          // there is no telling: nothing is allowed, unless there is an earlier file
)

// String is the word of the RFC.
func (s Standing) String() string {
	return [...]string{"unasked", "successful", "unavailable", "unreachable"}[s]
}

// How long what is known counts.
const (
	// DefaultLifetime is the longest, too: a file is not used for more than a day (RFC 9309 section 2.4).
	DefaultLifetime = 24 * time.Hour
	// MinLifetime is the shortest. A file that may not be cached would have to be fetched for every page; so a crawl
	// fetches it twelve times an hour at most.
	MinLifetime = 5 * time.Minute
	// firstRetry is when a file that could not be reached is asked for again; each further time takes twice as long, up to
	// DefaultLifetime.
	firstRetry = time.Minute
	// GiveUp is when a file that has never been reached counts as one that is not there (RFC 9309 section 2.3.1.4).
	GiveUp = 30 * 24 * time.Hour
	// MaxRedirects is how many redirects a crawler follows to get the file, to other hosts too; what is behind more is
	// not there (section 2.3.1.2).
	MaxRedirects = 5
)

// An Answer is how a fetch of a robots.txt ended.
type Answer struct {
	// Status is that of the last response, after MaxRedirects redirects at most; 0 without a whole one, be it that a name was not
	// found, a time limit passed or the body was cut off. A body that was left because it is longer than Limit is
	// whole.
	Status     int
	Rules      Rules         // of the body, with a status from 200 to 299
	Lifetime   time.Duration // as Lifetime has it of the response's Cache-Control; 0 is DefaultLifetime
	RetryAfter time.Duration // what the response asks to wait; 0 if it does not
}

// Standing is what the RFC calls such an end. 429 is among the 5xx, as with Google: a server that is asked for too much is not one
// without rules. So are statuses that HTTP does not have. A 3xx is one that was not followed.
func (a Answer) Standing() Standing {
	switch status := a.Status; {
	case status >= 200 && status < 300:
		return Successful
	case status >= 300 && status < 500 && status != 429:
		return Unavailable
	}
	return Unreachable
}

// Known is what is known of the robots.txt of a host, from one fetch of it to the next, in 48 bytes and what its Rules have. The zero
// value is a host that has not been asked; nothing is known of it, so it must be asked first.
type Known struct {
	Rules Rules // what a crawler has to obey now

	due, since int64 // when to ask again; when it began to be unreachable: seconds since 1970
	standing   Standing
	copied     bool  // Rules are those of a file that was there once
	failures   uint8 // since then, in a row
}

// After is what is known after one more fetch, which ended at now with a.
//
// A file that has become unreachable counts on as it was, for as long as it takes: that is allowed then, beyond a day too
// (RFC 9309 sections 2.3.1.4 and 2.4). If there has never been one, nothing is allowed, and after GiveUp everything is.
// A 304, which answers a request for a change of the file, says that it is as it was.
func (k Known) After(a Answer, now time.Time) Known {
	lifetime := a.Lifetime
	if lifetime == 0 {
		lifetime = DefaultLifetime
	}
	next := Known{standing: a.Standing(), due: now.Add(clamp(lifetime)).Unix()}
	switch {
	case a.Status == 304 && k.copied:
		next.standing, next.Rules, next.copied = Successful, k.Rules, true
	case next.standing == Successful:
		next.Rules, next.copied = a.Rules, true
	case next.standing == Unreachable:
		next.since, next.failures = k.since, min(k.failures, 20)+1
		if k.failures == 0 {
			next.since = now.Unix()
		}
		wait := max(firstRetry<<(next.failures-1), a.RetryAfter)
		next.due = now.Add(min(wait, DefaultLifetime)).Unix()
		switch {
		case k.copied:
			next.Rules, next.copied = k.Rules, true
		case now.Unix()-next.since < int64(GiveUp/time.Second):
			next.Rules = Nothing()
		}
	}
	return next
}

// Standing is what the last fetch has come to.
func (k Known) Standing() Standing { return k.standing }

// Due is when the file is to be asked for again. Until that has been done, what is known counts.
func (k Known) Due() time.Time {
	if k.standing == Unasked {
		return time.Time{}
	}
	return time.Unix(k.due, 0)
}

// Lifetime is how long a file may be used, by the Cache-Control field of its response (RFC 9111 section 5.2.2), "" if it has
// none: from MinLifetime to DefaultLifetime. Several fields are joined with commas.
func Lifetime(cacheControl string) time.Duration {
	lifetime := DefaultLifetime
	for directive := range strings.SplitSeq(cacheControl, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "no-store", "no-cache":
			return MinLifetime
		case "max-age":
			value = strings.Trim(strings.TrimSpace(value), `"`)
			seconds, err := strconv.ParseUint(value, 10, 31)
			if err == nil {
				lifetime = min(lifetime, time.Duration(seconds)*time.Second)
			}
		}
	}
	return clamp(lifetime)
}

func clamp(d time.Duration) time.Duration { return min(max(d, MinLifetime), DefaultLifetime) }
