//go:build unix

package eventloop_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

// logLines keeps what a loop writes with Logf.
type logLines []string

func (g *logLines) add(format string, args ...any) { *g = append(*g, fmt.Sprintf(format, args...)) }

// want checks that as many lines were written as there are fragments, and that each contains its own.
func (g *logLines) want(t *testing.T, fragments ...string) {
	t.Helper()
	if len(*g) != len(fragments) {
		t.Fatalf("%d lines were written, want %d: %q", len(*g), len(fragments), *g)
	}
	for i, line := range *g {
		if !strings.Contains(line, fragments[i]) {
			t.Errorf("line %d is %q, want something with %q", i, line, fragments[i])
		}
	}
	*g = nil
}

// What keeps the loop is named: the function and, in debug mode, where it was scheduled; or the task, be it
// between two awaits or in its last step.
func TestSlowCallback(t *testing.T) {
	var lines logLines
	l, p := looptest.New(t, "", eventloop.Options{Logf: lines.add, Debug: true})
	slow := func() { p.Clock.Advance(150 * time.Millisecond) }
	l.CallSoon(slow)
	l.CallSoon(func() { p.Clock.Advance(99 * time.Millisecond) })
	l.CallLater(time.Second, slow)
	mustRun(t, l, func() error { return l.Sleep(time.Hour) })
	lines.want(t, "TestSlowCallback.func1, scheduled at ", "TestSlowCallback.func1, scheduled at ")

	start(l, "parser", func() error { slow(); return l.Yield() })
	start(l, "one step", func() error { slow(); return nil })
	turns(t, l, 2)
	lines.want(t, `a step of task "parser" took 150ms`, `a step of task "one step" took 150ms`)
}

func TestSlowCallbackLimit(t *testing.T) {
	for limit, want := range map[time.Duration]int{time.Millisecond: 1, 2 * time.Hour: 0, -1: 0} {
		var lines logLines
		l, p := looptest.New(t, "", eventloop.Options{Logf: lines.add, SlowCallback: limit})
		l.CallSoon(func() { p.Clock.Advance(time.Hour) })
		turns(t, l, 1)
		if len(lines) != want {
			t.Errorf("limit %v: %d lines, want %d", limit, len(lines), want)
		}
	}
}

func TestHandleString(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	if s := l.CallSoon(namedCallback).String(); !strings.HasSuffix(s, "eventloop_test.namedCallback") {
		t.Errorf("a handle calls itself %q", s)
	}
	debug, _ := looptest.New(t, "", eventloop.Options{Debug: true})
	_, file, line, _ := runtime.Caller(0)
	f := eventloop.NewFuture[int](debug)
	for i, s := range []string{
		debug.CallSoon(namedCallback).String(),
		debug.CallLater(time.Second, namedCallback).String(),
		debug.CallAt(time.Second, namedCallback).String(),
		f.AddDoneCallback(namedCallback).String(),
	} {
		if want := fmt.Sprintf("scheduled at %s:%d", file, line+3+i); !strings.HasSuffix(s, want) {
			t.Errorf("in debug mode a handle calls itself %q, want %q at its end", s, want)
		}
	}
	if s := new(eventloop.Handle).String(); s != "callback" {
		t.Errorf("a handle of nothing calls itself %q", s)
	}
}

func namedCallback() {}

// In debug mode a call from another thread than the loop's, while that runs, is caught.
func TestWrongThread(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("threads have numbers on Linux only")
	}
	// What was half done when it was caught is lost, and reported.
	l, _ := looptest.New(t, "", eventloop.Options{Debug: true, OnError: func(eventloop.Error) {}})
	taken := eventloop.NewSemaphore(l, 0)
	start(l, "waiting", taken.Acquire)
	l.CallSoon(func() {
		done := make(chan struct{})
		go func() {
			defer close(done)
			wantPanic(t, "CallSoon", eventloop.ErrWrongThread, func() { l.CallSoon(namedCallback) })
			wantPanic(t, "CallLater", eventloop.ErrWrongThread, func() { l.CallLater(1, namedCallback) })
			wantPanic(t, "CreateTask", eventloop.ErrWrongThread, func() { start(l, "", func() error { return nil }) })
			wantPanic(t, "SetResult", eventloop.ErrWrongThread, func() { eventloop.NewFuture[int](l).SetResult(1) })
			wantPanic(t, "Release", eventloop.ErrWrongThread, taken.Release)
			noError(t, l.CallSoonThreadsafe(namedCallback))
		}()
		<-done
	})
	turns(t, l, 1)
}

// dumped waits for the watchdog's report: it is a Writer, and a channel that is closed with the first write
// that contains what it waits for.
type dumped struct {
	text  bytes.Buffer
	until string
	seen  chan struct{}
}

