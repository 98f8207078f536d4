//go:build linux

package main

import (
	"context"
	"regexp"
	"strconv"
	"time"
)

// demoWork runs "crawl demo", which starts its own server, and keeps what it prints. The demo's
// figures are its own; only its exit status and the limits around them are checked here.
func (h *harness) demoWork(ctx context.Context) error {
	h.progress("demo: crawl demo")
	for round := 1; round <= h.rounds; round++ {
		s, stdout, stderr, err := measure(ctx, h.dir, []string{h.bin.crawl, "demo"}, runLimits{h.allCPUs, runTimeout})
		if err != nil {
			return err
		}
		row := demo{Kind: "demo", Round: round, sample: s, Output: stdout + stderr}
		row.parse()
		h.progress("  %2d exit %d, %d of %d ok, %d in flight at the server, %.2f s (%.2f s in all)", round, row.Exit, row.OK, row.Of, row.InFlight, row.seconds(), row.Wall)
		if err := h.results.add(row); err != nil {
			return err
		}
	}
	return nil
}

// The demo's lines that have figures.
var (
	demoOK       = regexp.MustCompile(`outcome: (\d+) × 200`)
	demoOf       = regexp.MustCompile(`ledger: (\d+) discovered`)
	demoInFlight = regexp.MustCompile(`the server counted: \d+ requests, (\d+) in flight at once`)
	demoWall     = regexp.MustCompile(`of waiting, in (\S+)`)
)

// parse takes the figures from the output, the last of each kind.
func (d *demo) parse() {
	d.OK, d.Of, d.InFlight = lastInt(demoOK, d.Output), lastInt(demoOf, d.Output), lastInt(demoInFlight, d.Output)
	if m := demoWall.FindStringSubmatch(d.Output); m != nil {
		if took, err := time.ParseDuration(m[1]); err == nil {
			d.Crawl = took.Seconds()
		}
	}
}

// seconds is the wall time that is judged: without a figure in the output it is that of the whole
// command, which is more.
func (d demo) seconds() float64 {
	if d.Crawl > 0 {
		return d.Crawl
	}
	return d.Wall
}

// lastInt is the number in the last match of re in s, 0 without one.
func lastInt(re *regexp.Regexp, s string) int {
	m := re.FindAllStringSubmatch(s, -1)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[len(m)-1][1])
	return n
}
