package report

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// The tables of a crawl, the same on a terminal and on a page.

// share is n of so many in percent; 100 % is all of them, and not what is rounded up to it.
func share(n, of int64) string {
	switch {
	case of == 0:
		return "–"
	case n < of && 1000*float64(n) >= 999.5*float64(of):
		return ">99.9%"
	}
	return Percent.Text(100 * float64(n) / float64(of))
}

// outcomes are the classes with what to do about them.
func (c *Crawl) outcomes() *Table {
	t := &Table{Caption: "How URLs ended", Columns: append(append(Left("class"), Right("records", "share")...), Column{Title: "what it says", Long: true})}
	for _, k := range c.classes.sorted() {
		row := Row{Cells: []string{k.Name, Grouped(k.Count), share(k.Count, c.records), c.advice(k.Name)}}
		if e, ok := c.examples[k.Name]; ok {
			row.Note = "such as " + e.URL
			if e.Error != "" {
				row.Note += ": " + e.Error
			}
		}
		t.Rows = append(t.Rows, row)
	}
	if c.classes.others > 0 {
		t.Note = fmt.Sprintf("%s of other classes: only %d are kept apart.", Number(c.classes.others, "record", "records"), maxClasses)
	}
	return t
}

func (c *Crawl) responses() int64 {
	var n int64
	for _, k := range c.statuses {
		n += k
	}
	return n
}

func (c *Crawl) statusTable() *Table {
	t := &Table{Caption: "Status of responses", Columns: append(Left("status"), Right("responses", "share")...)}
	all := c.responses()
	for status, n := range c.statuses {
		if n > 0 {
			t.Add(strconv.Itoa(status), Grouped(n), share(n, all))
		}
	}
	return t
}

// phaseRow is the percentiles of one phase.
type phaseRow struct {
	key, title string
	sketch     *sketch
}

func (c *Crawl) phaseRows() []phaseRow {
	return []phaseRow{
		{"queue", "queue: until there was a connection or room for one", &c.phases[phaseQueue]},
		{"dns", "dns: resolving the name", &c.phases[phaseDNS]},
		{"connect", "connect: the handshake of a new connection", &c.phases[phaseConnect]},
		{"tls", "tls: the handshake of TLS after that", &c.phases[phaseTLS]},
		{"first_byte", "first byte: from the request to the answer's beginning", &c.phases[phaseFirstByte]},
		{"body", "body: from there to its end", &c.phases[phaseBody]},
		{"total", "total, of whole responses", &c.phases[phaseTotal]},
		{"total_failed", "total, of those that failed", &c.phases[phaseFailed]},
		{"lag", "lag: how late our loop was", &c.lag},
	}
}

func (c *Crawl) latencies() *Table {
	t := &Table{
		Caption: "How long it took", Columns: append(Left("phase"), Right("fetches", "p50", "p90", "p99", "p99.9", "longest")...),
		Note: "Of the last attempt of each URL, where the phase took a microsecond at least. Percentiles are within 0.8%.",
	}
	for _, p := range c.phaseRows() {
		if p.sketch.n == 0 {
			continue
		}
		cells := []string{p.title, Grouped(p.sketch.n)}
		for _, q := range [...]float64{.5, .9, .99, .999} {
			cells = append(cells, Microseconds.Text(p.sketch.quantile(q)))
		}
		t.Rows = append(t.Rows, Row{Cells: append(cells, Microseconds.Text(float64(p.sketch.max))), Strong: p.key == "total"})
	}
	return t
}

func (c *Crawl) mediaTable() *Table {
	t := &Table{Caption: "Media types", Columns: append(Left("type"), Right("responses", "share")...)}
	all, shown := c.responses(), int64(0)
	for i, k := range c.media.sorted() {
		if i == c.top {
			break
		}
		name := k.Name
		if name == "" {
			name = "(none said)"
		}
		t.Add(name, Grouped(k.Count), share(k.Count, all))
		shown += k.Count
	}
	if rest := all - shown; rest > 0 {
		t.Add("(others)", Grouped(rest), share(rest, all))
	}
	return t
}

