package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"crawl/internal/crawler"
	"crawl/internal/fetch"
)

// mostExtended is how many hosts the summary names.
const mostExtended = 3

// printSummary says what was done, and that it adds up.
func (r *session) printSummary(s *crawler.Stats) {
	w, l := r.streams.err, &s.Ledger
	done := l.Settled()
	idled := ""
	if s.Idled > 0 {
		idled = fmt.Sprintf(", of it %v paused", roundTime(s.Idled))
	}
	fmt.Fprintf(w, "crawl: %d URLs in %v%s, %.0f/s, %d in flight at most, %s received\n",
		done, roundTime(s.Elapsed), idled, float64(done)/max(0.001, s.Active().Seconds()), s.Peak, bytesText(s.Bytes))
	fmt.Fprintf(w, "crawl: ledger: %s\n", l)
	if done > 0 {
		fmt.Fprintf(w, "crawl: outcome: %s\n", l.Breakdown())
	}
	if added := s.Extended; len(added) > 0 {
		more := ""
		if n := len(added) - mostExtended; n > 0 {
			added, more = added[:mostExtended], fmt.Sprintf(" and %d more", n)
		}
		fmt.Fprintf(w, "crawl: --scope host: also %s%s, where redirects of what was given have led\n", strings.Join(added, ", "), more)
	}
	r.options.extract.summarize(w)
	if s.Repeats > 0 {
		fmt.Fprintf(w, "crawl: %d of %d attempts were repeated\n", s.Repeats, s.Attempts)
	}
	for _, a := range fetch.Classes() {
		if n := s.Pressure[a.Class]; n > 0 {
			fmt.Fprintf(w, "crawl: slowed down %d times (%s): %s\n", n, a.Class, a.Sentence)
		}
	}
	if !r.options.verbose {
		return
	}
	for _, a := range advices() {
		if n := l.Classes[a.Class]; n > 0 && a.Class != fetch.OK {
			fmt.Fprintf(w, "crawl: %d × %s: %s\n", n, a.Class, a.Sentence)
		}
	}
	fmt.Fprintf(w, "crawl: %s\n", r.engine.Summary())
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Fprintf(w, "crawl: memory: %s from the system: heap %s, stacks %s, %d collections; %.1f allocations per URL\n",
		bytesText(int64(m.Sys)), bytesText(int64(m.HeapSys)), bytesText(int64(m.StackSys)), m.NumGC, float64(m.Mallocs)/float64(max(1, done)))
}

func advice(class fetch.Class) string {
	all := advices()
	i := slices.IndexFunc(all, func(a fetch.Advice) bool { return a.Class == class })
	return all[i].Sentence
}

func roundTime(d time.Duration) time.Duration {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond)
	case d < time.Minute:
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(time.Second)
}

func bytesText(n int64) string {
	for _, unit := range sizeUnits()[:4] {
		if n >= unit.bytes {
			return fmt.Sprintf("%.1f %s", float64(n)/float64(unit.bytes), unit.name)
		}
	}
	return fmt.Sprintf("%d B", n)
}
