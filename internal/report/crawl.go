package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
)

// A Crawl is what the records of a crawl add up to. Its size does not depend on how many there are.
type Crawl struct {
	name   string // of the file
	advice func(class string) string
	top    int

	records         int64
	broken          int64 // lines that are no records
	brokenFirst     int64 // number of the first of them
	brokenWhy       string
	torn            bool // the last line has no end, and is no record
	fetched, failed int64
	skipped         int64
	statusErrors    int64 // whole responses with a status from 400 on
	attempts        int64
	repeated        int64 // records of more than one attempt
	rescued         int64 // of them, the ones that ended well
	wire, body      int64 // bytes

	timed      int64 // records with a beginning
	begin, end int64 // µs since 1970
	flight     flight
	phases     [phaseFailed + 1]sketch
	lag        sketch

	classes  tally
	examples map[string]example
	statuses [1000]int64
	media    tally
	hosts    hosts
	picks    picks
}

// example is the first record of a class.
type example struct {
	URL   string `json:"url"`
	Error string `json:"error"`
}

// The phases of a fetch, in its order.
const (
	phaseQueue = iota
	phaseDNS
	phaseConnect
	phaseTLS
	phaseFirstByte
	phaseBody
	phaseTotal
	phaseFailed // the total of those that failed
)

// Bounds of what is kept apart. The classes and media types of real crawls are far below them.
const (
	maxClasses   = 200
	maxMedia     = 500
	shownClass   = 80  // characters
	shownError   = 200 // characters
	shownMedia   = 100 // characters
	maxTopPlaces = 1000
)

// ErrNoRecords says that there was not one record in what was read.
var ErrNoRecords = errors.New("no records")

// ReadCrawl reads the records of a crawl, as docs/records.md has them, to the end. name is what the report calls
// them; advice gives a sentence on a class, or ""; top is how many places lists have. Lines that are no records
// are counted, and are no error; if there is no record at all the error is ErrNoRecords, and any other is of in.
func ReadCrawl(in io.Reader, name string, top int, advice func(class string) string) (*Crawl, error) {
	c := &Crawl{
		name: name, advice: advice, top: min(max(1, top), maxTopPlaces),
		classes: newTally(maxClasses), media: newTally(maxMedia), examples: map[string]example{},
		hosts: hosts{limit: maxHosts, byName: map[string]*host{}},
	}
	c.picks = picks{random: rand.New(rand.NewPCG(1, 2)), top: c.top} //nolint:gosec // a sample, not a secret
	lines := lineReader{in: bufio.NewReaderSize(in, 64<<10)}
	var r record
	for number := int64(1); ; number++ {
		line, whole, long, err := lines.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if len(line) == 0 && !long {
			continue
		}
		if err = r.parse(line); long {
			err = fmt.Errorf("%w: longer than %d bytes", errNotRecord, maxLine)
		}
		switch {
		case err == nil:
			c.add(&r)
		case !whole:
			c.torn = true
		default:
			if c.broken++; c.broken == 1 {
				c.brokenFirst, c.brokenWhy = number, shorten(err.Error(), shownError)
			}
		}
	}
	if c.records == 0 {
		return nil, fmt.Errorf("%q: %w%s", name, ErrNoRecords, c.complaint())
	}
	return c, nil
}

// complaint is what there was instead of records.
func (c *Crawl) complaint() string {
	switch {
	case c.broken > 0:
		return fmt.Sprintf(": line %d is %s", c.brokenFirst, c.brokenWhy)
	case c.torn:
		return ": the only line is torn"
	}
	return ": it is empty"
}

func (c *Crawl) add(r *record) {
	c.records++
	class := shorten(r.Class, shownClass)
	c.classes.add(class)
	if _, known := c.examples[class]; !known && r.Class != classOK && len(c.examples) < maxClasses {
		c.examples[strings.Clone(class)] = example{strings.Clone(shorten(*r.URL, shownURL)), strings.Clone(shorten(r.Error, shownError))}
	}
	switch {
	case r.Class == classOK:
		c.fetched++
	case r.skipped():
		c.skipped++
	default:
		c.failed++
	}
	c.attempts += r.Attempts
	if r.Attempts > 1 {
		c.repeated++
		if r.Class == classOK {
			c.rescued++
		}
	}
	if r.Status > 0 {
		c.addResponse(r)
	}
	if r.Started != "" {
		c.addTimes(r)
		c.hosts.add(r)
		c.picks.add(r, c.records)
	}
}

// addResponse books that the head of a response came.
func (c *Crawl) addResponse(r *record) {
	c.statuses[r.Status]++
	if r.Class == classOK && r.Status >= 400 {
		c.statusErrors++
	}
	c.wire += r.BytesWire
	c.body += r.BytesBody
	c.media.add(shorten(r.MediaType, shownMedia))
}

// addTimes books when a fetch was made and how long it took. Phases that took no time, or that there were none
// of, are not in the record and are not counted.
func (c *Crawl) addTimes(r *record) {
	if c.timed == 0 || r.began < c.begin {
		c.begin = r.began
	}
	if c.timed == 0 || r.end > c.end {
		c.end = r.end
	}
	c.timed++
	c.flight.add(r.began, r.end, r.Class != classOK || r.Status >= 400)
	t := &r.Timings
	for phase, v := range [...]int64{t.Queue, t.DNS, t.Connect, t.TLS, t.FirstByte, t.Body} {
		if v > 0 {
			c.phases[phase].add(v)
		}
	}
	if r.Class == classOK {
		c.phases[phaseTotal].add(t.Total)
	} else {
		c.phases[phaseFailed].add(t.Total)
	}
	if r.Lag > 0 {
		c.lag.add(r.Lag)
	}
}

// seconds is how long the crawl took, from the first beginning to the last end that records tell of.
func (c *Crawl) seconds() float64 { return float64(c.end-c.begin) / 1e6 }

// rate is the records with a beginning per second of that.
func (c *Crawl) rate() float64 {
	if c.end <= c.begin {
		return 0
	}
	return float64(c.timed) / c.seconds()
}
