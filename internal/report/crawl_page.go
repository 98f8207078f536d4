package report

import (
	"fmt"
	"io"
	"strconv"
)

// WriteHTML writes the report as a page.
func (c *Crawl) WriteHTML(w io.Writer) error { return c.Page().WriteHTML(w) }

// Page is the report as a page. A caller that knows more than the records do may add sections.
func (c *Crawl) Page() *Page {
	p := &Page{Title: "Crawl report", Lead: []string{c.name}, Foot: "Made from the records alone. The page is one file: it loads nothing and tells nobody that it was read."}
	if s := c.period(); s != "" {
		p.Lead = append(p.Lead, s+".")
	}
	p.Sections = append(p.Sections, c.overview())
	if c.timed > 0 {
		p.Sections = append(p.Sections, c.timeSection(), c.latencySection(), c.hostSection(), c.fetchSection())
	}
	p.Sections = append(p.Sections, Section{Title: "What came back", Blocks: []Block{Grid{Pile{c.statusTable()}, Pile{c.mediaTable()}}}})
	return p
}

func (c *Crawl) overview() Section {
	s := Section{Title: "How it went", Blocks: []Block{Headline{
		{Name: "Records", Value: Grouped(c.records), Note: fmt.Sprintf("%s skipped", Grouped(c.skipped))},
		{Name: "Fetched", Value: share(c.fetched, c.records), Note: fmt.Sprintf("%s with a status from 400 on", Grouped(c.statusErrors))},
		{Name: "Failed", Value: share(c.failed, c.records), Note: Number(c.failed, "URL", "URLs")},
		{Name: "Rate", Value: PerSecond.Text(c.rate()), Note: "over " + Seconds.Text(c.seconds())},
		{Name: "Median", Value: Microseconds.Text(c.phases[phaseTotal].quantile(.5)), Note: "p99 " + Microseconds.Text(c.phases[phaseTotal].quantile(.99))},
		{Name: "Received", Value: Bytes.Text(float64(c.wire)), Note: Bytes.Text(float64(c.body)) + " of bodies"},
	}}}
	s.Blocks = append(s.Blocks, Notice(c.notes()))
	charts := Grid{c.classChart()}
	if c.responses() > 0 {
		charts = append(charts, c.statusChart())
	}
	s.Blocks = append(s.Blocks, charts, c.outcomes())
	return s
}

func (c *Crawl) classChart() *Bars {
	b := &Bars{Title: "How URLs ended", Note: "Striped: not a whole response."}
	for i, k := range c.classes.sorted() {
		if i == c.top {
			b.Note += " The rest is in the table."
			break
		}
		b.Bars = append(b.Bars, Bar{Name: k.Name, Value: float64(k.Count), Text: Grouped(k.Count) + " · " + share(k.Count, c.records), Tip: c.advice(k.Name), Bad: k.Name != classOK})
	}
	b.Description = c.ledger() + "."
	return b
}

func (c *Crawl) statusChart() *Bars {
	b := &Bars{Title: "Status of responses", Note: "Striped: from 400 on.", Description: fmt.Sprintf("Of %s, ", Number(c.responses(), "response", "responses"))}
	classes := map[int]int64{}
	for status, n := range c.statuses {
		if n > 0 {
			b.Bars = append(b.Bars, Bar{Name: strconv.Itoa(status), Value: float64(n), Text: Grouped(n) + " · " + share(n, c.responses()), Bad: status >= 400})
			classes[status/100] += n
		}
	}
	for i := range 10 {
		if classes[i] > 0 {
			b.Description += fmt.Sprintf("%s with %dxx, ", Grouped(classes[i]), i)
		}
	}
	b.Description = b.Description[:len(b.Description)-2] + "."
	return b
}

func (c *Crawl) timeSection() Section {
	step := float64(c.flight.step) / 1e6
	inFlight := c.flight.inFlight()
	ended, failed := c.flight.ended()
	var mean float64
	for _, v := range inFlight {
		mean += v / float64(len(inFlight))
	}
	return Section{Title: "Over time", Blocks: []Block{Grid{
		&Timeline{
			Title: "Fetches in flight", Y: "in flight", Step: step, Layers: []Layer{{Name: "in flight", Counts: inFlight}},
			Description: fmt.Sprintf("%s at most, %s on the average, over %s.", Count.Text(maximum(inFlight)), Count.Text(mean), Seconds.Text(c.seconds())),
			Note:        fmt.Sprintf("Averages of steps of %s; the last attempt of each URL.", Seconds.short(step)),
		},
		&Timeline{
			Title: "Fetches ended", Y: "in each step of " + Seconds.short(step), Step: step,
			Layers:      []Layer{{Name: "all", Counts: ended}, {Name: "failed, or a status from 400 on", Counts: failed, Bad: true}},
			Description: fmt.Sprintf("At most %s ended in a step of %s, and at most %s of them badly.", Count.Text(maximum(ended)), Seconds.short(step), Count.Text(maximum(failed))),
		},
	}}}
}

