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
	"time"
)

// Lengths of the two runs whose difference gives the system calls per fetch; for wrk, which takes
// no number of requests, their duration in seconds.
const (
	straceShort, straceLong       = 5000, 20000
	straceShortWrk, straceLongWrk = 1, 3
)

// straceWorks counts system calls per fetch with 100 in flight, on warm connections and on new
// ones. The counts are exact; times under strace mean nothing, and as the server gains on the slowed
// client, one epoll_wait finds more events than it would in an ordinary run.
func (h *harness) straceWorks(ctx context.Context) error {
	for _, name := range []string{"a100", "b100"} {
		w := newWork(name, straceLong, h.nginx, nil)
		h.progress("strace %s: %s", name, w.title)
		for _, p := range w.peers {
			if !slices.Contains(h.peers, p) {
				continue
			}
			row := calls{Kind: "strace", Work: name, Peer: p}
			err := h.straceOne(ctx, w, &row)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				row.Problem, row.Calls = err.Error(), nil
				h.progress("  %-9s NOT COUNTED: %v", p, err)
			} else {
				h.progress("  %-9s %.2f calls per fetch", p, total(row.Calls))
			}
			if err := h.results.add(row); err != nil {
				return err
			}
		}
	}
	return nil
}

// straceOne fills row from a short and a long run.
func (h *harness) straceOne(ctx context.Context, w work, row *calls) (err error) {
	var short, long map[string]int64
	if short, row.Short, err = h.straceRun(ctx, w, row.Peer, straceShort, straceShortWrk); err != nil {
		return err
	}
	if long, row.Long, err = h.straceRun(ctx, w, row.Peer, straceLong, straceLongWrk); err != nil {
		return err
	}
	if row.Long <= row.Short {
		return fmt.Errorf("the long run made %d fetches, the short one %d", row.Long, row.Short)
	}
	row.Calls = map[string]float64{}
	for name, n := range long {
		row.Calls[name] = float64(n-short[name]) / float64(row.Long-row.Short)
	}
	return nil
}

// straceRun runs a client over the first lines of w, verified, and returns its system calls by name
// and its fetches.
func (h *harness) straceRun(ctx context.Context, w work, peer string, lines, secs int) (map[string]int64, int64, error) {
	w.urls = lines
	list, err := listFile(h.dir, w, lines)
	if err != nil {
		return nil, 0, err
	}
	out, sum := filepath.Join(h.dir, "out.jsonl"), filepath.Join(h.dir, "strace")
	defer os.Remove(list)
	defer os.Remove(out)
	argv := h.bin.command(peer, list, out, w.conc)
	if peer == wrk {
		argv = wrkCommand(w.url(0), w.conc, secs)
	}
	before, err := settle(ctx, w.from)
	if err != nil {
		return nil, 0, err
	}
	s, stdout, stderr, err := measure(ctx, h.dir, append([]string{"strace", "-f", "-c", "-o", sum, "--"}, argv...), runLimits{[]int{clientCPU}, time.Minute})
	if err != nil {
		return nil, 0, err
	}
	after, err := settle(ctx, w.from)
	if err != nil {
		return nil, 0, err
	}
	row := run{Peer: peer, sample: s}
	if err := h.verify(&row, w, out, stdout, before, after); err != nil {
		return nil, 0, fmt.Errorf("%w: %s", err, strings.TrimSpace(stderr[max(0, len(stderr)-300):]))
	}
	data, err := os.ReadFile(sum)
	if err != nil {
		return nil, 0, err
	}
	n, err := parseStrace(string(data))
	return n, row.Fetches, err
}

// parseStrace reads the table of strace -c:
//
//	% time     seconds  usecs/call     calls    errors syscall
//	------ ----------- ----------- --------- --------- ----------------
//	 60.00    0.123456           6     20000        12 read
//	100.00    0.205760           5     40010        12 total
func parseStrace(s string) (map[string]int64, error) {
	n := map[string]int64{}
	for line := range strings.Lines(s) {
		f := strings.Fields(line)
		if len(f) < 5 || f[len(f)-1] == "total" {
			continue
		}
		if _, err := strconv.ParseFloat(f[0], 64); err != nil {
			continue // a heading
		}
		calls, err := strconv.ParseInt(f[3], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("strace: %q: %w", strings.TrimSpace(line), err)
		}
		n[f[len(f)-1]] += calls
	}
	if len(n) == 0 {
		return nil, fmt.Errorf("strace counted nothing")
	}
	return n, nil
}

// Names under which the kernel offers reading, writing and waiting for readiness.
var (
	readCalls  = [...]string{"read", "recvfrom", "recvmsg", "readv"}
	writeCalls = [...]string{"write", "sendto", "sendmsg", "writev"}
	pollCalls  = [...]string{"epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll"}
	// clockCalls go with time and not with fetches: the monitor thread of Go's runtime naps, and strace
	// stretches the time. No target counts them.
	clockCalls = [...]string{"nanosleep", "clock_nanosleep"}
)

// sumOf adds up the calls of those names.
func sumOf(calls map[string]float64, names []string) (sum float64) {
	for _, n := range names {
		sum += calls[n]
	}
	return sum
}

// total adds up all calls.
func total(calls map[string]float64) (sum float64) {
	for _, v := range calls {
		sum += v
	}
	return sum
}