func hostTable(caption string, all []*host) *Table {
	t := &Table{Caption: caption, Columns: append(Left("host"), Right("fetches", "failed", "4xx, 5xx", "received", "median", "p95", "longest")...)}
	for _, h := range all {
		longest := math.NaN()
		if h.total.n > 0 {
			longest = float64(h.total.max)
		}
		t.Add(shorten(h.name, 60), Grouped(h.fetches), Grouped(h.failures), Grouped(h.errors), Bytes.Text(float64(h.bytes)),
			Microseconds.Text(h.total.quantile(.5)), Microseconds.Text(h.total.quantile(.95)), Microseconds.Text(longest))
	}
	return t
}

// hostTables are the hosts by three measures.
func (c *Crawl) hostTables() []*Table {
	all := []*Table{hostTable("Hosts with the most fetches", c.hosts.busiest(c.top)), hostTable("Slowest hosts, by median", c.hosts.slowest(c.top))}
	if failing := c.hosts.failing(c.top); len(failing) > 0 {
		all = append(all, hostTable("Hosts with the most failures and statuses from 400 on", failing))
	}
	return all
}

// hostNote says how many hosts there were, and what is missing if they were too many.
func (c *Crawl) hostNote() string {
	note := Number(int64(len(c.hosts.byName)), "host", "hosts") + "."
	if n := c.hosts.others.fetches; n > 0 {
		note = fmt.Sprintf("More than %s hosts: those that came first are kept apart, and %s of the others are in no list of hosts (%s failed).",
			Grouped(int64(c.hosts.limit)), Number(n, "fetch", "fetches"), Grouped(c.hosts.others.failures))
	}
	return note
}

func (c *Crawl) slowestTable() *Table {
	t := &Table{Caption: "Slowest fetches", Columns: append(Left("URL", "class"), Right("status", "began", "connect", "tls", "first byte", "body", "total")...)}
	for i := range c.picks.slowest {
		p := &c.picks.slowest[i]
		status := "–"
		if p.status > 0 {
			status = strconv.Itoa(p.status)
		}
		t.Add(shorten(p.url, 80), p.class, status, Microseconds.Text(float64(p.began-c.begin)), phaseText(p.connect), phaseText(p.tls), phaseText(p.firstByte), phaseText(p.body),
			Microseconds.Text(float64(p.total)))
	}
	return t
}

func phaseText(us int64) string {
	if us == 0 {
		return "–"
	}
	return Microseconds.Text(float64(us))
}

// notes are the sentences that a reader of the figures needs.
func (c *Crawl) notes() []string {
	var all []string
	if c.repeated > 0 {
		all = append(all, fmt.Sprintf("%s needed more than one attempt (%s attempts in all); of these %s ended with a whole response.",
			Number(c.repeated, "URL", "URLs"), Grouped(c.attempts), Grouped(c.rescued)))
	}
	if c.lag.n > 0 {
		all = append(all, fmt.Sprintf("%s (%s of all) while our own event loop was a millisecond late or more, %s at most: that part of their times is not the server's.",
			Number(c.lag.n, "record was made", "records were made"), share(c.lag.n, c.records), Microseconds.Text(float64(c.lag.max))))
	}
	if c.broken > 0 {
		all = append(all, fmt.Sprintf("%s left out, being no records. The first is line %s: %s.", Number(c.broken, "line was", "lines were"), Grouped(c.brokenFirst), c.brokenWhy))
	}
	if c.torn {
		all = append(all, "The last line is torn and was left out: the crawl was cut off, or still runs.")
	}
	return all
}

// ledger is the first of all figures: what became of the URLs.
func (c *Crawl) ledger() string {
	s := fmt.Sprintf("%s: %s fetched", Number(c.records, "record", "records"), Grouped(c.fetched))
	if c.statusErrors > 0 {
		s += fmt.Sprintf(" (%s with a status from 400 on)", Grouped(c.statusErrors))
	}
	return s + fmt.Sprintf(", %s failed, %s skipped", Grouped(c.failed), Grouped(c.skipped))
}

// period is when and how fast, or "" if no record says.
func (c *Crawl) period() string {
	if c.timed == 0 {
		return ""
	}
	const layout = "2006-01-02 15:04:05"
	return fmt.Sprintf("%s to %s UTC: %s, %s, %s received, %s of it bodies", time.UnixMicro(c.begin).UTC().Format(layout), time.UnixMicro(c.end).UTC().Format(layout),
		Seconds.Text(c.seconds()), PerSecond.Text(c.rate()), Bytes.Text(float64(c.wire)), Bytes.Text(float64(c.body)))
}
