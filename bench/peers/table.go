//go:build linux

package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// properRounds is the number of rounds below which a report calls itself a trial.
const properRounds = 5

// report writes all results as one Markdown page.
func (r *results) report() string {
	var b strings.Builder
	m := r.machine
	fmt.Fprintf(&b, "# Measured beside others, %s\n\n", m.Time.Format("2006-01-02"))
	fmt.Fprintf(&b, "%s, %d CPUs, %.0f GB; %s; %s; nginx %s; wrk %s. crawl at %s.\n", m.CPU, m.CPUs, float64(m.MemoryMB)/1e3, m.Kernel, m.Go, m.Nginx, m.Wrk, cmp.Or(m.Commit, "no commit"))
	fmt.Fprintf(&b, "Server on CPU %d, client on CPU %d, pages of %d bytes, lists of %d URLs, %d interleaved rounds after a warm-up, lists and records on %s, %d descriptors, somaxconn %s. Method: bench/README.md.\n\n",
		serverCPU, clientCPU, pageSize, m.URLs, m.Rounds, m.Output, m.OpenFiles, m.Backlog)
	if m.Rounds < properRounds {
		fmt.Fprintf(&b, "**A trial: fewer than %d rounds.**\n\n", properRounds)
	}
	b.WriteString("Every figure is the median of the rounds, with the smallest and largest in brackets. MB is 10⁶ bytes, KB 10³. Ratios are of medians; in brackets the median, smallest and largest of the ratios of single rounds.\n\n## Targets\n\n")
	b.WriteString(markdown(r.targets()))
	for _, w := range workNames {
		r.workTable(&b, w)
	}
	r.callsTable(&b)
	r.firstTable(&b)
	r.demoText(&b)
	return b.String()
}

// workTable adds the clients of one work.
func (r *results) workTable(b *strings.Builder, work string) {
	i := slices.IndexFunc(r.runs, func(x run) bool { return x.Work == work && x.Round > 0 })
	if i < 0 {
		return
	}
	fmt.Fprintf(b, "\n## %s: %s\n\n", work, r.runs[i].Title)
	b.WriteString("| client | fetches | CPU µs/fetch | user + system | × wrk | × net/http | wall s | fetches/s | peak MB | connections | waiting at once | switches (preempted) | server CPU s | rounds |\n")
	b.WriteString("|---" + strings.Repeat("|---:", 13) + "|\n")
	var notes []string
	for _, p := range peerNames {
		s := r.series(work, p)
		if s.all == 0 {
			continue
		}
		if len(s.runs) == 0 {
			fmt.Fprintf(b, "| %s | not verified |%s\n", p, strings.Repeat(" |", 12))
		} else {
			r.workRow(b, work, p, s)
		}
		notes = append(notes, r.notes(work, p)...)
	}
	for _, n := range notes {
		fmt.Fprintf(b, "\n- %s", n)
	}
	if notes != nil {
		b.WriteByte('\n')
	}
}

// workRow adds one client's line.
func (r *results) workRow(b *strings.Builder, work, peer string, s series) {
	peak := "–"
	if p := s.of(func(x run) float64 { return float64(x.Server.Peak) }); p.max > 0 {
		peak = fmt.Sprintf("%.0f", p.med)
	}
	rounds := fmt.Sprint(len(s.runs))
	if s.noisy > 0 {
		rounds += fmt.Sprintf(" (%d of %d noisy)", s.noisy, s.all)
	}
	med := func(f func(run) float64) float64 { return s.of(f).med }
	fmt.Fprintf(b, "| %s | %.0f | %s | %.1f + %.1f | %s | %s | %s | %.0f | %s | %.0f | %s | %.0f (%.0f) | %.2f | %s |\n",
		peer, med(func(x run) float64 { return float64(x.Fetches) }), s.of(run.cpu).text(1), med(userCPU), med(systemCPU), r.ratioCell(work, peer, wrk), r.ratioCell(work, peer, netHTTP),
		s.of(wall).text(2), med(rate), s.of(peakMB).text(1),
		med(func(x run) float64 { return float64(x.Server.Conns) }), peak,
		med(func(x run) float64 { return float64(x.Voluntary) }), med(func(x run) float64 { return float64(x.Involuntary) }),
		med(func(x run) float64 { return x.ServerCPU }), rounds)
}

