//go:build unix

package eventloop

import (
	"fmt"
	"io"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"time"
)

// unretrieved is an error that nobody has asked for yet. It does not hold the future it came from, so that
// the future can be collected and the error reported then.
type unretrieved struct {
	what    string
	err     error
	cleanup runtime.Cleanup
}

// noteError remembers the error of f until somebody asks for it.
func (l *Loop) noteError(f *future) {
	n := &unretrieved{what: "future", err: f.err}
	if f.task != nil {
		n.what = fmt.Sprintf("task %q", f.task.name)
	}
	f.note = n
	l.notes[n] = struct{}{}
	n.cleanup = runtime.AddCleanup(f, func(n *unretrieved) {
		_ = l.CallSoonThreadsafe(func() { l.reportUnretrieved(n) }) // a closed loop has reported it
	}, n)
}

// retrieved forgets the error of f, which somebody asks for. The collector, too, has nothing to tell any more.
func (l *Loop) retrieved(f *future) {
	f.note.cleanup.Stop()
	delete(l.notes, f.note)
	f.note = nil
}

func (l *Loop) reportUnretrieved(n *unretrieved) {
	if _, unasked := l.notes[n]; unasked {
		delete(l.notes, n)
		l.report(n.what+": its error was never retrieved", n.err)
	}
}

// checkThread panics in debug mode when a loop that runs is called from another thread.
func (l *Loop) checkThread() {
	if l.options.Debug { // apart, so that this much is inlined
		l.mustBeOnThread()
	}
}

func (l *Loop) mustBeOnThread() {
	if l.running && l.thread != threadID() {
		panic(ErrWrongThread)
	}
}

// madeAt is the first caller outside this package's scheduling functions.
func madeAt() uintptr {
	var pcs [8]uintptr
	for _, pc := range pcs[:runtime.Callers(3, pcs[:])] {
		f := runtime.FuncForPC(pc - 1)
		if f == nil || !strings.Contains(f.Name(), "eventloop.(*") {
			return pc
		}
	}
	return pcs[0]
}

// Dump writes what the loop is doing: its counters, its tasks by name and by what they wait for, and the
// stacks of all goroutines, coroutines among them, equal ones once. It is called on the loop's thread.
func (l *Loop) Dump(w io.Writer) error {
	m := l.Metrics()
	var b strings.Builder
	fmt.Fprintf(&b, "event loop: %d tasks (%d at most), %d ready, %d timers, %d descriptors, %d iterations, %.0f %% busy\n",
		m.TasksLive, m.TasksPeak, l.ready.count, m.Timers, m.Descriptors, m.Iterations, 100*m.Utilisation())
	counts := map[string]int{}
	for t := l.tasks; t != nil; t = t.after {
		counts[fmt.Sprintf("%s: %s", t.name, t.state())]++
	}
	lines := make([]string, 0, len(counts))
	for line, n := range counts {
		lines = append(lines, fmt.Sprintf("%7d × %s\n", n, line))
	}
	slices.Sort(lines)
	slices.Reverse(lines)
	for _, line := range lines {
		b.WriteString(line)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	return pprof.Lookup("goroutine").WriteTo(w, 1)
}

// state says what a live task is doing.
func (t *task) state() string {
	switch {
	case t.loop.current == t:
		return "running"
	case t.waiting != nil:
		return "waiting for " + t.waiting.waitsFor()
	}
	return "ready"
}

// writeHang tells that a step has been running for a while, and where everything is.
func writeHang(w io.Writer, running time.Duration) {
	fmt.Fprintf(w, "event loop: one step has been running for %v\n", running.Round(time.Millisecond))
	_ = pprof.Lookup("goroutine").WriteTo(w, 2)
}