func (d *dumped) Write(p []byte) (int, error) {
	n, err := d.text.Write(p)
	select {
	case <-d.seen:
	default:
		if strings.Contains(d.text.String(), d.until) {
			close(d.seen)
		}
	}
	return n, err
}

// hangs does so until the watchdog has spoken, and for many of its looks more.
func hangs(until <-chan struct{}) {
	select {
	case <-until:
	case <-time.After(bound):
	}
	for begun := time.Now(); time.Since(begun) < 30*time.Millisecond; {
	}
}

// The watchdog speaks while the loop hangs, once for each step that does, and shows where.
func TestWatchdog(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{})
	out := &dumped{until: "eventloop_test.hangs", seen: make(chan struct{})}
	l.Watch(5*time.Millisecond, out)
	l.Watch(time.Nanosecond, nil) // there is one already
	mustRun(t, l, func() error {
		for range 100 {
			noError(t, l.Yield()) // steps that do not hang are not its business, unless the machine holds one up
		}
		hangs(out.seen)
		return nil
	})
	if err := l.Close(); err != nil { // and with it the watchdog
		t.Fatal(err)
	}
	text := out.text.String()
	spoke := 0
	for report := range strings.SplitSeq(text, "event loop: one step has been running for ") {
		if strings.Contains(report, "eventloop_test.hangs") {
			spoke++
		}
	}
	if spoke != 1 {
		t.Errorf("it spoke %d times of one step", spoke)
	}
	if !strings.Contains(text, "event loop: one step has been running for ") || !strings.Contains(text, "eventloop_test.hangs") {
		t.Errorf("it said:\n%s", text)
	}
}

// It uses real time, whatever the loop's clock is.
func TestWatchdogOnAFakeClock(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	out := &dumped{until: "eventloop_test.hangs", seen: make(chan struct{})}
	l.Watch(5*time.Millisecond, out)
	mustRun(t, l, func() error {
		noError(t, l.Sleep(time.Hour)) // the hour is not that of a step
		hangs(out.seen)
		return nil
	})
	noError(t, l.Close())
	if !strings.Contains(out.text.String(), "eventloop_test.hangs") {
		t.Error("it did not speak")
	}
}

