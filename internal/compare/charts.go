package compare

import (
	"fmt"
	"slices"
	"strings"

	"crawl/internal/modes"
	"crawl/internal/report"
)

// look is the colour and shape of a mode, the same in every chart.
func look(mode string) int { return max(0, slices.Index(modes.Names(), mode)) }

// against is a chart of a figure against concurrency, one line a mode, in a unit that figures have times scale.
func (r *Result) against(title, figure string, y report.Axis, scale float64) *report.Lines {
	l := &report.Lines{Title: title, X: report.Axis{Title: "fetches in flight, as asked for", Scale: report.Log}, Y: y}
	hollow := false
	for _, mode := range r.modesShown() {
		s := report.Series{Name: mode, Look: look(mode), Strong: mode == modes.Loop}
		for _, c := range r.concurrencies() {
			o := r.outcomeOf(mode, c)
			st := o.stat(figure)
			if st.N == 0 {
				continue
			}
			hollow = hollow || o.capped()
			s.Points = append(s.Points, report.Point{X: float64(c), Y: st.Median * scale, Low: st.Min * scale, High: st.Max * scale, Hollow: o.capped()})
		}
		if len(s.Points) > 0 {
			l.Series = append(l.Series, s)
		}
	}
	l.Description = r.describe(figure, y.Unit, scale)
	l.Note = "Points are medians, whiskers the smallest and largest of the rounds."
	if hollow {
		l.Note += " Hollow: the mode ran at its cap, below what was asked for."
	}
	return l
}

