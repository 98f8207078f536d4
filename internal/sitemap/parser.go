package sitemap

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"crawl/internal/coding"
	"crawl/internal/link"
)

// Limits of a document, where Options has none. The protocol allows 50 MiB and 50,000 entries, and some sites go
// beyond; a parser's memory does not depend on either, so they are there to end what has no end.
const (
	DefaultMaxBytes   = 256 << 20
	DefaultMaxEntries = 500_000
)

// Why a document is refused, for errors.Is. Entries before that have been given away.
var (
	// ErrFormat: it is none of the formats. The error says what it is instead.
	ErrFormat = errors.New("not a sitemap")
	// ErrEntities: it declares entities, which nothing that is read here needs and attacks do (entity bombs, files
	// and URLs of whoever reads it).
	ErrEntities = errors.New("the sitemap declares XML entities")
	// ErrBytes and ErrEntries: it has more than Options allows.
	ErrBytes   = errors.New("the sitemap is too long")
	ErrEntries = errors.New("the sitemap has too many entries")
	// ErrPacked: it is packed with gzip, and broken. What is only cut short is no error.
	ErrPacked = errors.New("the sitemap cannot be unpacked")

	errClosed = errors.New("sitemap: written to or closed after it was closed")
)

// Why an entry is dropped, besides the errors of package link.
var (
	ErrNoAddress   = errors.New("the entry has no address")
	ErrLongAddress = fmt.Errorf("the address is longer than %d bytes", maxValue)
)

// Format is what a document is.
type Format uint8

// The formats. Unknown is what a parser has not found out.
const (
	Unknown Format = iota
	URLSet         // a sitemap in XML
	Index          // of sitemaps: its entries are sitemaps and not pages
	RSS            // 0.9x, 1.0, 2.0
	Atom           // 1.0, 0.3
	Text           // a URL a line
)

// String is the name of a format in lower case.
func (f Format) String() string {
	return [...]string{"unknown", "urlset", "index", "rss", "atom", "text"}[f]
}

// Frequency is how often a page is said to change.
type Frequency uint8

// The values of changefreq; Unspecified too where it has another.
const (
	Unspecified Frequency = iota
	Always
	Hourly
	Daily
	Weekly
	Monthly
	Yearly
	Never
)

// String is the name of a frequency in lower case, "" of Unspecified.
func (f Frequency) String() string {
	return [...]string{"", "always", "hourly", "daily", "weekly", "monthly", "yearly", "never"}[f]
}

// DefaultPriority is that of an entry that has none, or none between 0 and 1.
const DefaultPriority = 0.5

// An Entry is a page, or, in an Index, a sitemap.
type Entry struct {
	URL       link.URL  // without its fragment
	Modified  time.Time // UTC; zero: not said, or not readable. A date without a time is its first second
	Frequency Frequency
	Priority  float64
	// Outside: the page is not at the sitemap's origin, or not in its folder or below, so by the protocol the sitemap
	// has no say in it. Never of the entries of an Index, nor where Options has no URL.
	Outside bool
	Related []Related // only if they are asked for
}

// Related is an address that belongs to an entry and is not its page.
type Related struct {
	Relation Relation
	Language string // of an Alternate, as it is written; may be ""
	URL      link.URL
}

// Relation is what a Related is.
type Relation uint8

// Alternate is the page in another language or form (xhtml:link in sitemaps, link in Atom); Enclosure is a file that
// comes with it (RSS and Atom).
const (
	Alternate Relation = iota
	Enclosure
)

// String is the name of a relation in lower case.
func (r Relation) String() string { return [...]string{"alternate", "enclosure"}[r] }

// Options says how a document is read. The zero value works.
type Options struct {
	URL     link.URL // of the document, behind redirects: relative addresses and Outside go by it; zero: not known
	Charset string   // of its Content-Type; "": there is none

	MaxBytes   int64 // unpacked; default DefaultMaxBytes
	MaxEntries int   // dropped ones included; default DefaultMaxEntries
	Related    bool  // report them

	// Dropped is told of each entry that has no usable address. The address is valid during the call. Nil: nobody is.
	Dropped func(address []byte, err error)
	// Decoders is where what unpacks comes from. Nil: a new one is made.
	Decoders *coding.Pool
}

// StepBytes is the most that one call of Next takes of a document, unpacked: no more than some 500 entries fit in.
const StepBytes = 4 << 10

// Summary is what became of a document so far.
type Summary struct {
	Format  Format
	Entries int   // given away
	Dropped int   // without a usable address
	Bytes   int64 // unpacked
	// Cut: it ends before it should: within its root element, or within gzip. Only known after Close.
	Cut bool
}

