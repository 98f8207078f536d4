package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"crawl/internal/modes"
	"crawl/internal/report"
)

// An outcome is what tables and charts say of one mode at one concurrency.
type outcome struct {
	mode        string
	concurrency int    // asked for
	runs        []*Run // that its figures are taken from; none: there are no figures
	reached     int    // the least of them
	note        string // what a reader of its figures has to know
}

// modesShown are the modes that were run, in the order of modes.Names, those it does not know behind them.
func (r *Result) modesShown() []string {
	known := modes.Names()
	rank := func(mode string) int {
		if i := slices.Index(known, mode); i >= 0 {
			return i
		}
		return len(known)
	}
	var all []string
	for i := range r.Runs {
		if !slices.Contains(all, r.Runs[i].Mode) {
			all = append(all, r.Runs[i].Mode)
		}
	}
	slices.SortStableFunc(all, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b)) })
	return all
}

// concurrencies are those that were asked for, in rising order.
func (r *Result) concurrencies() []int {
	var all []int
	for i := range r.Runs {
		all = append(all, r.Runs[i].Concurrency)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// outcomes are the modes that were run at a concurrency.
func (r *Result) outcomes(concurrency int) []outcome {
	var all []outcome
	for _, mode := range r.modesShown() {
		if slices.ContainsFunc(r.Runs, func(run Run) bool { return run.Mode == mode && run.Concurrency == concurrency }) {
			all = append(all, r.outcomeOf(mode, concurrency))
		}
	}
	return all
}

func (r *Result) outcomeOf(mode string, concurrency int) outcome {
	o := outcome{mode: mode, concurrency: concurrency, runs: r.Series(mode, concurrency)}
	var notes, problems []string
	tried, noisy, failed, made := 0, 0, 0, 0
	for i := range r.Runs {
		run := &r.Runs[i]
		if run.Mode != mode || run.Concurrency != concurrency || run.Round == 0 {
			continue
		}
		tried++
		if run.Note != "" && !slices.Contains(notes, run.Note) {
			notes = append(notes, run.Note)
		}
		if run.Problem != "" {
			problems = append(problems, run.Problem)
		}
	}
	for i, run := range o.runs {
		if i == 0 || run.Reached < o.reached {
			o.reached = run.Reached
		}
		if run.Noisy {
			noisy++
		}
		if n := run.Failures(); n > 0 {
			failed, made = failed+n, made+run.Fetches
		}
	}
	if len(problems) > 0 {
		notes = append(notes, fmt.Sprintf("not verified, %d of %d runs: %s", len(problems), tried, problems[0]))
	}
	if failed > 0 {
		notes = append(notes, fmt.Sprintf("%s of %s failed; figures are of the rest, and of the time for all", report.Grouped(int64(failed)), report.Number(int64(made), "fetch", "fetches")))
	}
	if noisy > 0 {
		notes = append(notes, fmt.Sprintf("noisy: others used the machine during %s", report.Number(int64(noisy), "run", "runs")))
	}
	o.note = strings.Join(notes, "; ")
	return o
}

// capped says whether it ran at less than was asked for.
func (o *outcome) capped() bool { return len(o.runs) > 0 && o.reached < o.concurrency }

// stat sums up a figure over its runs.
func (o *outcome) stat(figure string) Stat {
	f, _ := FigureNamed(figure)
	return Summarize(Values(o.runs, f))
}

// ratio is a figure in units of that of the mode Loop in the same rounds. Where so many were noisy that few have both,
// noisy ones count too.
func (r *Result) ratio(o *outcome, figure string) Stat {
	f, _ := FigureNamed(figure)
	v := Ratios(o.runs, r.Series(modes.Loop, o.concurrency), f)
	if 2*len(v) < r.Rounds {
		v = Ratios(r.verified(o.mode, o.concurrency), r.verified(modes.Loop, o.concurrency), f)
	}
	return Summarize(v)
}

// systemCalls are those of a fetch: counted from outside, or else by the loop itself.
func (r *Result) systemCalls(o *outcome) (perFetch float64, ok bool) {
	for _, t := range r.Traces {
		if t.Mode == o.mode && t.Concurrency == o.concurrency {
			return t.PerFetch, true
		}
	}
	st := o.stat("system_calls")
	return st.Median, st.N > 0
}

// doubts are the runs that no figure counts or that were noisy, in sentences.
func (r *Result) doubts() []string {
	var all []string
	for i := range r.Runs {
		run := &r.Runs[i]
		what := ""
		switch {
		case run.Problem != "":
			what = "not verified, and not counted: " + run.Problem
		case run.Noisy && run.Round > 0:
			what = fmt.Sprintf("noisy: others took %s of CPU time from the machine in the %s it took", report.Seconds.Text(run.Foreign), report.Seconds.Text(run.Wall))
			if !slices.Contains(r.Series(run.Mode, run.Concurrency), run) {
				what += "; not counted, there were enough quiet runs"
			}
		default:
			continue
		}
		all = append(all, fmt.Sprintf("%s at %s, round %d: %s", run.Mode, report.Grouped(int64(run.Concurrency)), run.Round, what))
	}
	return all
}
