package compare

import "slices"

// A Stat sums up one figure over rounds.
type Stat struct {
	N                int // 0: there is nothing to say
	Median, Min, Max float64
}

// Summarize returns median, smallest and largest of v.
func Summarize(v []float64) Stat {
	if len(v) == 0 {
		return Stat{}
	}
	s := slices.Sorted(slices.Values(v))
	mid := len(s) / 2
	st := Stat{N: len(s), Median: s[mid], Min: s[0], Max: s[len(s)-1]}
	if len(s)%2 == 0 {
		st.Median = (s[mid-1] + s[mid]) / 2
	}
	return st
}

// Series are the runs of a mode at a concurrency that its figures are taken from: the verified ones, without
// the noisy ones where half the rounds or more were quiet.
func (r *Result) Series(mode string, concurrency int) []*Run {
	good := r.verified(mode, concurrency)
	var quiet []*Run
	for _, run := range good {
		if !run.Noisy {
			quiet = append(quiet, run)
		}
	}
	if len(quiet) > 0 && 2*len(quiet) >= r.Rounds {
		return quiet
	}
	return good
}

// verified are the runs that count, the noisy ones too.
func (r *Result) verified(mode string, concurrency int) (runs []*Run) {
	for i := range r.Runs {
		if run := &r.Runs[i]; run.Mode == mode && run.Concurrency == concurrency && run.Round > 0 && run.Problem == "" {
			runs = append(runs, run)
		}
	}
	return runs
}

// Values are a figure of each run that has it.
func Values(runs []*Run, f Figure) []float64 {
	var v []float64
	for _, r := range runs {
		if x, ok := f.Value(r); ok {
			v = append(v, x)
		}
	}
	return v
}

// Ratios are a figure of the runs a in units of that of the runs b, round by round: that cancels whatever
// slowed both in the same minute. Rounds that one of them lacks are left out, and those where b is 0.
func Ratios(a, b []*Run, f Figure) []float64 {
	var v []float64
	for _, x := range a {
		i := slices.IndexFunc(b, func(y *Run) bool { return y.Round == x.Round })
		if i < 0 {
			continue
		}
		n, ok := f.Value(x)
		d, okd := f.Value(b[i])
		if ok && okd && d != 0 {
			v = append(v, n/d)
		}
	}
	return v
}