func TestDump(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{})
	s := eventloop.NewSemaphore(l, 0)
	for range 3 {
		start(l, "fetch", s.Acquire)
	}
	for name, wait := range map[string]func() error{
		"sleeper":   func() error { return l.Sleep(time.Hour) },
		"condition": eventloop.NewCondition(l, "a free connection").Wait,
		"getter":    func() error { _, err := eventloop.NewQueue[int](l, 0).Get(); return err },
		"putter":    func() error { return eventloop.NewQueue[int](l, -1).Put(1) },
		"joiner": func() error {
			q := eventloop.NewQueue[int](l, 0)
			noError(t, q.Put(1))
			return q.Join()
		},
		"awaiter": func() error { _, err := eventloop.NewFuture[int](l).Await(); return err },
		"parent": func() error {
			return group(l, func(g *eventloop.TaskGroup) error {
				g.Go("child", func(context.Context) error { return s.Acquire() })
				return nil
			})
		},
	} {
		start(l, name, wait)
	}
	address := serve(t, "tcp4", "127.0.0.1:0", deaf(t))
	start(l, "reader", func() error {
		c, err := l.Dial(context.Background(), "tcp", address)
		if err != nil {
			return err
		}
		defer c.Close()
		parked := start(l, "writer", func() error { _, err := c.Write(make([]byte, 64<<20)); return err })
		defer parked.Cancel()
		return c.AwaitReadable()
	})
	mustRun(t, l, func() error {
		var b bytes.Buffer
		for !strings.Contains(b.String(), "writer: waiting for write") { // it is the last to come to rest
			b.Reset()
			if err := errors.Join(l.Sleep(time.Millisecond), l.Dump(&b)); err != nil {
				return err
			}
		}
		start(l, "newcomer", func() error { return nil })
		b.Reset()
		if err := l.Dump(&b); err != nil {
			return err
		}
		text := b.String()
		for _, want := range []string{
			"event loop: 15 tasks (15 at most), 1 ready, 1 timers, 2 descriptors, ",
			"      3 × fetch: waiting for semaphore\n",
			"      1 × sleeper: waiting for sleep\n",
			"      1 × condition: waiting for a free connection\n",
			"      1 × getter: waiting for queue: get\n",
			"      1 × putter: waiting for queue: put\n",
			"      1 × joiner: waiting for queue: join\n",
			"      1 × awaiter: waiting for future\n",
			"      1 × parent: waiting for task group\n",
			"      1 × child: waiting for semaphore\n",
			"      1 × reader: waiting for read\n",
			"      1 × writer: waiting for write\n",
			"      1 × newcomer: ready\n",
			"      1 × test: running\n",
			"iter.Pull", // the stacks of the coroutines
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the dump has no %q:\n%s", want, text[:min(len(text), 1500)])
			}
		}
		if strings.Index(text, "× fetch") > strings.Index(text, "× sleeper") {
			t.Error("the most frequent is not the first")
		}
		wantErr(t, "Dump", l.Dump(brokenWriter{}), errBoom)
		return nil
	})
	if err := l.Close(); err != nil { // before the server, which waits for its connection to end
		t.Fatal(err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBoom }

func TestMetrics(t *testing.T) {
	l, p := looptest.New(t, "", eventloop.Options{})
	l.CallSoon(func() { p.Clock.Advance(3 * time.Second) })
	l.CallLater(9*time.Second, l.Stop)
	if err := l.RunForever(); err != nil {
		t.Fatal(err)
	}
	m := l.Metrics()
	if m.Iterations != 2 || m.Callbacks != 2 || m.EmptyPolls != 2 || m.Timers != 0 || m.Descriptors != 1 {
		t.Errorf("iterations %d, callbacks %d, empty polls %d, timers %d, descriptors %d", m.Iterations, m.Callbacks, m.EmptyPolls, m.Timers, m.Descriptors)
	}
	if m.Busy != 3*time.Second || m.Idle != 6*time.Second || m.Utilisation() != 1.0/3 {
		t.Errorf("busy %v, idle %v, utilisation %v", m.Busy, m.Idle, m.Utilisation())
	}
	if m.Step.Max != uint64(3*time.Second) || m.Step.Count() != 2 || m.Lag.Count() != 2 {
		t.Errorf("longest step %d, steps %d, lags %d", m.Step.Max, m.Step.Count(), m.Lag.Count())
	}
	if u := new(eventloop.Metrics).Utilisation(); u != 0 {
		t.Errorf("utilisation of a loop that never ran is %v", u)
	}
}

// Full polls and stale events are counted.
func TestPollMetrics(t *testing.T) {
	l, p := looptest.New(t, "", eventloop.Options{})
	const list = 512
	for fd := range list + 1 {
		noError(t, l.AddReader(1000+fd, func() {}))
		p.Ready(1000+fd, eventloop.Readable)
	}
	p.ReadyAs(1000, 12345, eventloop.Readable)
	p.ReadyAs(7777, 1, eventloop.Readable)
	p.ReadyAs(-1, 1, eventloop.Readable)
	turns(t, l, 2)
	m := l.Metrics()
	if m.Events != list+4 || m.FullPolls != 1 || m.StaleEvents != 3 || m.EmptyPolls != 0 || m.EventsPerPoll.Max != list || m.Descriptors != list+2 {
		t.Errorf("events %d, full polls %d, stale %d, empty %d, most %d, descriptors %d", m.Events, m.FullPolls, m.StaleEvents, m.EmptyPolls, m.EventsPerPoll.Max, m.Descriptors)
	}
}

func TestHistogram(t *testing.T) {
	var h eventloop.Histogram
	if h.Count() != 0 || h.Quantile(0.5) != 0 {
		t.Errorf("of nothing: %d, %d", h.Count(), h.Quantile(0.5))
	}
	l, p := looptest.New(t, "", eventloop.Options{SlowCallback: -1})
	steps := []time.Duration{0, 1, 1, 5, 6, 7, 100, 1000, 1000, 1 << 60}
	for _, d := range steps {
		l.CallSoon(func() { p.Clock.Advance(d) })
	}
	l.CallSoon(l.Stop)
	if err := l.RunForever(); err != nil {
		t.Fatal(err)
	}
	h = l.Metrics().Step
	if h.Count() != uint64(len(steps)+1) || h.Max != 1<<60 || h.Buckets[0] != 2 || h.Buckets[1] != 2 || h.Buckets[3] != 3 {
		t.Errorf("count %d, max %d, buckets %v", h.Count(), h.Max, h.Buckets)
	}
	for q, want := range map[float64]uint64{0: 0, 0.18: 0, 0.19: 1, 0.5: 7, 0.63: 7, 0.64: 127, 0.9: 1023, 0.95: 1 << 60, 1: 1 << 60} {
		if got := h.Quantile(q); got != want {
			t.Errorf("quantile %v is %d, want %d", q, got, want)
		}
	}
}

// The name of a loop's error says that it is the loop's.
func TestErrorTexts(t *testing.T) {
	for _, err := range []error{
		eventloop.ErrCancelled, eventloop.ErrInvalidState, eventloop.ErrNotInTask, eventloop.ErrClosed,
		eventloop.ErrRunning, eventloop.ErrWrongThread, eventloop.ErrTimeout,
	} {
		if !strings.HasPrefix(err.Error(), "eventloop: ") || errors.Is(err, errBoom) {
			t.Errorf("%q has no prefix", err)
		}
	}
}
