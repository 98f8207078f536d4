//go:build linux

package main

import (
	"context"
	"regexp"
	"strconv"
	"strings"
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

// What the demo's lines may look like; numbers may have commas.
var (
	demoOK       = regexp.MustCompile(`(?i)(\d[\d,]*) of (\d[\d,]*) (?:are )?ok`)
	demoInFlight = regexp.MustCompile(`(?i)(\d[\d,]*)(?: [a-z]+)? in flight|in flight\D*?(\d[\d,]*)`)
	demoWall     = regexp.MustCompile(`(?i)(?:in|wall(?: time)?:?) +([\d.]+) ?s(?:econds)?\b`)
)

// parse takes the figures from the output, the last of each kind.
func (d *demo) parse() {
	d.OK, d.Of = lastInt(demoOK, d.Output, 1), lastInt(demoOK, d.Output, 2)
	d.InFlight = max(lastInt(demoInFlight, d.Output, 1), lastInt(demoInFlight, d.Output, 2))
	if m := demoWall.FindAllStringSubmatch(d.Output, -1); m != nil {
		d.Crawl, _ = strconv.ParseFloat(m[len(m)-1][1], 64)
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

// lastInt is a group of the last match of re in s as a number, 0 without one.
func lastInt(re *regexp.Regexp, s string, group int) int {
	m := re.FindAllStringSubmatch(s, -1)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.ReplaceAll(m[len(m)-1][group], ",", ""))
	return n
}
