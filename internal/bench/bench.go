package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"crawl/internal/compare"
	"crawl/internal/modes"
)

// Measure is what measures a plan: compare.Measure, or what a test has instead. When its context is over it may
// return what it has by then beside the error.
type Measure func(ctx context.Context, p compare.Plan) (*compare.Result, error)

// Options are what to measure and how to judge it.
type Options struct {
	Plan        compare.Plan // Modes and Concurrency are filled in by Run
	Mode        string       // that is judged
	Reference   string       // mode that ratios are to
	Concurrency int
	Thresholds  []Threshold
	Baseline    *Measurement // nil: there is none
	Keep        bool         // the measurement becomes a baseline
	Limits      Limits
	MaxTime     time.Duration // 0: no limit
	Strict      bool          // what is uncertain fails too
}

// A UsageError is what Validate returns: options that cannot be carried out, or not together.
type UsageError struct{ err error }

func (e *UsageError) Error() string { return e.err.Error() }

func (e *UsageError) Unwrap() error { return e.err }

// Validate refuses what could not be judged in the end, before any of it is measured.
//
// It also puts the figures in order: each once, by its own name.
func (o *Options) Validate() error {
	bad := func(format string, args ...any) error {
		return &UsageError{fmt.Errorf(format, args...)}
	}
	for _, mode := range []string{o.Mode, o.Reference} {
		if !slices.Contains(modes.Names(), mode) {
			return bad("mode %q: choose from %s", mode, strings.Join(modes.Names(), ", "))
		}
	}
	all, err := figures(o.Limits.Figures)
	switch {
	case err != nil:
		return bad("%w", err)
	case slices.ContainsFunc(all, func(f compare.Figure) bool { return f.Name == "errors" }):
		return bad("errors are mostly 0, which has no percentage to become worse by: use a threshold, as errors<1%%")
	case len(o.Thresholds) > 0 && o.Plan.Rounds < leastRounds(o.Limits.Alpha):
		return bad("%d rounds can never tell that a threshold does not hold: at alpha %v it takes %d", o.Plan.Rounds, o.Limits.Alpha, leastRounds(o.Limits.Alpha))
	}
	o.Limits.Figures = nil
	for _, f := range all {
		if f.Higher && o.Limits.MaxRegression >= 1 {
			return bad("a limit of %s can never fail for %s: it cannot fall by more than all of it", percentText(o.Limits.MaxRegression), f.Name)
		}
	}
	for _, f := range all {
		o.Limits.Figures = append(o.Limits.Figures, f.Name)
	}
	for _, t := range o.Thresholds {
		if err := t.possible(o.Mode); err != nil {
			return bad("threshold %q: %w", t.Text, err)
		}
	}
	if o.Reference == o.Mode && (o.Baseline != nil || o.Keep) {
		return bad("%s is the mode and the reference: a baseline needs another one", o.Mode)
	}
	if o.Baseline == nil {
		return nil
	}
	if d := o.plan().differences(o.Baseline.Plan); len(d) > 0 {
		return bad("the baseline is of other work: %s", joined(d))
	}
	for _, f := range all {
		s, _ := o.Baseline.samples(f.Name)
		v, what := s.Values, f.Name
		if o.Limits.currency(f, o.plan()) == Ratio {
			v, what = s.Ratios, "ratio of "+f.Name+" to "+o.Reference
		}
		switch {
		case len(v) == 0:
			return bad("the baseline has no %s", what)
		case !o.Limits.enough(o.Plan.Rounds, len(v)):
			return bad("%d rounds against %d of the baseline can never tell a change from chance: at alpha %v it takes more", o.Plan.Rounds, len(v), o.Limits.Alpha)
		}
	}
	return nil
}

// possible says why the threshold can never be judged when mode is measured.
func (t Threshold) possible(mode string) error {
	has := func(mode string) bool {
		switch t.Figure {
		case "lag_p99", "lag_max", "system_calls":
			return mode == modes.Loop || mode == modes.Callbacks // the others have no loop that counts
		}
		return true
	}
	switch {
	case t.Mode == mode:
		return fmt.Errorf("a ratio of %s to itself", mode)
	case t.Mode != "" && t.Figure == "errors":
		return errors.New("errors are mostly 0, which nothing has a ratio to: write errors<1%")
	case !has(mode):
		return fmt.Errorf("%s has no %s", mode, t.Figure)
	case t.Mode != "" && !has(t.Mode):
		return fmt.Errorf("%s has no %s", t.Mode, t.Figure)
	}
	return nil
}

// plan is what the measurement is of. The reference belongs to it where it is measured.
func (o *Options) plan() Plan {
	p := o.Plan
	if p.Latency == "none" { // what it is without the flag
		p.Latency = ""
	}
	if p.Size == "2048" { // likewise
		p.Size = ""
	}
	return Plan{
		Mode: o.Mode, Reference: o.Reference, Concurrency: o.Concurrency, Fetches: p.Fetches, Rate: p.Rate,
		List: p.List, Size: p.Size, Latency: p.Latency, Poller: p.Poller,
	}
}

// measured are the modes to measure: the one that is judged first, none without a use.
func (o *Options) measured() []string {
	all := []string{o.Mode}
	add := func(mode string) {
		if mode != "" && !slices.Contains(all, mode) {
			all = append(all, mode)
		}
	}
	if o.Baseline != nil || o.Keep {
		add(o.Reference)
	}
	for _, t := range o.Thresholds {
		add(t.Mode)
	}
	return all
}

// Run measures and judges. An error is that nothing could be measured.
func Run(ctx context.Context, measure Measure, o Options) (*Report, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	plan := o.Plan
	plan.Modes, plan.Concurrency = o.measured(), []int{o.Concurrency}
	limited, cancel := ctx, func() {}
	if o.MaxTime > 0 {
		limited, cancel = context.WithTimeout(ctx, o.MaxTime)
	}
	defer cancel()
	result, err := measure(limited, plan)
	overtime := err != nil && ctx.Err() == nil && limited.Err() != nil
	switch {
	case overtime && result == nil:
		return nil, fmt.Errorf("nothing was measured within %v: %w", o.MaxTime, err)
	case err != nil && !overtime:
		return nil, err
	}
	p := o.plan()
	if !slices.Contains(plan.Modes, p.Reference) {
		p.Reference = ""
	}
	r := &Report{Version: FormatVersion, Measured: measurement(result, p), Strict: o.Strict, result: result, plan: plan}
	if overtime {
		r.Notes = append(r.Notes, fmt.Sprintf("stopped after %v, before all %d rounds were done", o.MaxTime, plan.Rounds))
	}
	r.judge(&o)
	return r, nil
}
