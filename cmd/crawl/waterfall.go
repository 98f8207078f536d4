package main

import (
	"fmt"
	"strings"
	"time"

	"crawl/internal/fetch"
)

// phaseName is what the waterfall calls a phase.
func phaseName(p fetch.Phase) string {
	return [...]string{"queue", "dns", "connect", "tls", "waiting", "receiving"}[p]
}

// leastCells is how short the bars of a waterfall may get: on what is narrower they go over its edge.
const leastCells = 8

// waterfall draws the phases of each hop of a fetch below each other, one column narrower than the screen: a phase that took
// any time has at least one cell. What the fetch ended in is marked.
func waterfall(hops [][]fetch.Span, total time.Duration, s screen) []string {
	full, open := "#", "?"
	if s.unicode {
		full, open = "█", "░"
	}
	scale := max(total, 1)
	for _, spans := range hops {
		for _, span := range spans {
			scale = max(scale, span.Begin+span.Took)
		}
	}
	label := func(hop, name string, took time.Duration) string {
		return fmt.Sprintf("%2s %-9s %8s ", hop, name, durationText(took, s.unicode))
	}
	cells := max(leastCells, s.width-1-len("00 receiving 00000000 ")-len("||"))
	at := func(d time.Duration) int { return int(float64(cells) * float64(d) / float64(scale)) }
	var rows []string
	for i, spans := range hops {
		for _, span := range spans {
			hop := ""
			if len(hops) > 1 {
				hop = fmt.Sprint(i + 1)
			}
			name, mark, colour := phaseName(span.Phase), full, green
			if !span.Ended {
				mark, colour = open, red
			}
			begin := min(at(span.Begin), cells-1)
			end := min(max(at(span.Begin+span.Took), begin+1), cells)
			rows = append(rows, label(hop, name, span.Took)+"|"+strings.Repeat(" ", begin)+
				s.paint(strings.Repeat(mark, end-begin), colour)+strings.Repeat(" ", cells-end)+"|")
		}
	}
	return append(rows, strings.TrimRight(label("", "total", total), " "))
}

// durationText is a time with three digits or so, in at most eight characters below eleven days.
func durationText(d time.Duration, unicode bool) string {
	micro := "us"
	if unicode {
		micro = "µs"
	}
	switch us := float64(d.Microseconds()); { // cut off as in records
	case us < 1000:
		return fmt.Sprintf("%.0f%s", us, micro)
	case us < 1e4:
		return fmt.Sprintf("%.2fms", us/1e3)
	case us < 1e6:
		return fmt.Sprintf("%.0fms", us/1e3)
	case us < 1e7:
		return fmt.Sprintf("%.2fs", us/1e6)
	default:
		return fmt.Sprintf("%.1fs", us/1e6)
	}
}
