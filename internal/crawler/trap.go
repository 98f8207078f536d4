package crawler

import (
	"fmt"
	"strings"

	"crawl/internal/link"
)

// A trap is a site that makes up URLs without end; by which rule a URL is one. Two kinds are told by the URL alone: paths that
// repeat themselves, as a relative link in a page that every path leads to makes them (/a/b/a/b/a/b/…), and those of absurd
// length. See also moment, and maxHops.
type trap uint8

const (
	noTrap trap = iota
	trapLength
	trapFolders
	trapRepeats
	trapRedirects
	trapDate
	trapNested
	trapSitemaps
)

// err is the rule in words.
func (t trap) err() error {
	switch t {
	case trapLength:
		return fmt.Errorf("path and query are longer than %d bytes", maxTarget)
	case trapFolders:
		return fmt.Errorf("more than %d folders", maxSegments)
	case trapRepeats:
		return fmt.Errorf("the path has the same folders %d times in a row", maxRepeats+1)
	case trapRedirects:
		return fmt.Errorf("more than %d redirects in a row", maxHops)
	case trapDate:
		return fmt.Errorf("a calendar that goes on for more than %d years", farYears)
	case trapNested:
		return fmt.Errorf("more than %d sitemap indexes lead to it", maxNested)
	case trapSitemaps:
		return fmt.Errorf("a sitemap, of which there are more than %d", maxSitemaps)
	}
	return nil
}

const (
	maxRepeats  = 3 // of the same segments in a row: the fourth time is once too often
	maxPeriod   = 4 // segments that are looked at as what repeats
	maxSegments = 48
	maxTarget   = 4 << 10 // bytes
)

// trapOf is why a URL looks like one that a trap has made up.
func trapOf(u *link.URL) trap {
	target := u.Target()
	if len(target) > maxTarget {
		return trapLength
	}
	path, _, _ := strings.Cut(target, "?")
	n := strings.Count(path, "/")
	if n <= maxRepeats {
		return noTrap
	}
	if n > maxSegments {
		return trapFolders
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
				return trapRepeats
			}
		}
	}
	return noTrap
}
