//go:build unix

package engine_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"crawl/internal/engine"
	"crawl/internal/eventloop"
)

// TestLeaf: it runs at once and to its end, in tasks, in callbacks and within another.
func TestLeaf(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		s := newState(e)
		mustRun(t, e, func(ctx context.Context) error {
			ran := 0
			e.Leaf(func() {
				ran++
				e.Leaf(func() { ran++ })
			})
			if ran != 2 {
				t.Errorf("%d of 2 have run", ran)
			}
			e.After(0, func() { e.Leaf(func() { s.add("in a callback") }) })
			if err := s.await(ctx, 1); err != nil {
				return err
			}
			for range 1000 { // with waits in between
				e.Leaf(func() { ran++ })
				if ran%100 == 0 {
					if err := e.Sleep(ctx, 0); err != nil {
						return err
					}
				}
			}
			if ran != 1002 {
				t.Errorf("%d of 1002 have run", ran)
			}
			return nil
		})
	})
}

// TestLeafPanic: a panic in there is one of the task, which may recover from it, and its stack is that of where
// it happened.
func TestLeafPanic(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		err := run(t, e, func(ctx context.Context) error {
			func() {
				defer func() {
					if recover() == nil {
						t.Error("the panic did not come through")
					}
				}()
				e.Leaf(explode)
			}()
			if err := e.Sleep(ctx, 0); err != nil {
				return err
			}
			e.Leaf(explode)
			t.Error("the task goes on after a panic")
			return nil
		})
		var p *engine.PanicError
		if !errors.As(err, &p) || p.Value != errBoom || !strings.Contains(string(p.Stack), "engine_test.explode") {
			t.Errorf("Run returned %v, want a PanicError with value and stack", err)
		}
	})
}

// TestDump: it can be written at any time and tells where the tasks are; its writer's error comes back.
func TestDump(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		s := newState(e)
		mustRun(t, e, func(ctx context.Context) error {
			for range 3 {
				e.Go("idler", func(ctx context.Context) error {
					s.add("there")
					return s.await(ctx, 4)
				})
			}
			if err := s.await(ctx, 3); err != nil {
				return err
			}
			var b bytes.Buffer
			for end := time.Now().Add(bound); ; {
				b.Reset()
				if err := e.Dump(&b); err != nil {
					return err
				}
				if strings.Count(b.String(), "engine_test.TestDump") > 0 && strings.Contains(b.String(), "state).await") {
					break
				}
				if time.Now().After(end) {
					t.Errorf("the dump does not show the tasks:\n%s", &b)
					break
				}
				if err := e.Sleep(ctx, 0); err != nil {
					return err
				}
			}
			wantErr(t, "Dump", e.Dump(brokenWriter{}), errBoom)
			s.add("go")
			return nil
		})
	})
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBoom }

// TestDumpNames: the loop knows its tasks by name and what they wait for.
func TestDumpNames(t *testing.T) {
	for _, k := range engines()[:len(eventloop.Pollers())] {
		t.Run(k.name, func(t *testing.T) {
			e := k.make(t)
			s := newState(e)
			var b strings.Builder
			e.Go("idler", func(ctx context.Context) error { return s.await(ctx, 1) })
			e.Go("sleeper", func(ctx context.Context) error { return e.Sleep(ctx, time.Millisecond) })
			e.Go("dumper", func(ctx context.Context) error {
				defer s.add("go")
				return e.Dump(&b)
			})
			wantErr(t, "Run", runEngine(t, e, context.Background()), nil)
			for _, want := range []string{"3 tasks", "1 × idler: waiting for a change of the test's state", "1 × sleeper: waiting for sleep", "1 × dumper: running"} {
				if !strings.Contains(b.String(), want) {
					t.Errorf("the dump does not have %q:\n%s", want, &b)
				}
			}
		})
	}
}

// TestSummary: one line, with the most tasks there were at once.
func TestSummary(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		s := newState(e)
		for range 7 {
			e.Go("task", func(ctx context.Context) error {
				s.add("there")
				return s.await(ctx, 7)
			})
		}
		wantErr(t, "Run", runEngine(t, e, context.Background()), nil)
		if got := e.Summary(); strings.Contains(got, "\n") || !regexp.MustCompile(`^(loop|goroutine): .*\b7 tasks at most$|^(goroutine|threads): 7 tasks, 7 at most$`).MatchString(got) {
			t.Errorf("Summary is %q, want the mode and 7 tasks at most", got)
		}
	})
}

// TestLag: the step that has run for a while is late by that on the loop, and never early.
func TestLag(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		mustRun(t, e, func(ctx context.Context) error {
			before := e.Now()
			for e.Now().Sub(before) < 5*time.Millisecond {
			}
			if lag := e.Lag(e.Now()); lag != 0 && lag < 5*time.Millisecond {
				t.Errorf("lag is %v within a step that has run for 5 ms", lag)
			}
			return nil
		})
	})
}

// TestNewLoop: what can be asked of a loop.
func TestNewLoop(t *testing.T) {
	if _, err := engine.NewLoop(engine.LoopOptions{Poller: "carrier pigeons"}); err == nil || !strings.Contains(err.Error(), "carrier pigeons") {
		t.Errorf("an unknown poller: error is %v, want one that names it", err)
	}
	e, err := engine.NewLoop(engine.LoopOptions{})
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t, e, func(ctx context.Context) error { return e.Sleep(ctx, time.Millisecond) })
}

// TestWatch: a step that holds up the loop is shown, with its stack, while it does.
func TestWatch(t *testing.T) {
	log := &syncBuffer{}
	e, err := engine.NewLoop(engine.LoopOptions{Watch: 10 * time.Millisecond, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t, e, func(context.Context) error {
		for end := time.Now().Add(bound); !log.contains("TestWatch"); {
			if time.Now().After(end) {
				t.Error("nothing was written while a step ran on and on")
				break
			}
		}
		return nil
	})
}

// syncBuffer is a buffer that two threads may use.
type syncBuffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

var _ io.Writer = (*syncBuffer)(nil)

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) contains(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.b.String(), text)
}
