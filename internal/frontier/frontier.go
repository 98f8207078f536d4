package frontier

import (
	"time"

	"crawl/internal/link"
)

// A Frontier is one way to keep a crawl's URLs. It has more methods than an interface should, as it is all that a
// crawl remembers: package frontiertest says in tests what each of them promises.
//
// A URL is queued, in flight from Next until Done, Retry or Return, and again queued or waiting, or settled for good.
// Times may not go back from one call to the next.
type Frontier interface {
	// Add enters a URL, unless it is known already. User information and fragment are no part of it; two that have the same
	// link.TargetKey at the same origin are one, which is fetched as it was written where it was found first. Of a known one two
	// things may change: one that was added to be skipped, and now is not, is queued as if it were new (Added.Revived), as it is
	// written now; and one that is pending is as deep as the shortest way to it, but keeps its priority, and of Options.Shared has in its
	// Kind what all links to it have. A link to be skipped changes nothing.
	Add(u *link.URL, l Link, now time.Time) Added
	// Knows reports that Add would change nothing, whether l is to be skipped or not. Most links of a crawl are such, and who asks
	// need not judge them.
	Knows(u *link.URL, l Link) bool
	// Next gives out the URL to be fetched now, of the host that has waited longest for its turn; false if
	// there is none. Within a host, lower priorities go first; of equal ones those that have been tried before, in the order
	// in which they became due, then the others in the order of Add.
	Next(now time.Time) (Entry, bool)
	// NextAt is when Next is worth another try; false if nothing will come of waiting alone. It is never too late, but
	// may be too early.
	NextAt() (time.Time, bool)

	// Done settles a URL in flight as Fetched, Failed or Skipped.
	Done(k Key, s State, v Visit, now time.Time)
	// Retry has a URL in flight wait until due. Its host's other URLs do not wait for it.
	Retry(k Key, due time.Time, v Visit, now time.Time)
	// Return puts a URL in flight back before all others of its priority, as if it had not been tried. The visit may have been
	// one for something else, such as robots.txt.
	Return(k Key, v Visit, now time.Time)

	// Hold begins or ends a time in which a host is not asked.
	Hold(h HostID, held bool, now time.Time)
	// SetCrawlDelay has a host asked as seldom as its robots.txt wants it (0: it does not say).
	SetCrawlDelay(h HostID, d time.Duration, now time.Time)
	// Note is a number that belongs to the caller, one for each host, at first 0.
	Note(h HostID) uint32
	SetNote(h HostID, note uint32)

	// URL is what stands for k, as it was written.
	URL(k Key) link.URL
	// Kind is that of k at present: it may have changed since Next.
	Kind(k Key) uint16
	// Find is the key of a URL and what has become of it, or of the first that is one with it; false if none was ever added.
	Find(u *link.URL) (Key, State, bool)
	// NextSkipped is the URL behind that number, in the order of Add, that was added to be skipped and is skipped; false if there
	// is none. So all are had, beginning with 0. Those that Done has settled are not among them.
	NextSkipped(after URLID) (Entry, bool)
	// Host tells what is known of a host.
	Host(h HostID) Host
	// Counts is exact at any time, and costs nothing.
	Counts() Counts
	// Busiest are the n hosts with most in flight and pending, of those that a bounded look finds.
	Busiest(n int) HostList
	// CriticalPath is the host that takes longest for what it has pending, and how long that is at its present pace: no
	// number of workers is faster. It is found by a bounded look, and so may be less than that. Without a host to wait
	// for both are 0.
	CriticalPath(now time.Time) (of HostID, left time.Duration)
}

// HostID is the number of a host, which here is an origin: scheme, name and port. Numbers begin at 1.
type HostID uint32

// URLID is the number of a URL. Numbers begin at 1.
type URLID uint32

// Key says where a URL belongs. No two URLs of a shard have the same; the zero value is none.
type Key struct {
	Shard uint16
	Host  HostID
	URL   URLID
}

// Link is how a URL was found.
type Link struct {
	From  Key // the URL that led to it; the zero value: none, it was given
	Depth int // links between it and what was given, up to 65,535
	// Bias changes the priority, which is Depth + Bias, from -128 to 127: what is beyond is as urgent as what is at
	// the bound. The URL with the lowest goes first.
	Bias int
	Kind uint16 // belongs to the caller
	Skip bool   // it is not to be fetched: settled as Skipped at once
	// Exact says that a URL is another one than those that only have its key and were not to be skipped: they are known, it is
	// not. That is so where a redirect leads: it may well lead from one spelling to the other. With Skip it says nothing.
	Exact bool
}

// Added is what Add did.
type Added struct {
	Key     Key
	New     bool // it was not known
	NewHost bool // nor was its host
	Revived bool // it was to be skipped until now; Kind is that of the Link that said so
	Kind    uint16
	// Refused says that it is not known and cannot be, for its host has all the URLs that it may have, or the
	// numbers are used up. It is in no account.
	Refused bool
}

// Entry is a URL in flight.
type Entry struct {
	Key     Key
	URL     link.URL
	From    Key
	Depth   int
	Kind    uint16
	Attempt int // 1 for the first; at most 255 are counted
}

// State is what has become of a URL.
type State uint8

// What Done gives are the last three.
const (
	Queued   State = iota + 1 // may be fetched when its host's turn comes
	InFlight                  // between Next and what became of it
	Waiting                   // for its next attempt to be due
	Fetched
	Failed
	Skipped
)

// Counts accounts for every URL.
type Counts struct {
	Queued, InFlight, Waiting int64 // pending
	Fetched, Failed, Skipped  int64 // settled
	Refused                   int64 // calls of Add; not discovered
	Hosts                     int64
}

// Pending is how many are not settled.
func (c Counts) Pending() int64 { return c.Queued + c.InFlight + c.Waiting }

// Discovered is all of them: fetched, failed, skipped and pending.
func (c Counts) Discovered() int64 { return c.Fetched + c.Failed + c.Skipped + c.Pending() }

// Host is what is known of a host.
type Host struct {
	ID     HostID
	Shard  uint16
	Origin string // as in https://example.org:8443

	Queued, InFlight, Waiting int
	Fetched, Failed, Skipped  int

	Held     bool
	Failures int           // visits without a whole answer since the last with one; 65,535 are counted
	Latency  time.Duration // of its answers, smoothed; 0: not known
	Interval time.Duration // between the starts of two requests, at present
}

// Pending is how many of its URLs are not settled.
func (h *Host) Pending() int { return h.Queued + h.InFlight + h.Waiting }

// HostList is the answer to a question after the busiest hosts.
type HostList struct {
	Busiest []Host // first those with most in flight and pending; none has nothing
	// Sampled says that there are more hosts than one question looks at. Then these are the busiest of a part, another each
	// time, and of those in the last answer: so who is found stays found.
	Sampled bool
}