func (c *Crawl) latencySection() Section {
	l := &Lines{Title: "Time of a fetch", X: Axis{Title: "percentile", Scale: Tail}, Y: Axis{Title: "time", Unit: Microseconds, Scale: Log}}
	for i, p := range []struct {
		name  string
		phase int
		look  int
	}{{"total", phaseTotal, 4}, {"first byte", phaseFirstByte, 3}, {"body", phaseBody, 6}, {"connect", phaseConnect, 1}, {"tls", phaseTLS, 2}, {"failed", phaseFailed, 5}} {
		k := &c.phases[p.phase]
		if k.n == 0 {
			continue
		}
		s := Series{Name: p.name, Look: p.look, Strong: i == 0}
		for _, q := range Quantiles(k.n) {
			s.Points = append(s.Points, Point{X: q.Share, Y: max(1, k.quantile(q.Share)), Bare: !q.Named})
		}
		l.Series = append(l.Series, s)
	}
	t := &c.phases[phaseTotal]
	l.Description = "Whole responses took " + Microseconds.Text(t.quantile(.5)) + " in the median, " + Microseconds.Text(t.quantile(.99)) + " at the 99th percentile."
	if t.n == 0 {
		l.Description = "There is no whole response."
	}
	return Section{Title: "How long it took", Blocks: []Block{Grid{l}, c.latencies()}}
}

func (c *Crawl) hostSection() Section {
	s := Section{Title: "Hosts", Blocks: []Block{Paragraph(c.hostNote())}}
	if slow := c.hosts.slowest(min(c.top, 12)); len(slow) > 0 {
		b := &Bars{Title: "Slowest hosts", Unit: Microseconds, Description: fmt.Sprintf("The slowest is %s with a median of %s.", slow[0].name, Microseconds.Text(slow[0].total.quantile(.5)))}
		for _, h := range slow {
			median, p95 := h.total.quantile(.5), h.total.quantile(.95)
			b.Bars = append(b.Bars, Bar{Name: h.name, Value: median, Text: Microseconds.Text(median) + " · p95 " + Microseconds.Text(p95), Tip: "Of " + Number(h.total.n, "whole response", "whole responses")})
		}
		s.Blocks = append(s.Blocks, Grid{b})
	}
	for _, t := range c.hostTables() {
		if len(t.Rows) > 0 {
			s.Blocks = append(s.Blocks, t)
		}
	}
	return s
}

func (c *Crawl) fetchSection() Section {
	sample := c.picks.spread()
	spans, mean := make([]Span, len(sample)), 0.0
	for i := range sample {
		spans[i] = sample[i].span()
		mean += float64(sample[i].total) / float64(len(sample))
	}
	w := &Waterfall{Title: "Some fetches", Phases: waitPhases(), Spans: spans, Aligned: mean < AlignBelow*float64(c.end-c.begin)}
	w.Description = fmt.Sprintf("%s from all over the crawl, %s on the average.", Number(int64(len(spans)), "fetch", "fetches"), Microseconds.Text(mean))
	w.Note = "Each where it was in time."
	if w.Aligned {
		w.Note = "In the order in which they began; each begins at the left edge."
	}
	slow := &Waterfall{Title: "The slowest fetches", Phases: waitPhases(), Aligned: true, Labels: true, Note: "Each begins at the left edge."}
	for i := range c.picks.slowest[:min(len(c.picks.slowest), 15)] {
		slow.Spans = append(slow.Spans, c.picks.slowest[i].span())
	}
	slow.Description = fmt.Sprintf("The slowest took %s.", Microseconds.Text(float64(c.picks.slowest[0].total)))
	return Section{Title: "Single fetches", Blocks: []Block{Grid{w, slow}, c.slowestTable()}}
}

func waitPhases() []string {
	return []string{"until there was a connection", "waiting for the first byte", "the rest"}
}

// span is a fetch as a bar. What is between the phases is part of the next.
func (p *pick) span() Span {
	begin := float64(p.began)
	end := begin + float64(p.total)
	connected := min(end, begin+float64(p.queue+p.dns+p.connect+p.tls))
	if p.firstByte == 0 && p.body == 0 && p.status == 0 && p.connect > 0 {
		return Span{Name: p.label(), Begin: begin, Ends: []float64{connected, end}, Bad: p.class != classOK}
	}
	first := min(end, connected+float64(p.firstByte))
	if p.firstByte == 0 && p.status == 0 {
		first = end // it waited, and nothing came
	}
	return Span{Name: p.label(), Begin: begin, Ends: []float64{connected, first, end}, Bad: p.class != classOK}
}

func (p *pick) label() string {
	if p.class != classOK {
		return p.class + " " + p.url
	}
	return p.url
}
