package bench

import "crawl/internal/compare"

// series are the runs that a figure is taken from: the verified ones, without disturbed rounds. Errors are why a
// run is not verified, so for them all runs count.
func series(r *compare.Result, mode string, concurrency int, f compare.Figure) (runs []*compare.Run) {
	skip := disturbed(r)
	for i := range r.Runs {
		run := &r.Runs[i]
		if run.Mode != mode || run.Concurrency != concurrency || run.Round == 0 {
			continue
		}
		if f.Name == "errors" || run.Problem == "" && !skip[run.Round] {
			runs = append(runs, run)
		}
	}
	return runs
}

// disturbed are the rounds in which any run was noisy, for all modes alike, so that ratios keep their pairs. When they
// are more than a third of the rounds, none is: the medians and ranks of many bear a disturbance better than those of
// few.
func disturbed(r *compare.Result) map[int]bool {
	noisy := map[int]bool{}
	for _, run := range r.Runs {
		if run.Round > 0 && run.Noisy {
			noisy[run.Round] = true
		}
	}
	if 3*len(noisy) > r.Rounds || r.Rounds-len(noisy) < leastQuiet {
		return nil
	}
	return noisy
}

// leastQuiet is with how many rounds a threshold can still be judged at an alpha of 0.01.
const leastQuiet = 7
