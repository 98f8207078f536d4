//go:build unix

package eventloop_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"crawl/internal/eventloop"
)

// The tests of this package stand outside of it and use what its users use. Those of order and time run on a
// fake clock and poller (looptest); those of sockets on every real poller, with package net at the other end.
// A task must not call t.FailNow, which ends the loop's goroutine: it uses t.Error or returns its error.

// bound is how long a test waits for what must come. It takes that long only when something is broken.
const bound = 30 * time.Second

var errBoom = errors.New("boom")

// TestMain checks what no single test can: that all of them together left no goroutine and no descriptor.
func TestMain(m *testing.M) {
	warmUp()
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors()
	code := m.Run()
	if code == 0 {
		for deadline := time.Now().Add(bound); runtime.NumGoroutine() > goroutines || openDescriptors() > descriptors; runtime.Gosched() {
			if time.Now().After(deadline) {
				stacks := make([]byte, 1<<20)
				fmt.Printf("FAIL: %d goroutines and %d descriptors are left, of %d and %d:\n%s\n",
					runtime.NumGoroutine(), openDescriptors(), goroutines, descriptors, stacks[:runtime.Stack(stacks, true)])
				code = 1
				break
			}
		}
	}
	os.Exit(code)
}

// newLoop makes a loop on a real poller and the machine's clock. It is closed with the test. A loop that has
// not ended within bound is stopped, so that the test fails instead of hanging.
func newLoop(t testing.TB, poller string, o eventloop.Options) *eventloop.Loop {
	t.Helper()
	p, err := eventloop.NewPoller(poller)
	if err != nil {
		t.Fatal(err)
	}
	o.Poller = p
	if o.OnError == nil {
		o.OnError = func(e eventloop.Error) { t.Errorf("loop: %s: %v", e.What, e.Err) }
	}
	if o.Logf == nil {
		o.Logf = func(string, ...any) {} // a slow machine is not an error
	}
	l, err := eventloop.New(o)
	if err != nil {
		t.Fatal(err)
	}
	guard := time.AfterFunc(bound, func() { _ = l.CallSoonThreadsafe(l.Stop) })
	t.Cleanup(func() {
		if !guard.Stop() {
			t.Errorf("the loop was stopped, for it had not ended within %v", bound)
		}
		if err := l.Close(); err != nil {
			t.Errorf("closing the loop: %v", err)
		}
	})
	return l
}

// eachPoller runs a test on every poller of this platform.
func eachPoller(t *testing.T, test func(t *testing.T, poller string)) {
	for _, name := range eventloop.Pollers() {
		t.Run(name, func(t *testing.T) { test(t, name) })
	}
}

// start makes a task of fn.
func start(l *eventloop.Loop, name string, fn func() error) *eventloop.Task[struct{}] {
	return eventloop.CreateTask(context.Background(), l, name, func(context.Context) (struct{}, error) { return struct{}{}, fn() })
}

// run runs fn in a task until it has ended, and returns its error.
func run(l *eventloop.Loop, fn func() error) error {
	_, err := eventloop.RunUntilComplete(l, start(l, "test", fn))
	return err
}

// mustRun is run for what must not fail.
func mustRun(t testing.TB, l *eventloop.Loop, fn func() error) {
	t.Helper()
	if err := run(l, fn); err != nil {
		t.Fatal(err)
	}
}

// turns runs n iterations of the loop.
func turns(t testing.TB, l *eventloop.Loop, n int) {
	t.Helper()
	for range n {
		l.CallSoon(l.Stop)
		if err := l.RunForever(); err != nil {
			t.Fatal(err)
		}
	}
}

// wantErr checks that got is want, as errors.Is sees it.
func wantErr(t testing.TB, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: error is %v, want %v", what, got, want)
	}
}

// wantPanic checks that fn panics with an error that is want.
func wantPanic(t testing.TB, what string, want error, fn func()) {
	t.Helper()
	defer func() {
		t.Helper()
		err, _ := recover().(error)
		wantErr(t, what, err, want)
	}()
	fn()
}

// trace is the order in which things happened.
type trace struct{ words []string }

func (tr *trace) add(format string, args ...any) {
	tr.words = append(tr.words, fmt.Sprintf(format, args...))
}

// note is a callback that adds a word.
func (tr *trace) note(word string) func() { return func() { tr.add("%s", word) } }

// want checks the order and starts a new one.
func (tr *trace) want(t testing.TB, want string) {
	t.Helper()
	if got := strings.Join(tr.words, " "); got != want {
		t.Errorf("order is %q, want %q", got, want)
	}
	tr.words = nil
}

// errorLog keeps what a loop reports.
type errorLog struct{ errs []eventloop.Error }

func (e *errorLog) add(err eventloop.Error) { e.errs = append(e.errs, err) }

// want checks that as many errors were reported as there are fragments, and that each contains its own.
func (e *errorLog) want(t testing.TB, fragments ...string) {
	t.Helper()
	if len(e.errs) != len(fragments) {
		t.Fatalf("%d errors were reported, want %d: %v", len(e.errs), len(fragments), e.errs)
	}
	for i, err := range e.errs {
		if text := fmt.Sprintf("%s: %v", err.What, err.Err); !strings.Contains(text, fragments[i]) {
			t.Errorf("reported %q, want something with %q", text, fragments[i])
		}
	}
}

// eventually waits for a condition that other threads bring about.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(bound); !condition(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", bound, what)
		}
	}
}

// openDescriptors is the number of open file descriptors of this process.
func openDescriptors() (n int) {
	for fd := range 1 << 12 {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil {
			n++
		}
	}
	return n
}

// warmUp starts what the runtime and the standard library start once and keep: the network poller of package
// net and the goroutine of os/signal.
func warmUp() {
	if ln, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		ln.Close()
	}
	arrived := make(chan os.Signal, 1)
	signal.Notify(arrived, unix.SIGWINCH)
	signal.Stop(arrived)
}
