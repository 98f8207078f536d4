//go:build linux

package main

import (
	"fmt"
	"slices"
	"strings"
)

// target is one figure that crawl promises, and what was found.
type target struct{ what, limit, reached, held string }

// Answers to "held?".
const (
	yes         = "yes"
	no          = "no"
	notMeasured = "not measured"
)

// verdict turns a comparison into an answer.
func verdict(held bool) string {
	if held {
		return yes
	}
	return no
}

// targets judges all promises by the median, never by the best round.
func (r *results) targets() (out []target) {
	for _, c := range []string{"100", "1000", "10000"} {
		out = append(out,
			r.ratioTarget("a"+c, wrk, "keep-alive, c="+c, "≤ 1.5", func(q float64) bool { return q <= 1.5 }),
			r.ratioTarget("a"+c, netHTTP, "keep-alive, c="+c, "≤ 0.5", func(q float64) bool { return q <= 0.5 }),
			r.ratioTarget("a"+c, goroutineMode, "keep-alive, c="+c, "< 1", func(q float64) bool { return q < 1 }))
	}
	for _, c := range []string{"100", "1000"} {
		out = append(out, r.ratioTarget("b"+c, wrk, "new connections, c="+c, "≤ 1.3", func(q float64) bool { return q <= 1.3 }))
	}
	for _, w := range []string{"a", "c"} {
		out = append(out, r.memoryTarget(w), r.growthTarget(w))
	}
	return append(out, r.listTarget(), r.firstTarget(), r.warmCallsTarget(), r.newCallsTarget(), r.demoTarget())
}

// noise marks a figure for which noisy runs had to be used.
func (r *results) noise(work string, peers ...string) string {
	for _, p := range peers {
		if slices.ContainsFunc(r.series(work, p).runs, func(x run) bool { return x.Noisy }) {
			return ", noisy"
		}
	}
	return ""
}

// unverified returns an answer other than "" when a client's runs of a work cannot be judged.
func (r *results) unverified(work string, peers ...string) string {
	for _, p := range peers {
		switch s := r.series(work, p); {
		case s.all == 0:
			return notMeasured
		case s.bad > 0:
			return fmt.Sprintf("no: %d of %d runs of %s not verified", s.bad, s.all, p)
		}
	}
	return ""
}

func (r *results) ratioTarget(work, peer, where, limit string, holds func(float64) bool) target {
	t := target{what: fmt.Sprintf("CPU per fetch, loop : %s, %s", peer, where), limit: limit, reached: "–"}
	q, ok := r.ratio(work, loopMode, peer)
	if ok {
		t.reached = fmt.Sprintf("%.2f (paired %s)", q.ofMedians, q.paired.text(2)) + r.noise(work, loopMode, peer)
	}
	if t.held = r.unverified(work, loopMode, peer); t.held == "" {
		t.held = verdict(holds(q.worst()))
	}
	return t
}

// whereName says what the works a and c are, in the table of targets.
func whereName(w string) string {
	if w == "a" {
		return "keep-alive"
	}
	return "all waiting for a slow server"
}

func (r *results) memoryTarget(w string) target {
	t := target{what: "peak memory, loop, 10,000 in flight, " + whereName(w), limit: "≤ 64 MB", reached: "–"}
	peak := r.series(w+"10000", loopMode).of(peakMB)
	if peak.n > 0 {
		t.reached = peak.text(1) + " MB"
	}
	if t.held = r.unverified(w+"10000", loopMode); t.held == "" {
		t.held = verdict(peak.med <= 64)
	}
	return t
}

func (r *results) growthTarget(w string) target {
	t := target{what: "memory per further connection, 1,000 to 10,000, loop, " + whereName(w), limit: "≤ 5 KB", reached: "–"}
	few, many := r.series(w+"1000", loopMode).of(peakMB), r.series(w+"10000", loopMode).of(peakMB)
	each := (many.med - few.med) * 1e6 / 9000 / 1e3
	if few.n > 0 && many.n > 0 {
		t.reached = fmt.Sprintf("%.2f KB", each)
	}
	t.held = r.unverified(w+"1000", loopMode)
	if t.held == "" {
		t.held = r.unverified(w+"10000", loopMode)
	}
	if t.held == "" {
		t.held = verdict(each <= 5)
	}
	return t
}

