package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"crawl/internal/compare"
	"crawl/internal/report"
)

// WriteText writes the report for a terminal.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n\n", report.Printable(r.title()), report.Printable(r.where()))
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range r.table() {
		for i, cell := range row {
			if i > 0 {
				fmt.Fprint(t, "\t")
			}
			fmt.Fprint(t, report.Printable(cell))
		}
		fmt.Fprint(t, "\n")
	}
	if len(r.Checks) > 0 {
		fmt.Fprint(t, "\n")
	}
	for _, c := range r.Checks {
		fmt.Fprintf(t, "%s\t%s\t%s\n", c.Outcome, report.Printable(c.Name), report.Printable(c.Text+c.suffix()))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	b.WriteByte('\n')
	for _, line := range r.remarks() {
		fmt.Fprintf(&b, "note: %s\n", report.Printable(line))
	}
	fmt.Fprintf(&b, "verdict: %s\n", r.Sentence())
	_, err := io.WriteString(w, b.String())
	return err
}

// title says what was measured.
func (r *Report) title() string {
	p := r.Measured.Plan
	return fmt.Sprintf("%s, %d in flight, %d rounds: %s", strings.Join(r.plan.Modes, " beside "), p.Concurrency, r.Measured.Rounds, r.result.Work.Title)
}

// where says on what.
func (r *Report) where() string {
	m := r.Measured.Machine
	cpu := m.CPU
	if cpu == "" {
		cpu = "unknown CPU"
	}
	return fmt.Sprintf("%s; %s, %d CPUs, %s/%s", r.Measured.Program, cpu, m.CPUs, m.OS, m.Arch)
}

// table has a head and a row for each figure that people look for or that a check is on.
func (r *Report) table() [][]string {
	shown := []string{"cpu_per_fetch", "rate", "peak_memory", "p50", "p95", "p99", "errors"}
	for _, c := range r.Checks {
		if !slices.Contains(shown, c.Figure) {
			shown = append(shown, c.Figure)
		}
	}
	p := r.Measured.Plan
	head := append([]string{"figure"}, r.plan.Modes...)
	others := r.plan.Modes[1:]
	for _, mode := range others {
		head = append(head, p.Mode+" : "+mode)
	}
	rows := [][]string{head}
	for _, f := range compare.Figures() {
		if !slices.Contains(shown, f.Name) {
			continue
		}
		row := []string{f.Name}
		for _, mode := range r.plan.Modes {
			row = append(row, statText(compare.Summarize(compare.Values(series(r.result, mode, p.Concurrency, f), f)), func(v float64) string { return valueText(f, v) }))
		}
		for _, mode := range others {
			ratios := compare.Ratios(series(r.result, p.Mode, p.Concurrency, f), series(r.result, mode, p.Concurrency, f), f)
			row = append(row, statText(compare.Summarize(ratios), digits))
		}
		rows = append(rows, row)
	}
	return rows
}

// statText is "median [smallest – largest]".
func statText(s compare.Stat, text func(float64) string) string {
	if s.N == 0 {
		return "–"
	}
	return fmt.Sprintf("%s [%s – %s]", text(s.Median), text(s.Min), text(s.Max))
}

// suffix says what an outcome means where the word alone does not.
func (c *Check) suffix() string {
	switch {
	case c.Outcome == Uncertain:
		return "; too close to tell"
	case c.Outcome == Improved:
		return "; save a new baseline to keep it"
	}
	return ""
}

// remarks are the notes, and how the baseline was used.
func (r *Report) remarks() []string {
	if r.Against == nil {
		return r.Notes
	}
	by := map[string][]string{}
	limit := 0.
	for _, c := range r.Checks {
		if c.Kind != KindBaseline {
			continue
		}
		limit = c.Limit
		how := "as measured"
		if c.Currency == Ratio {
			how = "as a ratio to " + c.To
		}
		by[how] = append(by[how], c.Figure)
	}
	var parts []string
	for how, names := range by {
		parts = append(parts, strings.Join(names, ", ")+" "+how)
	}
	slices.Sort(parts)
	return append([]string{fmt.Sprintf("baseline of %s by %s; worse by more than %s fails; compared: %s",
		r.Against.Started.Format("2006-01-02 15:04"), r.Against.Program, percentText(limit), joined(parts))}, r.Notes...)
}

// Sentence is the verdict with its reason.
func (r *Report) Sentence() string {
	n := len(r.Checks)
	switch {
	case n == 0 && r.Verdict == Unmeasured:
		return "unmeasured: no round counts"
	case n == 0:
		return "nothing to judge: no threshold and no baseline was given"
	case r.count(Failed) > 0:
		return fmt.Sprintf("failed: %d of %d checks", r.count(Failed), n)
	case r.count(Uncertain) > 0 && r.Strict:
		return fmt.Sprintf("failed: %d of %d checks uncertain, and --strict was given", r.count(Uncertain), n)
	case r.count(Unmeasured) > 0:
		return fmt.Sprintf("unmeasured: %d of %d checks", r.count(Unmeasured), n)
	case r.count(Uncertain) > 0:
		return fmt.Sprintf("held, %d of %d checks uncertain", r.count(Uncertain), n)
	}
	return fmt.Sprintf("held: %d checks", n)
}
