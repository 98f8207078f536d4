package report

import (
	"fmt"
	"io"
)

// WriteText writes the report for a terminal.
func (c *Crawl) WriteText(w io.Writer) error {
	b := append([]byte(Printable(c.name)), '\n')
	line := func(s string) {
		if s != "" {
			b = append(append(b, Printable(s)...), '\n')
		}
	}
	line(c.ledger())
	line(c.period())
	for _, s := range c.notes() {
		line(s)
	}
	table := func(t *Table) {
		if len(t.Rows) > 0 {
			b = t.appendText(append(b, '\n'))
		}
	}
	table(c.outcomes())
	table(c.statusTable())
	table(c.latencies())
	b = c.appendSparks(b)
	table(c.mediaTable())
	if c.timed > 0 {
		for _, t := range c.hostTables() {
			table(t)
		}
		line(c.hostNote())
		table(c.slowestTable())
	}
	_, err := w.Write(b)
	return err
}

// sparkColumns is how wide the timeline of a terminal is.
const sparkColumns = 60

// appendSparks draws the timeline in characters.
func (c *Crawl) appendSparks(b []byte) []byte {
	if c.timed == 0 {
		return b
	}
	inFlight := c.flight.inFlight()
	ended, failed := c.flight.ended()
	each := (len(inFlight) + sparkColumns - 1) / sparkColumns
	step := float64(c.flight.step) / 1e6 * float64(each)
	b = fmt.Appendf(b, "\nTimeline, a column is %s\n", Seconds.short(step))
	for _, row := range []struct {
		name   string
		counts []float64
		sums   bool
	}{{"in flight", inFlight, false}, {"ended", ended, true}, {"failed, or status ≥ 400", failed, true}} {
		columns := condense(row.counts, each, row.sums)
		most := maximum(columns)
		if most == 0 && row.name != "in flight" {
			continue
		}
		unit := "at most " + Count.Text(most)
		if row.sums {
			unit = "at most " + PerSecond.Text(most/step)
		}
		b = fmt.Appendf(b, "%-24s%s  %s\n", row.name, spark(columns, most), unit)
	}
	return b
}

// condense makes one value of every few: their sum, or their largest.
func condense(v []float64, each int, sums bool) []float64 {
	var all []float64
	for i := 0; i < len(v); i += each {
		part := v[i:min(i+each, len(v))]
		x := maximum(part)
		if sums {
			x = 0
			for _, y := range part {
				x += y
			}
		}
		all = append(all, x)
	}
	return all
}

// spark writes values as columns of eight heights; what is not 0 is seen.
func spark(v []float64, most float64) string {
	const heights = "▁▂▃▄▅▆▇█"
	columns := []rune(heights)
	out := make([]rune, len(v))
	for i, x := range v {
		out[i] = ' '
		if x > 0 && most > 0 {
			out[i] = columns[min(len(columns)-1, int(x/most*float64(len(columns))))]
		}
	}
	return string(out)
}