func (r *results) listTarget() target {
	t := target{what: fmt.Sprintf("peak memory, list of %d lines less list of %d", r.machine.URLs*10, r.machine.URLs/10), limit: "≤ 15 MB", reached: "–"}
	short, long := r.series("list10k", loopMode).of(peakMB), r.series("list1m", loopMode).of(peakMB)
	if short.n > 0 && long.n > 0 {
		t.reached = fmt.Sprintf("%.1f MB (%.1f − %.1f)", long.med-short.med, long.med, short.med)
	}
	t.held = r.unverified("list10k", loopMode)
	if t.held == "" {
		t.held = r.unverified("list1m", loopMode)
	}
	if t.held == "" {
		t.held = verdict(long.med-short.med <= 15)
	}
	return t
}

// firstTimes are the seconds to a client's first request, and how many tries saw none.
func (r *results) firstTimes(peer string) (s stat, lines, failed int) {
	var v []float64
	for _, f := range r.firsts {
		switch {
		case f.Peer != peer || f.Round == 0:
			continue
		case f.Problem != "":
			failed++
		default:
			v = append(v, f.Seconds*1e3)
		}
		lines = f.Lines
	}
	return summarize(v), lines, failed
}

func (r *results) firstTarget() target {
	s, lines, failed := r.firstTimes(loopMode)
	t := target{what: fmt.Sprintf("time to the first request, list of %d lines", lines), limit: "≤ 100 ms", reached: "–"}
	if s.n > 0 {
		t.reached = s.text(1) + " ms"
	}
	switch {
	case s.n+failed == 0:
		t.what, t.held = "time to the first request of a long list", notMeasured
	default:
		t.held = verdict(failed == 0 && s.med <= 100)
	}
	return t
}

// callsTarget judges the system calls of loop in a work.
func (r *results) callsTarget(work, what, limit string, judge func(c map[string]float64) (reached string, held bool)) target {
	t := target{what: what, limit: limit, reached: "–", held: notMeasured}
	for _, c := range r.calls {
		switch {
		case c.Work != work || c.Peer != loopMode:
			continue
		case c.Problem != "":
			t.held = "no: not counted"
		default:
			reached, held := judge(c.Calls)
			t.reached, t.held = reached, verdict(held)
		}
	}
	return t
}

// warmCallsTarget allows 0.05 beyond one read and one write, since the same calls read the list and
// write the records some hundred lines at a time, and 0.1 of anything else.
func (r *results) warmCallsTarget() target {
	return r.callsTarget("a100", "system calls per fetch on a warm connection, loop: read + write; others but the wait for readiness and naps", "≤ 2.05; ≤ 0.1", func(c map[string]float64) (string, bool) {
		rw, wait, naps := sumOf(c, readCalls[:])+sumOf(c, writeCalls[:]), sumOf(c, pollCalls[:]), sumOf(c, clockCalls[:])
		rest := total(c) - rw - wait - naps
		return fmt.Sprintf("%.3f; %.3f (and %.3f waits)", rw, rest, wait), rw <= 2.05 && rest <= 0.1
	})
}

func (r *results) newCallsTarget() target {
	return r.callsTarget("b100", "system calls per fetch on a new connection, loop: all but naps", "≤ 8", func(c map[string]float64) (string, bool) {
		n := total(c) - sumOf(c, clockCalls[:])
		return fmt.Sprintf("%.2f", n), n <= 8
	})
}

// demoTarget takes the wall time's median, and the worst round of what must always hold.
func (r *results) demoTarget() target {
	t := target{what: "demo: wall time once the server is up; OK; in flight at the server", limit: "≤ 2.2 s; 10,000; ≥ 9,900", reached: "–", held: notMeasured}
	if len(r.demos) == 0 {
		return t
	}
	var walls []float64
	ok, flight, clean := r.demos[0].OK, r.demos[0].InFlight, true
	for _, d := range r.demos {
		walls = append(walls, d.seconds())
		ok, flight = min(ok, d.OK), min(flight, d.InFlight)
		clean = clean && d.Exit == 0 && d.OK == d.Of
	}
	s := summarize(walls)
	t.reached = fmt.Sprintf("%s s; %d; %d", s.text(2), ok, flight)
	if i := slices.IndexFunc(r.demos, func(d demo) bool { return d.Exit != 0 }); i >= 0 {
		t.reached = fmt.Sprintf("exit status %d in round %d", r.demos[i].Exit, r.demos[i].Round)
	}
	t.held = verdict(clean && s.med <= 2.2 && ok == 10000 && flight >= 9900)
	return t
}

// markdown is the table of targets.
func markdown(ts []target) string {
	var b strings.Builder
	b.WriteString("| target | limit | reached | held? |\n|---|---|---|---|\n")
	for _, t := range ts {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", t.what, t.limit, t.reached, t.held)
	}
	return b.String()
}
