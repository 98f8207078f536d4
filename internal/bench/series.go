package bench

import "crawl/internal/compare"

// series are the runs that a figure is taken from: the verified ones, without disturbed rounds. Errors are a reason
// why a run is not verified, so for them all those count too which they explain.
func series(r *compare.Result, mode string, concurrency int, f compare.Figure) (runs []*compare.Run) {
	skip, _, _ := disturbed(r)
	for i := range r.Runs {
		run := &r.Runs[i]
		if run.Mode != mode || run.Concurrency != concurrency || run.Round == 0 {
			continue
		}
		if f.Name == "errors" && !unexplained(run) || run.Problem == "" && !skip[run.Round] {
			runs = append(runs, run)
		}
	}
	return runs
}

// unexplained says whether a run is not verified for another reason than fetches that failed: a body is wrong, the
// process crashed, the server counted something else. What such a run says of errors is not to be believed either.
func unexplained(run *compare.Run) bool { return run.Problem != "" && run.Failures() == 0 }

// disturbed are the rounds to leave out: those in which any run was noisy, for all modes alike, so that ratios keep
// their pairs. When they are more than a third of the rounds that were made, none is: the medians and ranks of many
// bear a disturbance better than those of few. It also returns how many were noisy, and how many were made.
func disturbed(r *compare.Result) (skip map[int]bool, noisy, made int) {
	rounds := map[int]bool{}
	skip = map[int]bool{}
	for _, run := range r.Runs {
		if run.Round == 0 {
			continue
		}
		rounds[run.Round] = true
		if run.Noisy {
			skip[run.Round] = true
		}
	}
	noisy, made = len(skip), len(rounds)
	if 3*noisy > made || made-noisy < leastQuiet {
		return nil, noisy, made
	}
	return skip, noisy, made
}

// counted is the result without the rounds that are left out, and with no other run marked as noisy: what compare makes
// of it is from the same runs as the report.
func counted(r *compare.Result) *compare.Result {
	skip, _, _ := disturbed(r)
	out := *r
	out.Runs = nil
	for _, run := range r.Runs {
		if !skip[run.Round] {
			run.Noisy = false
			out.Runs = append(out.Runs, run)
		}
	}
	return &out
}

// leastQuiet is with how many rounds a threshold can still be judged at an alpha of 0.01.
const leastQuiet = 7
