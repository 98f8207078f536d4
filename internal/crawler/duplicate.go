package crawler

import (
	"crawl/internal/frontier"
)

// bodies are the different bodies that pages of a crawl had, each with the page that had it first: that was done first, which with several
// in flight is not always the one that was found first. A body is known by half of its SHA-256, which nobody can make equal
// in a lifetime. A body takes 32 bytes, and up to as much again for room in the map.
type bodies map[[16]byte]original

// original is the page of a body.
type original struct {
	page   frontier.Key
	closed bool // its links have not been entered
}

// note notes that page has the body of that digest; closed says that its links are not to be entered. It returns the page that had it
// before, the zero value if it is the first, and whether the links of that body have been entered.
func (b bodies) note(digest []byte, page frontier.Key, closed bool) (first frontier.Key, entered bool) {
	half := [16]byte(digest)
	o, known := b[half]
	if !known {
		b[half] = original{page, closed}
		return frontier.Key{}, false
	}
	if o.closed && !closed {
		b[half] = original{o.page, false}
	}
	return o.page, !o.closed
}

// compare looks whether another page had the body that a worker has read, for the record to say so. It reports whether links of
// the page are to be left alone for it.
func (w *walk) compare(of *worker, closed bool) bool {
	b, res := of.body, &of.response
	if b.hash == nil || res.Status != 200 || res.BytesBody == 0 {
		return false
	}
	var entered bool
	b.original, entered = w.bodies.note(b.hash.Sum(b.sum[:0]), of.job.errand.Key, closed)
	return entered && w.follow.SkipDuplicates
}
