package crawler

import (
	"strings"

	"crawl/internal/link"
)

// A trap is a site that makes up URLs without end. Two kinds are told by the URL alone: paths that repeat themselves, as a
// relative link in a page that every path leads to makes them (/a/b/a/b/a/b/…), and those of absurd length.
const (
	maxRepeats  = 3 // of the same segments in a row: the fourth time is once too often
	maxPeriod   = 4 // segments that are looked at as what repeats
	maxSegments = 48
	maxTarget   = 4 << 10 // bytes
)

// isTrap reports whether a URL looks like one that a trap has made up.
func isTrap(u *link.URL) bool {
	target := u.Target()
	if len(target) > maxTarget {
		return true
	}
	path, _, _ := strings.Cut(target, "?")
	n := strings.Count(path, "/")
	if n <= maxRepeats {
		return false
	}
	if n > maxSegments {
		return true
	}
	var all [maxSegments]string // no more than it has slashes
	segments := all[:0]
	for s := range strings.SplitSeq(path[1:], "/") {
		segments = append(segments, s)
	}
	for period := 1; period <= maxPeriod; period++ {
		same := 0 // segments in a row that are as the one a period before
		for i := period; i < len(segments); i++ {
			if segments[i] == "" || segments[i] != segments[i-period] {
				same = 0
				continue
			}
			if same++; same >= maxRepeats*period {
				return true
			}
		}
	}
	return false
}
