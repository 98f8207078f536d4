package crawler

import (
	"slices"
	"time"

	"crawl/internal/fetch"
	"crawl/internal/frontier"
	"crawl/internal/link"
)

// Follow says how a crawl follows links: which of them, how far, and how politely. A crawl without one fetches what its
// source has, and nothing else.
type Follow struct {
	Scope    Scope
	MaxDepth int         // links between a URL of the source and the last that is fetched; below 0: no limit
	Assets   bool        // what pages need to be shown is fetched too: pictures, scripts, style sheets and what these refer to
	Also     []link.Kind // what else is followed, of forms, canonical, next, prev and alternate

	Robots   RobotsPolicy
	Token    string // our product token, by which robots.txt and pages speak of us
	NoFollow bool   // links are followed whose page says not to

	Sitemaps Sitemaps // that say which URLs there are, besides links
	// SkipDuplicates leaves the links of a page alone that has the same body as another. It makes digests (Options.Digest).
	SkipDuplicates bool

	RecordSkipped bool // each URL that is skipped has a record: those that were when they were found, at the end

	Canon *link.Canon // what is left out of URLs; nil: their fragments

	Pace frontier.Pace // its PerHost is that of the Options
	// PublicDelay is the least time between the starts of two requests to a host that has turned out to be on a public
	// address.
	PublicDelay time.Duration

	MaxURLs  int64 // are asked for at most, robots.txt files apart; 0: no limit
	MaxBytes int64 // are received, and then nothing new is begun; 0: no limit
}

// kinds are those of links that are followed, a bit for each.
func (f *Follow) kinds() (set uint32) {
	for k := link.KindA; k <= link.KindRefresh; k++ {
		set |= 1 << k
	}
	for k := link.KindRefresh + 1; k <= link.KindImport; k++ {
		if f.Assets && k.IsAsset() || slices.Contains(f.Also, k) {
			set |= 1 << k
		}
	}
	return set
}

// RobotsPolicy is what robots.txt files are for.
type RobotsPolicy uint8

// The policies.
const (
	RobotsObey   RobotsPolicy = iota // what they disallow is skipped
	RobotsReport                     // it is fetched, and its record says so
	RobotsIgnore                     // they are not asked for
)

// Why a URL was not asked for: classes of URLs that are skipped.
const (
	SkipRobots   fetch.Class = "robots"
	SkipScope    fetch.Class = "scope"
	SkipExclude  fetch.Class = "exclude"
	SkipDepth    fetch.Class = "depth"
	SkipNoFollow fetch.Class = "nofollow"
	SkipTrap     fetch.Class = "trap"
)

// Skips lists them, with what to make of them.
func Skips() []fetch.Advice {
	return []fetch.Advice{
		{Class: SkipRobots, Sentence: "The site's robots.txt does not allow it, or could not be read; see crawl robots."},
		{Class: SkipScope, Sentence: "It is outside of what is crawled; see --scope."},
		{Class: SkipExclude, Sentence: "--include and --exclude leave it out."},
		{Class: SkipDepth, Sentence: "It is more links away than --max-depth allows."},
		{Class: SkipNoFollow, Sentence: "All that lead to it ask not to be followed there; see --follow-nofollow."},
		{Class: SkipTrap, Sentence: "A path that repeats itself, redirects that go on and on, a calendar far ahead: such URLs have no end; --record-skipped tells which."},
	}
}

// skips are the classes, by the numbers that the frontier keeps.
func skips() [6]fetch.Class {
	return [...]fetch.Class{SkipRobots, SkipScope, SkipExclude, SkipDepth, SkipNoFollow, SkipTrap}
}

// numberOf is the place of a class in skips.
func numberOf(class fetch.Class) uint16 {
	all := skips()
	return uint16(slices.Index(all[:], class))
}

// IsPassedOver reports whether a URL of that class was left out on purpose: by the rules of the crawl or of the site.
func IsPassedOver(class fetch.Class) bool {
	all := skips()
	return slices.Contains(all[:], class)
}

// isSkip reports whether a URL of that class was never asked for.
func isSkip(class fetch.Class) bool { return class == fetch.Input || IsPassedOver(class) }
