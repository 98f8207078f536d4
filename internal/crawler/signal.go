package crawler

import (
	"math/bits"
	"time"

	"crawl/internal/fetch"
)

// Signal names what may happen in a crawl. The values are bits: several are asked for together.
type Signal uint16

// The signals. Behind each is what its events have, besides Signal and At.
const (
	URLDiscovered Signal = 1 << iota // URL, Depth, Referrer; it is pending
	URLSkipped                       // URL, Class, and Err if it has a record: it was not asked for, and is not unless a URLRevived follows
	URLRevived                       // URL as it is written now, Depth, Referrer: skipped until now for Class, it is pending
	URLSettled                       // URL, Class, Status, Attempt, Err: it was fetched, or has failed; there will be no more of it
	FetchStarted                     // URL, Attempt, Robots
	FetchDone                        // URL, Attempt, Robots, Class, Status, Bytes, Took, Err
	Retried                          // URL, Attempt that has ended, Robots; Wait until the next one at least
	HostPaused                       // Host, Cause; Wait, if it is known: the host is asked for nothing, or for nothing but robots.txt
	HostResumed                      // Host, Cause: the end of a pause without Wait
	RobotsRead                       // Host, Cause (what it stands for, a word of RFC 9309), Status, Class, Err; Wait is the host's delay from now on
	Pressure                         // Class: this machine had no descriptor, port or memory for a connection
	LimitReached                     // Cause: the name of the flag; nothing new is begun
	CrawlPaused
	CrawlResumed
	CrawlDone // the last

	AllSignals = CrawlDone<<1 - 1
)

// Causes of HostPaused.
const (
	CauseRobots     = "robots"      // its robots.txt is being read, or tried again
	CauseRetryAfter = "retry-after" // it has asked for a wait
	CauseThrottled  = "throttled"   // it has answered 429 or 503, and is asked less often
)

// String is the name of one signal, as it stands in a log of events.
func (s Signal) String() string {
	names := [...]string{
		"url_discovered", "url_skipped", "url_revived", "url_settled", "fetch_started", "fetch_done", "retried", "host_paused",
		"host_resumed", "robots_read", "pressure", "limit_reached", "crawl_paused", "crawl_resumed", "crawl_done",
	}
	return names[bits.TrailingZeros16(uint16(s))]
}

// Event is something that has happened. Which fields it has, its signal says; the others are zero.
type Event struct {
	Signal   Signal
	At       time.Duration // since the crawl began
	URL      string        // as its record has it
	Referrer string        // "": it was given
	Host     string        // as https://example.org
	Cause    string
	Class    fetch.Class
	Status   int // 0: no response
	Attempt  int // 1 is the first
	Depth    int
	Bytes    int64 // received
	Took     time.Duration
	Wait     time.Duration
	Robots   bool // a robots.txt, which is no URL of the crawl
	Err      error
}

// AppendJSON appends the event as one line of JSON. docs/live.md has the fields.
func (e *Event) AppendJSON(b []byte) []byte {
	b = append(b, `{"at":`...)
	b = appendSeconds(b, e.At)
	b = appendField(b, `,"event":`, e.Signal.String())
	b = appendField(b, `,"url":`, e.URL)
	b = appendField(b, `,"referrer":`, e.Referrer)
	b = appendField(b, `,"host":`, e.Host)
	b = appendField(b, `,"cause":`, e.Cause)
	b = appendField(b, `,"class":`, string(e.Class))
	for _, number := range [...]struct {
		name string
		n    int64
	}{{`,"status":`, int64(e.Status)}, {`,"attempt":`, int64(e.Attempt)}, {`,"depth":`, int64(e.Depth)}, {`,"bytes":`, e.Bytes}} {
		if number.n != 0 {
			b = appendInt(b, number.name, number.n)
		}
	}
	if e.Took > 0 {
		b = appendSeconds(append(b, `,"took":`...), e.Took)
	}
	if e.Wait > 0 {
		b = appendSeconds(append(b, `,"wait":`...), e.Wait)
	}
	if e.Robots {
		b = append(b, `,"robots":true`...)
	}
	if e.Err != nil {
		b = appendField(b, `,"error":`, e.Err.Error())
	}
	return append(b, "}\n"...)
}

// appendSeconds writes d in seconds with six digits behind the point.
func appendSeconds(b []byte, d time.Duration) []byte {
	us := max(0, d.Microseconds())
	b = appendInt(b, "", us/1e6)
	return appendDigits(append(b, '.'), int(us%1e6), 6)
}

// hears reports whether anybody wants to know of s. Who does not ask makes an event for nobody.
func (c *Crawler) hears(s Signal) bool { return c.heard&s != 0 }

// publish gives e to who wants it. The caller holds the lock.
func (c *Crawler) publish(e Event) {
	if !c.hears(e.Signal) {
		return
	}
	e.At = c.engine.Now().Sub(c.began)
	for _, s := range c.subscriptions {
		if s.signals&e.Signal != 0 {
			s.put(&e)
		}
	}
}
