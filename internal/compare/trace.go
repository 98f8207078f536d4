package compare

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"crawl/internal/modes"
)

// The fetches of the two runs of a trace, whose difference has no start-up in it.
const (
	traceShort = 500
	traceLong  = 3000
)

// traceConcurrency is the one of the plan that is nearest to some in flight: few, because a traced process is slow, but
// not one, so that a poll may find several.
func (m *measurement) traceConcurrency() int {
	const some = 10
	nearest := m.plan.Concurrency[0]
	for _, c := range m.plan.Concurrency {
		if max(c, some)/min(c, some) < max(nearest, some)/min(nearest, some) {
			nearest = c
		}
	}
	return nearest
}

// A tracer counts the system calls of a process and its threads and children.
type tracer struct {
	name string
	argv func(report string) []string // in front of a command
	read func(report string) (map[string]float64, error)
}

func tracers() []tracer {
	return []tracer{
		{"strace", func(report string) []string { return []string{"strace", "-f", "-c", "-o", report, "--"} }, parseStrace},
		{"perf", func(report string) []string {
			return []string{"perf", "stat", "-x", ",", "-e", "raw_syscalls:sys_enter", "-o", report, "--"}
		}, parsePerf},
	}
}

// traces counts the system calls of each mode from outside, in runs that are not timed.
func (m *measurement) traces(ctx context.Context) error {
	if m.delay > 0 { // a mode that does one at a time would take the day
		m.result.Notes = append(m.result.Notes, "system calls are counted only where answers are not held back")
		return nil
	}
	t, ok := m.findTracer(ctx)
	if !ok {
		m.result.Notes = append(m.result.Notes, "system calls were not counted from outside: neither strace nor perf works here")
		return nil
	}
	for _, mode := range m.plan.Modes {
		trace, err := m.trace(ctx, t, mode)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			m.result.Notes = append(m.result.Notes, fmt.Sprintf("the system calls of %s were not counted: %v", mode, err))
			m.plan.Progress("system calls of %s: NOT COUNTED: %v", mode, err)
			continue
		}
		m.plan.Progress("system calls of %s: %.2f a fetch", mode, trace.PerFetch)
		m.result.Traces = append(m.result.Traces, trace)
	}
	return nil
}

// findTracer tries the tools on a program that does nothing.
func (m *measurement) findTracer(ctx context.Context) (tracer, bool) {
	for _, t := range tracers() {
		report := filepath.Join(m.dir, "trace")
		argv := append(t.argv(report), m.plan.Program, "--version")
		if exec.CommandContext(ctx, argv[0], argv[1:]...).Run() != nil {
			continue
		}
		if calls, err := readTrace(t, report); err == nil && len(calls) > 0 {
			return t, true
		}
	}
	return tracer{}, false
}

func readTrace(t tracer, report string) (map[string]float64, error) {
	data, err := os.ReadFile(report)
	if err != nil {
		return nil, err
	}
	return t.read(string(data))
}

func (m *measurement) trace(ctx context.Context, t tracer, mode string) (Trace, error) {
	result := Trace{Mode: mode, Concurrency: m.traceConcurrency(), By: t.name, Calls: map[string]float64{}}
	short, err := m.traced(ctx, t, mode, traceShort)
	if err != nil {
		return result, err
	}
	long, err := m.traced(ctx, t, mode, traceLong)
	if err != nil {
		return result, err
	}
	for name, n := range long {
		each := (n - short[name]) / (traceLong - traceShort)
		// The monitor thread of Go's runtime naps, and a tracer stretches the time: that goes with the clock, not with fetches.
		if slices.Contains([]string{"nanosleep", "clock_nanosleep"}, name) {
			continue
		}
		if each > 0.0005 {
			result.Calls[name] = each
			result.PerFetch += each
		}
	}
	return result, nil
}

// traced makes a verified run under the tracer and returns the calls by name.
func (m *measurement) traced(ctx context.Context, t tracer, mode string, fetches int) (map[string]float64, error) {
	if err := m.settle(ctx); err != nil {
		return nil, err
	}
	report := filepath.Join(m.dir, "trace")
	spec := m.spec(mode, m.traceConcurrency())
	spec.Fetches, spec.Rate = fetches, 0 // it is not timed
	c, err := m.startChild(ctx, m.cpus.client, append(t.argv(report), m.plan.Program, modes.ChildCommand)...)
	if err != nil {
		return nil, err
	}
	var result modes.Result
	err = c.work(spec, &result, func() {})
	if _, endErr := c.end(); err == nil {
		err = endErr
	}
	if err != nil {
		return nil, c.explain(err)
	}
	if err := m.verify(spec, &Run{Result: result, Mode: mode}); err != nil {
		return nil, err
	}
	return readTrace(t, report)
}

// parseStrace reads the table of strace -c: share, seconds, µs a call, calls, errors if any, name.
func parseStrace(report string) (map[string]float64, error) {
	calls := map[string]float64{}
	for line := range strings.Lines(report) {
		f := strings.Fields(line)
		if len(f) < 5 || f[len(f)-1] == "total" {
			continue
		}
		if _, err := strconv.ParseFloat(f[0], 64); err != nil {
			continue // a heading
		}
		n, err := strconv.ParseFloat(f[3], 64)
		if err != nil {
			return nil, fmt.Errorf("strace says %q: %w", strings.TrimSpace(line), err)
		}
		calls[f[len(f)-1]] += n
	}
	return calls, nil
}

// parsePerf reads perf stat -x: the count is the first field of the event's line. It does not know names.
func parsePerf(report string) (map[string]float64, error) {
	for line := range strings.Lines(report) {
		if f := strings.Split(line, ","); len(f) > 2 && strings.HasPrefix(f[2], "raw_syscalls") {
			n, err := strconv.ParseFloat(f[0], 64)
			if err != nil {
				return nil, fmt.Errorf("perf says %q: %w", strings.TrimSpace(line), err)
			}
			return map[string]float64{"all": n}, nil
		}
	}
	return nil, fmt.Errorf("perf says nothing of system calls")
}
