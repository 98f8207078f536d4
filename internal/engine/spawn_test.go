//go:build unix

package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"crawl/internal/engine"
)

// TestSpawnCancel: each wait of a task that is called off ends, with an error that does not end Run, and so does its
// context; no other task hears of it.
func TestSpawnCancel(t *testing.T) {
	address, hole := serve(t, silent), blackHole(t)
	waits := map[string]func(ctx context.Context, e engine.Engine, s *state) error{
		"sleep": func(ctx context.Context, e engine.Engine, _ *state) error { return e.Sleep(ctx, far) },
		"cond":  func(ctx context.Context, _ engine.Engine, s *state) error { return s.await(ctx, 1000) },
		"dial": func(ctx context.Context, e engine.Engine, _ *state) error {
			c, err := e.DialContext(ctx, "tcp", hole)
			if err == nil {
				c.Close()
			}
			return err
		},
		"read": func(ctx context.Context, e engine.Engine, _ *state) error {
			c, err := e.DialContext(ctx, "tcp", address)
			if err != nil {
				return err
			}
			defer c.Close()
			_, err = c.Read(make([]byte, 1))
			return err
		},
		"blocking": func(ctx context.Context, e engine.Engine, _ *state) error {
			hold := make(chan struct{})
			defer close(hold)
			return e.Blocking(ctx, func() error { <-hold; return nil })
		},
	}
	for name, wait := range waits {
		t.Run(name, func(t *testing.T) {
			onEach(t, engines(), func(t *testing.T, e engine.Engine) {
				s := newState(e)
				mustRun(t, e, func(ctx context.Context) error {
					e.Go("other", func(ctx context.Context) error {
						return errors.Join(s.await(ctx, 2), ctx.Err())
					})
					cancel := e.Spawn("called off", func(ctx context.Context) error {
						s.add("begun")
						err := wait(ctx, e, s)
						if err == nil || !errors.Is(ctx.Err(), context.Canceled) {
							t.Errorf("the wait ended with %v, the context with %v", err, ctx.Err())
						}
						s.add("ended")
						return fmt.Errorf("it ended: %w", err)
					})
					if err := s.await(ctx, 1); err != nil {
						return err
					}
					cancel()
					cancel()
					return s.await(ctx, 2)
				})
				s.want(t, "begun", "ended")
			})
		})
	}
}

// TestSpawnError: what else a task that was called off returns ends Run, as an error of any task does, and so does its
// panic, and an error that looks like a cancellation where there was none.
func TestSpawnError(t *testing.T) {
	for name, tt := range map[string]struct {
		off   bool
		end   func() error
		error string
	}{
		"error":              {true, func() error { return errBoom }, `task "spawned": boom`},
		"error, not off":     {false, func() error { return errBoom }, `task "spawned": boom`},
		"closed, not off":    {false, func() error { return net.ErrClosed }, `task "spawned": use of closed network connection`},
		"panic":              {true, func() error { panic("ouch") }, "ouch"},
		"cancelled":          {true, func() error { return context.Canceled }, ""},
		"closed by being so": {true, func() error { return net.ErrClosed }, ""},
		"nothing":            {true, func() error { return nil }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, engines(), func(t *testing.T, e engine.Engine) {
				s := newState(e)
				err := run(t, e, func(ctx context.Context) error {
					cancel := e.Spawn("spawned", func(ctx context.Context) error {
						s.add("begun")
						if tt.off {
							_ = e.Sleep(ctx, far)
						}
						return tt.end()
					})
					if err := s.await(ctx, 1); err != nil || !tt.off {
						return err
					}
					cancel()
					return nil
				})
				if tt.error == "" {
					wantErr(t, "Run", err, nil)
					return
				}
				var p *engine.PanicError
				if err == nil || err.Error() != tt.error && !(errors.As(err, &p) && fmt.Sprint(p.Value) == tt.error) {
					t.Errorf("Run returned %v, want %s", err, tt.error)
				}
			})
		})
	}
}

// TestSpawnConnection: a connection that a task has handed on stays, though the task is called off when it has ended.
func TestSpawnConnection(t *testing.T) {
	address := serve(t, func(c net.Conn) { c.Write([]byte("x")); silent(c) })
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		s := newState(e)
		mustRun(t, e, func(ctx context.Context) error {
			var c net.Conn
			cancel := e.Spawn("handing on", func(ctx context.Context) (err error) {
				defer s.add("dialled")
				c, err = e.DialContext(ctx, "tcp", address)
				return err
			})
			err := s.await(ctx, 1)
			var dump bytes.Buffer
			for begun := time.Now(); err == nil && time.Since(begun) < bound; err = e.Sleep(ctx, time.Millisecond) {
				dump.Reset()
				if err := e.Dump(&dump); err != nil {
					return err
				}
				if d := dump.String(); !strings.Contains(d, "handing on") && !strings.Contains(d, "goroutineSpawned") {
					break
				}
			}
			if err != nil || c == nil {
				return err
			}
			defer c.Close()
			cancel()
			_, err = c.Read(make([]byte, 1))
			return err
		})
	})
}

// TestSpawnEarly: a task that is called off before it begins does not do its work, before Run and in it; one that is
// called off by nobody does.
func TestSpawnEarly(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		s := newState(e)
		work := func(name string) func(context.Context) error {
			return func(ctx context.Context) error {
				if ctx.Err() == nil {
					s.add(name)
				}
				return nil
			}
		}
		spawn := func(name string) (cancel func()) { return e.Spawn(name, work(name)) }
		never := spawn("never")
		never()
		spawn("before")
		mustRun(t, e, func(ctx context.Context) error {
			spawn("during")
			e.After(0, func() { spawn("from a callback") })
			return s.await(ctx, 3)
		})
		never()
		slices.Sort(s.words)
		s.want(t, "before", "during", "from a callback")
	})
}

// TestSpawnCancelAtOnce: a task may be called off by a callback, by another such task, and by itself.
func TestSpawnCancelAtOnce(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		s := newState(e)
		sleeper := func(ctx context.Context) error {
			defer s.add("ended")
			return e.Sleep(ctx, far)
		}
		mustRun(t, e, func(ctx context.Context) error {
			e.After(0, e.Spawn("by a callback", sleeper))
			byTask := e.Spawn("by a task", sleeper)
			e.Go("task", func(context.Context) error { byTask(); return nil })
			mu := e.NewMutex()
			var self func()
			mu.Lock()
			self = e.Spawn("by itself", func(ctx context.Context) error {
				mu.Lock()
				cancel := self
				mu.Unlock()
				cancel()
				return sleeper(ctx)
			})
			mu.Unlock()
			return s.await(ctx, 1) // one that is called off before it has begun never begins
		})
		if n := s.count("ended"); n < 1 || n > 3 {
			t.Errorf("%d tasks ended, want those that had begun", n)
		}
	})
}

// TestSpawnRunCancelled: they end with Run as the others do.
func TestSpawnRunCancelled(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		s := newState(e)
		for range 10 {
			e.Spawn("sleeper", func(ctx context.Context) error {
				s.add("begun")
				return e.Sleep(ctx, far)
			})
		}
		e.Go("main", func(ctx context.Context) error {
			err := s.await(ctx, 10)
			cancel()
			return err
		})
		wantErr(t, "Run", runEngine(t, e, ctx), nil)
	})
}
