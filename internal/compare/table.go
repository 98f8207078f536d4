package compare

import (
	"fmt"
	"io"
	"strings"

	"crawl/internal/modes"
	"crawl/internal/report"
)

// none stands where there is no figure.
const none = "–"

// costs is the table of what the work cost at a concurrency, one row a mode.
func (r *Result) costs(concurrency int) *report.Table {
	t := &report.Table{
		Caption: "At " + inFlight(concurrency) + ": work done and what it cost",
		Columns: append(report.Left("mode"), report.Right("reached", "seen", "fetches/s", "spread", "× loop", "CPU/fetch", "spread",
			"user", "system", "× loop", "peak", "kB/conn")...),
	}
	for _, o := range r.outcomes(concurrency) {
		row := report.Row{Cells: []string{o.mode}, Note: o.note, Strong: o.mode == modes.Loop}
		if len(o.runs) > 0 {
			rate, cpu := o.stat("rate"), o.stat("cpu_per_fetch")
			row.Cells = append(row.Cells, report.Grouped(int64(o.reached)), amount(o.stat("at_server"), report.Count.Text),
				amount(rate, report.Digits), spread(rate, report.Digits), ratioText(r.ratio(&o, "rate")),
				amount(cpu, micros), spread(cpu, report.Digits), amount(o.stat("user_per_fetch"), report.Digits),
				amount(o.stat("system_per_fetch"), report.Digits), ratioText(r.ratio(&o, "cpu_per_fetch")),
				amount(o.stat("peak_memory"), func(v float64) string { return report.Digits(v) + " MB" }),
				amount(o.stat("connection_memory"), signed))
		} else {
			row.Cells = append(row.Cells, blanks(len(t.Columns)-1)...)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// waits is the table of how long fetches took and what went on meanwhile.
func (r *Result) waits(concurrency int) *report.Table {
	t := &report.Table{
		Caption: "At " + inFlight(concurrency) + ": latency, and what the machine did meanwhile",
		Columns: append(report.Left("mode"), report.Right("p50", "p90", "p99", "p99.9", "slowest", "threads", "switches", "forced",
			"calls", "GCs", "GC pause", "late p99")...),
	}
	for _, o := range r.outcomes(concurrency) {
		row := report.Row{Cells: []string{o.mode}, Strong: o.mode == modes.Loop}
		if len(o.runs) == 0 {
			row.Cells = append(row.Cells, blanks(len(t.Columns)-1)...)
			t.Rows = append(t.Rows, row)
			continue
		}
		for _, p := range []string{"p50", "p90", "p99", "p999", "max"} {
			row.Cells = append(row.Cells, amount(o.stat(p), report.Microseconds.Text))
		}
		calls := none
		if n, ok := r.systemCalls(&o); ok {
			calls = report.Digits(n)
		}
		row.Cells = append(row.Cells, amount(o.stat("threads"), report.Count.Text), amount(o.stat("voluntary"), report.Digits),
			amount(o.stat("involuntary"), report.Digits), calls, amount(o.stat("collections"), report.Count.Text),
			amount(o.stat("pause_max"), report.Microseconds.Text), amount(o.stat("lag_p99"), report.Microseconds.Text))
		t.Rows = append(t.Rows, row)
	}
	return t
}

// legend says what the columns mean, once for all tables.
func (r *Result) legend() []string {
	lines := []string{
		"Each figure is the median of the runs that count, [smallest–largest] beside it; × loop is the median of the ratios within each round.",
		"reached: fetches in flight at once, which may be a cap of the mode; seen: requests at once at the server, the most, where it holds back its answers. CPU/fetch in µs of user and system time. kB/conn: peak memory without that of the program before its first fetch, for each fetch in flight; told from 100 on. What a fetch costs is told from 100 fetches on, percentiles where there are enough for them.",
		"switches: context switches for each fetch, voluntary; forced: involuntary. calls: system calls for each fetch" + r.counters() + ". GC pause: the longest. late: how late the loop ran what was due, an upper bound, at most twice too large.",
	}
	if r.Work.Rate > 0 {
		lines = append(lines, "Latency counts from when a fetch was due, so what a slow answer delays counts too.")
	}
	return lines
}

// counters says who has counted the system calls.
func (r *Result) counters() string {
	if len(r.Traces) == 0 {
		return ", where the loop counts them itself"
	}
	t := &r.Traces[0]
	return fmt.Sprintf(", at %s as %s counted them in runs of their own, elsewhere as the loop counts its own, without those of Go's runtime", inFlight(t.Concurrency), t.By)
}

func inFlight(concurrency int) string {
	return report.Number(int64(concurrency), "fetch in flight", "fetches in flight")
}

func blanks(n int) []string {
	return strings.Split(strings.Repeat(none+" ", n)[:n*(len(none)+1)-1], " ")
}

func micros(v float64) string { return report.Digits(v) + " µs" }

// signed writes a number that may be negative, as what a run took beyond its beginning may be by a little.
func signed(v float64) string {
	if v < 0 {
		return "−" + report.Digits(-v)
	}
	return report.Digits(v)
}

func amount(s Stat, text func(float64) string) string {
	if s.N == 0 {
		return none
	}
	return text(s.Median)
}

func spread(s Stat, text func(float64) string) string {
	if s.N < 2 {
		return ""
	}
	return "[" + text(s.Min) + "–" + text(s.Max) + "]"
}

func ratioText(s Stat) string {
	if s.N == 0 {
		return none
	}
	if s.Median < 0.1 {
		return report.Digits(s.Median)
	}
	return fmt.Sprintf("%.2f", s.Median)
}

// WriteText writes the figures as tables for a terminal of 120 columns, two for each concurrency.
func (r *Result) WriteText(w io.Writer) error {
	out := &lines{w: w}
	out.line(r.Work.Title)
	out.line(r.setting())
	for _, c := range r.concurrencies() {
		out.line("")
		out.table(r.costs(c))
		out.line("")
		out.table(r.waits(c))
	}
	out.line("")
	for _, s := range append(r.legend(), r.Notes...) {
		out.line(s)
	}
	if doubts := r.doubts(); len(doubts) > 0 {
		out.line("")
		for _, s := range head(doubts) {
			out.line(s)
		}
	}
	return out.err
}

// lines writes to w until that fails.
type lines struct {
	w   io.Writer
	err error
}

func (l *lines) line(s string) {
	if l.err == nil {
		_, l.err = io.WriteString(l.w, report.Printable(s)+"\n")
	}
}

func (l *lines) table(t *report.Table) {
	if l.err == nil {
		l.err = t.WriteText(l.w)
	}
}

// mostDoubts is how many runs are named that have something the matter with them: all else is a number.
const mostDoubts = 20

func head(all []string) []string {
	if len(all) <= mostDoubts {
		return all
	}
	return append(all[:mostDoubts:mostDoubts], fmt.Sprintf("and %d more of these", len(all)-mostDoubts))
}

// WriteMarkdown writes the figures as GitHub's Markdown has tables.
func (r *Result) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n%s\n\n", report.Markdown(r.Work.Title), report.Markdown(r.setting()))
	for _, c := range r.concurrencies() {
		for _, t := range []*report.Table{r.costs(c), r.waits(c)} {
			if err := t.WriteMarkdown(&b); err != nil {
				return err
			}
		}
	}
	for _, s := range append(append(r.legend(), r.Notes...), head(r.doubts())...) {
		fmt.Fprintf(&b, "- %s\n", report.Markdown(s))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
