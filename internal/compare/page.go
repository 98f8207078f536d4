package compare

import (
	"fmt"
	"io"
	"strings"

	"crawl/internal/report"
)

// WriteHTML writes the page of this result alone.
func (r *Result) WriteHTML(w io.Writer) error { return WriteHTML(w, r) }

// WriteHTML writes one page of results, each a part of its own: the same modes with other work.
func WriteHTML(w io.Writer, results ...*Result) error {
	p := &report.Page{Title: "Models of concurrency, side by side", Foot: "The page is one file: it loads nothing and tells nobody that it was read."}
	for i, r := range results {
		if i == 0 {
			p.Lead = []string{r.lead()}
			p.Foot = fmt.Sprintf("Made by %s, %s. %s", r.Program, r.Started.UTC().Format("2 January 2006, 15:04 MST"), p.Foot)
		}
		if len(results) == 1 {
			p.Lead = append(p.Lead, r.Work.Title+". "+r.setting())
			p.Sections = append(p.Sections, r.sections()...)
			continue
		}
		p.Sections = append(p.Sections, report.Section{
			Title:    r.Work.Title,
			Blocks:   []report.Block{report.Paragraph(r.setting())},
			Sections: r.sections(),
		})
	}
	return p.WriteHTML(w)
}

// lead is what was measured.
func (r *Result) lead() string {
	return fmt.Sprintf("The same list of URLs, fetched in %s: one after the other and round by round, each run in a process of its own, and every answer checked.",
		report.Number(int64(len(r.modesShown())), "way", "ways"))
}

// setting is how it was measured, in one sentence.
func (r *Result) setting() string {
	m := &r.Machine
	rate := "As fast as they go"
	if r.Work.Rate > 0 {
		rate = "Begun at " + report.PerSecond.Text(r.Work.Rate)
	}
	pinned := "client and origin are not pinned to CPUs"
	if m.ClientCPU >= 0 && m.OriginCPU >= 0 {
		pinned = fmt.Sprintf("the client on CPU %d, the origin on CPU %d", m.ClientCPU, m.OriginCPU)
	}
	return fmt.Sprintf("%s; %s on %s (%s), %s.", rate,
		report.Number(int64(r.Rounds), "round", "rounds"), orUnknown(m.CPU), report.Number(int64(m.CPUs), "CPU", "CPUs"), pinned)
}

func orUnknown(s string) string {
	if s == "" {
		return "an unknown processor"
	}
	return s
}

// sections are the parts of one result.
func (r *Result) sections() []report.Section {
	all := []report.Section{
		{Title: "At a glance", Blocks: []report.Block{report.Grid{report.Pile{r.throughputChart(), r.memoryChart()}, r.cpuChart()}}},
		r.latencySection(),
		r.insideSection(),
		r.tableSection(),
	}
	if doubts := r.doubts(); len(doubts) > 0 {
		all = append(all, report.Section{Title: "What was not verified, or noisy", Blocks: []report.Block{report.List(head(doubts))}})
	}
	return append(all, r.machineSection())
}

func (r *Result) latencySection() report.Section {
	var g report.Grid
	var unread report.Notice
	for _, c := range r.concurrencies() {
		if l := r.latencyChart(c); len(l.Series) > 0 {
			g = append(g, l)
		} else if l.Note != "" {
			unread = append(unread, l.Note)
		}
	}
	if len(g) == 0 {
		return report.Section{Title: "Latency", Blocks: []report.Block{report.Paragraph("There are no latencies of verified runs."), unread}}
	}
	return report.Section{Title: "Latency", Blocks: []report.Block{
		report.Paragraph("How long a fetch took, from the fastest on the left to the slowest on the right: at p99, one of a hundred took longer than the line says. Runs of all rounds together."), g, unread,
	}}
}

// insideSection looks into single runs at the middle one of the concurrencies.
func (r *Result) insideSection() report.Section {
	s := report.Section{Title: "Inside a run"}
	all := r.concurrencies()
	if len(all) == 0 {
		return s
	}
	c := all[len(all)/2]
	s.Blocks = append(s.Blocks, report.Paragraph(fmt.Sprintf("Of each mode the run with the middle rate, at %s.", inFlight(c))))
	if t := r.timelines(c); len(t) > 0 {
		s.Sections = append(s.Sections, report.Section{Title: "Fetches in flight", Blocks: []report.Block{report.Grid(t)}})
	}
	if w := r.waterfalls(c); len(w) > 0 {
		s.Sections = append(s.Sections, report.Section{Title: "Single fetches", Blocks: []report.Block{report.Grid(w)}})
	}
	return s
}

func (r *Result) tableSection() report.Section {
	s := report.Section{Title: "All figures", Blocks: []report.Block{report.List(r.legend())}}
	for _, c := range r.concurrencies() {
		s.Sections = append(s.Sections, report.Section{Title: inFlight(c), Blocks: []report.Block{r.costs(c), r.waits(c)}})
	}
	return s
}

func (r *Result) machineSection() report.Section {
	m := &r.Machine
	pin := func(cpu int) string {
		if cpu < 0 {
			return "not pinned"
		}
		return fmt.Sprintf("pinned to CPU %d", cpu)
	}
	facts := report.Facts{
		{Name: "Processor", Value: fmt.Sprintf("%s, %s", orUnknown(m.CPU), report.Number(int64(m.CPUs), "CPU", "CPUs"))},
		{Name: "System", Value: strings.Join(strings.Fields(m.OS+" "+m.Kernel+" "+m.Arch), " ")},
		{Name: "Memory", Value: report.Bytes.Text(float64(m.Memory))},
		{Name: "Descriptors", Value: report.Grouped(int64(m.Descriptors))},
		{Name: "Client", Value: pin(m.ClientCPU)},
		{Name: "Origin", Value: pin(m.OriginCPU)},
		{Name: "Go", Value: m.Go},
		{Name: "Program", Value: r.Program},
		{Name: "Measured", Value: r.Started.UTC().Format("2006-01-02 15:04:05 MST"), Note: "took " + report.Seconds.Text(r.Took)},
	}
	if m.Virtualised {
		facts[0].Note = "a virtual machine: others may share it"
	}
	s := report.Section{Title: "Where it was measured, and how to repeat it", Blocks: []report.Block{facts}}
	if len(r.Notes) > 0 {
		s.Blocks = append(s.Blocks, report.List(r.Notes))
	}
	if len(r.Command) > 0 {
		s.Blocks = append(s.Blocks, report.Code(commandLine(r.Command)))
	}
	return s
}

// commandLine writes a command as a shell takes it.
func commandLine(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		if w == "" || strings.ContainsAny(w, " \t\n\"'\\$&|;<>()*?[]#~`!{}") {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		quoted[i] = w
	}
	return strings.Join(quoted, " ")
}
