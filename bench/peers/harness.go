//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// harness runs clients and keeps what they cost.
type harness struct {
	dir        string // for lists, records and logs
	bin        binaries
	peers      []string // those asked for
	rounds     int
	wrkSeconds int
	allCPUs    []int // where a client may run that is not bound to one
	nginx      *nginx
	slow       *slow
	results    *results
	progress   func(format string, args ...any)
}

// runTimeout bounds one run of one client.
const runTimeout = 4 * time.Minute

// list measures one work: a warm-up that no table counts, then rounds of all clients in turn. Where
// clients are compared and more than half the rounds of one were noisy, further rounds are added, as
// many again at most. A work of one client is there for its memory, which noise does not touch.
func (h *harness) list(ctx context.Context, w work) error {
	peers := slices.DeleteFunc(slices.Clone(w.peers), func(p string) bool { return !slices.Contains(h.peers, p) })
	if len(peers) == 0 {
		return nil
	}
	h.progress("%s: %s", w.name, w.title)
	file, err := listFile(h.dir, w, w.urls)
	if err != nil {
		return err
	}
	defer os.Remove(file)
	warm := w
	warm.urls = min(w.urls, max(10000, w.conc))
	warmFile, err := listFile(h.dir, warm, warm.urls)
	if err != nil {
		return err
	}
	for _, p := range peers {
		if err := h.once(ctx, warm, p, 0, warmFile, 1); err != nil {
			return err
		}
	}
	for round := 1; round <= h.rounds || round <= 2*h.rounds && len(w.peers) > 1 && h.tooNoisy(w.name, peers); round++ {
		for _, p := range peers {
			if err := h.once(ctx, w, p, round, file, h.wrkSeconds); err != nil {
				return err
			}
		}
	}
	return nil
}

// tooNoisy says whether a client has fewer quiet, verified runs of a work than half the rounds. A
// run that failed counts as done: repeating it would only hide that.
func (h *harness) tooNoisy(name string, peers []string) bool {
	for _, p := range peers {
		quiet := 0
		for _, r := range h.results.runs {
			if r.Work == name && r.Peer == p && r.Round > 0 && (!r.Noisy || r.Problem != "") {
				quiet++
			}
		}
		if 2*quiet < h.rounds {
			return true
		}
	}
	return false
}

// once runs one client over the list in file, checks what it did and keeps the row. An error means
// that the harness itself cannot go on; whatever is wrong with the client goes into the row.
func (h *harness) once(ctx context.Context, w work, peer string, round int, file string, wrkSeconds int) error {
	out := filepath.Join(h.dir, "out.jsonl")
	defer os.Remove(out)
	argv := h.bin.command(peer, file, out, w.conc)
	if peer == wrk {
		argv = wrkCommand(w.url(0), w.conc, wrkSeconds)
	}
	before, err := settle(ctx, w.from)
	if err != nil {
		return err
	}
	row := run{Kind: "run", Work: w.name, Title: w.title, Peer: peer, Round: round, Conc: w.conc}
	server, meter, total := w.from.cpu(), ownCPU(), machineCPU()
	var stdout, stderr string
	row.sample, stdout, stderr, err = measure(ctx, h.dir, argv, runLimits{[]int{clientCPU}, runTimeout})
	if err != nil {
		return err
	}
	now := machineCPU()
	row.ServerCPU, row.Steal = w.from.cpu()-server, now.steal-total.steal
	row.Foreign = now.busy - total.busy - row.User - row.System - row.ServerCPU - row.MeterCPU - (ownCPU() - meter)
	row.Noisy = row.Foreign+row.Steal > noisyShare*row.Wall

	after, err := settle(ctx, w.from)
	if err != nil {
		return err
	}
	row.Server = counts{
		Requests: after.Requests - before.Requests, Robots: after.Robots - before.Robots,
		Conns: after.Conns - before.Conns, Peak: after.Peak,
	}
	if err := h.verify(&row, w, out, stdout, before, after); err != nil {
		row.Problem = err.Error()
		if s := strings.TrimSpace(stderr); s != "" {
			row.Problem += ": " + s[max(0, len(s)-300):]
		}
	}
	h.report(row)
	return h.results.add(row)
}

// verify sets row.Fetches, or returns why the run does not count.
func (h *harness) verify(row *run, w work, out, stdout string, before, after counts) (err error) {
	switch {
	case row.TimedOut:
		return fmt.Errorf("killed after %v", runTimeout)
	case row.Exit != 0:
		return fmt.Errorf("exit status %d", row.Exit)
	}
	if row.Peer == wrk {
		if row.Fetches, err = wrkCount(stdout, w.conc); err != nil {
			return err
		}
		return verifyServer(before, after, row.Fetches, 2*int64(w.conc))
	}
	row.Fetches = int64(w.urls)
	if err := verifyRecords(out, w.urls, w.url); err != nil {
		return err
	}
	return verifyServer(before, after, row.Fetches, 0)
}

// report tells the user about a run.
func (h *harness) report(r run) {
	if r.Problem != "" {
		h.progress("  %2d %-9s NOT VERIFIED: %s", r.Round, r.Peer, r.Problem)
		return
	}
	noise := ""
	if r.Noisy {
		noise = fmt.Sprintf("  noisy: others took %.2f s", r.Foreign+r.Steal)
	}
	h.progress("  %2d %-9s %8d fetches %7.1f µs CPU each %7.2f s %7.1f MB%s", r.Round, r.Peer, r.Fetches, r.cpu(), r.Wall, float64(r.PeakKB)*1024/1e6, noise)
}

// cpuTime is what /proc/stat says of the whole machine, in seconds.
type cpuTime struct{ busy, steal float64 }

// machineCPU reads the first line of /proc/stat: user nice system idle iowait irq softirq steal.
// Time of guests is part of user there already.
func machineCPU() (t cpuTime) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return t
	}
	line, _, _ := strings.Cut(string(data), "\n")
	var v [8]float64
	for i, f := range strings.Fields(line)[1:] {
		if i < len(v) {
			v[i], _ = strconv.ParseFloat(f, 64)
		}
	}
	return cpuTime{busy: (v[0] + v[1] + v[2] + v[5] + v[6]) / clockTicks, steal: v[7] / clockTicks}
}

// ownCPU is the CPU time of this process alone, in seconds.
func ownCPU() float64 {
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
		return 0
	}
	return seconds(ru.Utime) + seconds(ru.Stime)
}
