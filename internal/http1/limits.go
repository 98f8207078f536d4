package http1

// The defaults of [Limits]: far above what honest servers send, far below what hurts.
const (
	// DefaultHead is what curl allows for all fields of a response (300 KB), rounded down. Node allows 16
	// KiB, browsers 256 KiB.
	DefaultHead = 256 << 10
	// DefaultLine is the longest line Python's http.client reads. The longest honest ones, content
	// security policies and piles of tracking cookies, stay below 16 KiB.
	DefaultLine = 64 << 10
	// DefaultFields bounds the table of fields to 20 KB. Honest heads have fewer than 100.
	DefaultFields = 1000
	// DefaultTrailer is ample for digests and timings, which is all that trailers carry.
	DefaultTrailer = 16 << 10

	// maxOffset keeps every offset into a head within 32 bits, whatever the limits say.
	maxOffset = 1 << 30
)

// Limits bounds what a peer may send. A value of zero or less means the default.
type Limits struct {
	Head    int // bytes of a whole head, blank line included
	Line    int // bytes of one line of a head or a trailer section, line end included
	Fields  int // fields of a head, and of a trailer section
	Trailer int // bytes of a trailer section
}

func (l Limits) head() int    { return limit(l.Head, DefaultHead) }
func (l Limits) line() int    { return limit(l.Line, DefaultLine) }
func (l Limits) fields() int  { return limit(l.Fields, DefaultFields) }
func (l Limits) trailer() int { return limit(l.Trailer, DefaultTrailer) }

func limit(set, preset int) int {
	if set <= 0 {
		return preset
	}
	return min(set, maxOffset)
}
