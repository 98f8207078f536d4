//go:build linux

package main

import (
	"fmt"
	"slices"
)

// stat sums up the rounds of one figure.
type stat struct {
	n             int
	med, min, max float64
}

// summarize returns the median, smallest and largest of v.
func summarize(v []float64) stat {
	if len(v) == 0 {
		return stat{}
	}
	s := slices.Sorted(slices.Values(v))
	mid := len(s) / 2
	st := stat{n: len(s), med: s[mid], min: s[0], max: s[len(s)-1]}
	if len(s)%2 == 0 {
		st.med = (s[mid-1] + s[mid]) / 2
	}
	return st
}

// text writes s as "median [min–max]" with that many decimals, "–" when nothing was measured.
func (s stat) text(decimals int) string {
	if s.n == 0 {
		return "–"
	}
	return fmt.Sprintf("%.*f [%.*f–%.*f]", decimals, s.med, decimals, s.min, decimals, s.max)
}

// series are the runs of one client in one work that its figures are taken from.
type series struct {
	runs  []run // verified; without the noisy ones where enough others are left
	all   int   // runs, the warm-up aside
	bad   int   // of these not verified
	noisy int   // of the verified ones
}

// series picks the runs that count. Noisy ones are left out where half the rounds or more are
// quiet; else all count, and the table says so.
func (r *results) series(work, peer string) (s series) {
	var quiet []run
	for _, x := range r.runs {
		if x.Work != work || x.Peer != peer || x.Round == 0 {
			continue
		}
		s.all++
		if x.Problem != "" {
			s.bad++
			continue
		}
		s.runs = append(s.runs, x)
		if x.Noisy {
			s.noisy++
		} else {
			quiet = append(quiet, x)
		}
	}
	if len(quiet) > 0 && 2*len(quiet) >= r.machine.Rounds {
		s.runs = quiet
	}
	return s
}

// of sums up one figure of the runs that count.
func (s series) of(figure func(run) float64) stat {
	v := make([]float64, len(s.runs))
	for i, r := range s.runs {
		v[i] = figure(r)
	}
	return summarize(v)
}

// Figures of a run.
func userCPU(r run) float64   { return r.User / float64(r.Fetches) * 1e6 }
func systemCPU(r run) float64 { return r.System / float64(r.Fetches) * 1e6 }
func wall(r run) float64      { return r.Wall }
func rate(r run) float64      { return float64(r.Fetches) / r.Wall }

// peakMB is the peak memory in units of 10^6 bytes, the stricter reading of a limit in MB.
func peakMB(r run) float64 { return float64(r.PeakKB) * 1024 / 1e6 }

// ratio compares the CPU time per fetch of two clients in one work: once by their medians and once
// round by round, which cancels whatever slowed both in the same minute.
type ratio struct {
	ofMedians float64
	paired    stat
}

// ratio returns false when one of the two has no run that counts.
func (r *results) ratio(work, a, b string) (q ratio, ok bool) {
	sa, sb := r.series(work, a), r.series(work, b)
	if len(sa.runs) == 0 || len(sb.runs) == 0 {
		return q, false
	}
	q.ofMedians = sa.of(run.cpu).med / sb.of(run.cpu).med
	var v []float64
	for _, x := range sa.runs {
		for _, y := range sb.runs {
			if x.Round == y.Round {
				v = append(v, x.cpu()/y.cpu())
			}
		}
	}
	q.paired = summarize(v)
	return q, true
}

// worst is the larger of the two ways to compare: a limit holds only if both do.
func (q ratio) worst() float64 {
	if q.paired.n == 0 {
		return q.ofMedians
	}
	return max(q.ofMedians, q.paired.med)
}