// A Parser reads one document. Its methods are for one goroutine. A document is written to it; or, by who has other things to
// do meanwhile, fed, for what is packed with gzip may unpack to a thousand times what was written:
//
//	p.Feed(b)
//	for more := true; more && err == nil; {
//		more, err = p.Next()
//	}
type Parser struct {
	options Options
	in      []byte    // fed, and not taken yet
	packed  *unpacker // nil: not packed, or not known yet
	plain   bool      // it is not packed
	head    []byte    // of the document as it comes, until that is known
	text    transcoder
	err     error
	closed  bool
	bytes   int64
	cut     bool
}

// NewParser returns a parser that gives each entry to each, which may keep what it points to but not the entry itself
// nor its Related: they are used again.
func NewParser(o Options, each func(*Entry)) *Parser {
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxEntries <= 0 {
		o.MaxEntries = DefaultMaxEntries
	}
	p := &Parser{options: o}
	p.text.charset = o.Charset
	p.text.to.init(o, each)
	return p
}

// Write takes the next bytes of the document; p is not kept. An error is final: the rest need not be written.
func (p *Parser) Write(b []byte) (int, error) {
	p.Feed(b)
	for more := true; more; {
		var err error
		if more, err = p.Next(); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// Feed gives the parser the next bytes of the document. They must stay as they are until Next reports that there is no more,
// and it must have done so of what was fed before.
func (p *Parser) Feed(b []byte) { p.in = b }

// Next takes up to StepBytes of what was fed, unpacked, and reports whether there is more. An error is final.
func (p *Parser) Next() (more bool, err error) {
	if p.closed {
		return false, errClosed
	}
	if p.err == nil {
		p.err = p.step()
	}
	if p.err != nil {
		p.in = nil
		return false, p.err
	}
	return len(p.in) > 0 || p.packed != nil && p.packed.more(), nil
}

func (p *Parser) step() error {
	switch {
	case p.packed != nil:
		if len(p.in) > 0 {
			p.packed.feed(p.in)
			p.in = nil
		}
		return p.packed.step()
	case p.plain:
		b := p.in[:min(len(p.in), StepBytes)]
		p.in = p.in[len(b):]
		return p.unpacked(b)
	}
	return p.begin()
}

// begin finds out whether the document is packed.
func (p *Parser) begin() error {
	n := min(len(p.in), len(gzipMagic)-len(p.head))
	p.head = append(p.head, p.in[:n]...)
	p.in = p.in[n:]
	switch {
	case IsGzip(p.head):
		p.packed = newUnpacker(&p.options, p.unpacked)
		p.packed.feed(p.head)
		return p.packed.step()
	case len(p.head) < len(gzipMagic) && strings.HasPrefix(gzipMagic, string(p.head)):
		return nil
	}
	p.plain = true
	return p.unpacked(p.head)
}

// unpacked takes the next bytes of the document itself.
func (p *Parser) unpacked(b []byte) error {
	room := p.options.MaxBytes - p.bytes
	p.bytes += int64(len(b))
	if int64(len(b)) <= room {
		return p.text.write(b)
	}
	p.bytes = p.options.MaxBytes
	if err := p.text.write(b[:room]); err != nil {
		return err
	}
	return fmt.Errorf("%w: more than %d bytes", ErrBytes, p.options.MaxBytes)
}

// Close says that the document has ended, and returns why it was refused, if it was. An entry that has its address and
// no end is given away; an address that has no end is not, for it may be another's beginning. Of a document whose
// transfer broke off, Close makes what can be made of it.
func (p *Parser) Close() error {
	if p.closed {
		return errClosed
	}
	defer p.Stop()
	if p.err != nil {
		return p.err
	}
	if p.packed != nil {
		p.cut, p.err = p.packed.close()
	} else if !p.plain {
		p.plain = true
		p.err = p.unpacked(p.head)
	}
	if p.err == nil {
		p.err = p.text.close()
	}
	return p.err
}

// Stop ends a parser that is not going to be closed. It may be called more than once, and after Close.
func (p *Parser) Stop() {
	p.closed = true
	if p.packed != nil {
		p.packed.stop()
		p.packed, p.plain = nil, true
	}
}

// Summary tells what became of the document so far.
func (p *Parser) Summary() Summary {
	r := &p.text.to.reader
	return Summary{Format: r.format, Entries: r.entries, Dropped: r.dropped, Bytes: p.bytes, Cut: p.cut || p.closed && p.err == nil && r.root}
}