func (r *results) ratioCell(work, a, b string) string {
	q, ok := r.ratio(work, a, b)
	if !ok {
		return "–"
	}
	if a == b {
		return "1"
	}
	return fmt.Sprintf("%.2f (%s)", q.ofMedians, q.paired.text(2))
}

// notes lists why runs of a client were not verified, each reason once, and what bounds its peak.
func (r *results) notes(work, peer string) (out []string) {
	seen := map[string]bool{}
	small := false
	for _, x := range r.runs {
		if x.Work != work || x.Peer != peer || x.Round == 0 {
			continue
		}
		small = small || x.PeakFrom != "rusage" && x.Problem == ""
		if x.Problem != "" && !seen[x.Problem] {
			seen[x.Problem] = true
			out = append(out, fmt.Sprintf("%s, round %d, not verified: %s", peer, x.Round, strings.Join(strings.Fields(x.Problem), " ")))
		}
	}
	if small {
		out = append(out, peer+": some peaks are below the meter's own, so they are the last VmHWM read, up to 20 ms before the end.")
	}
	return out
}

// callsTable adds the system calls per fetch: those above 0.01 by name.
func (r *results) callsTable(b *strings.Builder) {
	if len(r.calls) == 0 {
		return
	}
	b.WriteString("\n## System calls per fetch, 100 in flight\n\nCounted by strace; the difference of a long and a short run, so that starting and stopping drop out. strace slows the client, so that one wait finds more ready than in an ordinary run. nanosleep is the monitor thread of Go's runtime, which naps by the clock and not by the fetch; no target counts it.\n\n")
	b.WriteString("| work | client | all | read + write | wait for readiness | by name (above 0.01) |\n|---|---|---|---|---|---|\n")
	for _, c := range r.calls {
		if c.Problem != "" {
			fmt.Fprintf(b, "| %s | %s | not counted: %s | | | |\n", c.Work, c.Peer, strings.Join(strings.Fields(c.Problem), " "))
			continue
		}
		var names []string
		for _, n := range slices.SortedFunc(maps.Keys(c.Calls), func(x, y string) int {
			return cmp.Or(cmp.Compare(c.Calls[y], c.Calls[x]), cmp.Compare(x, y))
		}) {
			if c.Calls[n] >= 0.01 {
				names = append(names, fmt.Sprintf("%s %.3f", n, c.Calls[n]))
			}
		}
		fmt.Fprintf(b, "| %s | %s | %.2f | %.3f | %.3f | %s |\n", c.Work, c.Peer, total(c.Calls),
			sumOf(c.Calls, readCalls[:])+sumOf(c.Calls, writeCalls[:]), sumOf(c.Calls, pollCalls[:]), strings.Join(names, ", "))
	}
}

// firstTable adds the times to the first request.
func (r *results) firstTable(b *strings.Builder) {
	if len(r.firsts) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## Time to the first request, list of %d lines\n\n| client | ms from fork to the first byte at the server |\n|---|---|\n", r.firsts[0].Lines)
	for _, p := range peerNames {
		s, _, failed := r.firstTimes(p)
		if s.n+failed == 0 {
			continue
		}
		note := ""
		if failed > 0 {
			note = fmt.Sprintf(" (%d tries without a request)", failed)
		}
		fmt.Fprintf(b, "| %s | %s%s |\n", p, s.text(1), note)
	}
}

// demoText adds what the last demo printed.
func (r *results) demoText(b *strings.Builder) {
	if len(r.demos) == 0 {
		return
	}
	b.WriteString("\n## crawl demo\n\n| round | exit | OK | in flight at the server | wall s, server up | wall s, all | CPU s | peak MB |\n|---|---|---|---|---|---|---|---|\n")
	for _, d := range r.demos {
		fmt.Fprintf(b, "| %d | %d | %d of %d | %d | %.2f | %.2f | %.2f | %.1f |\n", d.Round, d.Exit, d.OK, d.Of, d.InFlight, d.Crawl, d.Wall, d.User+d.System, float64(d.PeakKB)*1024/1e6)
	}
	last := r.demos[len(r.demos)-1]
	fmt.Fprintf(b, "\nThe last one printed:\n\n```\n%s\n```\n", strings.TrimRight(last.Output, "\n"))
}