// describe says a figure of each mode where most was in flight, in the order of the figures.
func (r *Result) describe(figure string, unit report.Unit, scale float64) string {
	all := r.concurrencies()
	if len(all) == 0 {
		return "There are no figures."
	}
	most := all[len(all)-1]
	var parts []string
	for _, o := range r.ranked(most, figure) {
		part := o.mode + " " + unit.Text(o.stat(figure).Median*scale)
		if o.capped() {
			part += fmt.Sprintf(" (at its cap of %s)", report.Grouped(int64(o.reached)))
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return "There are no figures at " + inFlight(most) + "."
	}
	return "At " + inFlight(most) + ", from best to worst: " + strings.Join(parts, ", ") + "."
}

// ranked are the outcomes that have a figure, best first.
func (r *Result) ranked(concurrency int, figure string) []outcome {
	f, _ := FigureNamed(figure)
	all := slices.DeleteFunc(r.outcomes(concurrency), func(o outcome) bool { return o.stat(figure).N == 0 })
	slices.SortStableFunc(all, func(a, b outcome) int {
		d := a.stat(figure).Median - b.stat(figure).Median
		if f.Higher {
			d = -d
		}
		switch {
		case d < 0:
			return -1
		case d > 0:
			return 1
		}
		return 0
	})
	return all
}

func (r *Result) throughputChart() *report.Lines {
	return r.against("Fetches per second", "rate", report.Axis{Title: "fetches/s", Unit: report.PerSecond, Scale: report.Log}, 1)
}

func (r *Result) memoryChart() *report.Lines {
	return r.against("Peak memory", "peak_memory", report.Axis{Title: "resident, the most ever", Unit: report.Bytes, Scale: report.Log}, 1e6)
}

// cpuChart is CPU time of user and system, by mode, a group for each concurrency.
func (r *Result) cpuChart() *report.Stacks {
	s := &report.Stacks{
		Title: "CPU time per fetch", Unit: report.Microseconds, Parts: []string{"user: the program", "system: the kernel for it"},
		Description: r.describe("cpu_per_fetch", report.Microseconds, 1),
		Note:        "Medians; whiskers are the smallest and largest sum of the rounds.",
	}
	for _, c := range r.concurrencies() {
		g := report.Group{Name: inFlight(c)}
		for _, o := range r.outcomes(c) {
			if cpu := o.stat("cpu_per_fetch"); cpu.N > 0 {
				g.Bars = append(g.Bars, report.Stack{
					Name: o.mode, Strong: o.mode == modes.Loop, Low: cpu.Min, High: cpu.Max,
					Values: []float64{o.stat("user_per_fetch").Median, o.stat("system_per_fetch").Median},
				})
			}
		}
		if len(g.Bars) > 0 {
			s.Groups = append(s.Groups, g)
		}
	}
	return s
}

// latencyChart is the latencies of all modes at a concurrency, from all runs that count. Modes whose histograms
// cannot be read are left out, and the note says so.
func (r *Result) latencyChart(concurrency int) *report.Lines {
	l := &report.Lines{
		Title:       "Latency at " + inFlight(concurrency),
		Description: r.describeLatency(concurrency),
		X:           report.Axis{Title: "percentile", Scale: report.Tail},
		Y:           report.Axis{Title: "time of a fetch", Unit: report.Microseconds, Scale: report.Log},
	}
	var notes []string
	for _, o := range r.outcomes(concurrency) {
		h, err := mergeLatency(o.runs)
		if err != nil {
			notes = append(notes, err.Error())
		}
		if h == nil {
			continue
		}
		s := report.Series{Name: o.mode, Look: look(o.mode), Strong: o.mode == modes.Loop}
		for _, q := range report.Quantiles(h.TotalCount()) {
			v := float64(max(1, h.ValueAtPercentile(100*q.Share)))
			s.Points = append(s.Points, report.Point{X: q.Share, Y: v, Hollow: o.capped() && q.Named, Bare: !q.Named})
		}
		if o.capped() {
			notes = append(notes, fmt.Sprintf("%s: with %s.", o.mode, inFlight(o.reached)))
		}
		l.Series = append(l.Series, s)
	}
	l.Note = strings.Join(notes, " ")
	return l
}

func (r *Result) describeLatency(concurrency int) string {
	var parts []string
	for _, o := range r.ranked(concurrency, "p99") {
		parts = append(parts, fmt.Sprintf("%s %s, %s", o.mode, report.Microseconds.Text(o.stat("p50").Median), report.Microseconds.Text(o.stat("p99").Median)))
	}
	if len(parts) == 0 {
		return "There are no figures."
	}
	return "Median and 99th percentile, from the smallest to the largest of the latter: " + strings.Join(parts, "; ") + "."
}

// shown is the run of an outcome that charts of single runs show: the one with the middle rate.
func (o *outcome) shown() *Run {
	if len(o.runs) == 0 {
		return nil
	}
	f, _ := FigureNamed("rate")
	sorted := slices.SortedStableFunc(slices.Values(o.runs), func(a, b *Run) int {
		x, _ := f.Value(a)
		y, _ := f.Value(b)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	return sorted[len(sorted)/2]
}

// timelines are the fetches in flight over the run, a chart for each mode, all on one scale of counts.
func (r *Result) timelines(concurrency int) []report.Block {
	outcomes := r.outcomes(concurrency)
	most := 0.0
	for i := range outcomes {
		if run := outcomes[i].shown(); run != nil {
			for _, n := range run.InFlight.Counts {
				most = max(most, float64(n))
			}
		}
	}
	var all []report.Block
	for i := range outcomes {
		run := outcomes[i].shown()
		if run == nil || len(run.InFlight.Counts) == 0 || run.InFlight.Step <= 0 {
			continue
		}
		counts := make([]float64, len(run.InFlight.Counts))
		sum, peak := 0.0, 0.0
		for j, n := range run.InFlight.Counts {
			counts[j] = float64(n)
			sum, peak = sum+counts[j], max(peak, counts[j])
		}
		all = append(all, &report.Timeline{
			Title: run.Mode + ": fetches in flight",
			Y:     "fetches in flight", Step: run.InFlight.Step, Most: most, Layers: []report.Layer{{Name: "in flight", Counts: counts}},
			Description: fmt.Sprintf("%s in flight at most, %s on the average, over %s.", report.Digits(peak), report.Digits(sum/float64(len(counts))), report.Seconds.Text(run.Wall)),
		})
	}
	return all
}

// waterfalls are the sampled fetches of a run in their phases, a chart for each mode.
func (r *Result) waterfalls(concurrency int) []report.Block {
	var all []report.Block
	for _, o := range r.outcomes(concurrency) {
		run := o.shown()
		if run == nil || len(run.Sample) == 0 {
			continue
		}
		w := &report.Waterfall{Title: run.Mode + ": some fetches", Phases: []string{"connecting", "waiting for the first byte", "the rest"}}
		var took, first, last float64
		for i, p := range run.Sample {
			s := span(&p)
			took += s.Ends[len(s.Ends)-1] - s.Begin
			if i == 0 || s.Begin < first {
				first = s.Begin
			}
			last = max(last, s.Ends[len(s.Ends)-1])
			w.Spans = append(w.Spans, s)
		}
		mean := took / float64(len(run.Sample))
		w.Aligned = mean < report.AlignBelow*(last-first)
		w.Description = fmt.Sprintf("%d fetches from all over the run, %s on the average.", len(run.Sample), report.Microseconds.Text(mean))
		w.Note = "The scale is this mode's own."
		if w.Aligned {
			w.Note = "Each begins at the left edge. " + w.Note
		}
		all = append(all, w)
	}
	return all
}

// span is a sampled fetch: until its connection stood, until its first byte, until its end. Phases that the
// mode cannot tell are part of the next.
func span(p *modes.Phases) report.Span {
	begin := float64(p.Begin)
	connected, first := max(begin, float64(p.Connected)), float64(p.FirstByte)
	first = max(connected, first)
	return report.Span{Name: fmt.Sprintf("fetch %s", report.Grouped(int64(p.Fetch))), Begin: begin, Ends: []float64{connected, first, max(first, float64(p.End))}}
}
