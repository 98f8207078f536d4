//go:build unix

package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"crawl/internal/engine"
)

func TestRunWithoutTasks(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		wantErr(t, "Run", runEngine(t, e, context.Background()), nil)
	})
}

// TestGo: tasks asked for before Run start with it and not before; tasks and callbacks may start more; Run
// returns when the last has ended.
func TestGo(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		s := newState(e)
		var live, begun atomic.Int64
		task := func(fn func(ctx context.Context) error) func(ctx context.Context) error {
			return func(ctx context.Context) error {
				live.Add(1)
				begun.Add(1)
				defer live.Add(-1)
				return fn(ctx)
			}
		}
		for range 10 {
			e.Go("before", task(func(ctx context.Context) error {
				for range 10 {
					e.Go("during", task(func(ctx context.Context) error {
						e.After(time.Millisecond, func() {
							e.Go("from a callback", task(func(ctx context.Context) error {
								defer s.add("leaf")
								return e.Sleep(ctx, time.Millisecond)
							}))
						})
						return s.await(ctx, 100)
					}))
				}
				return nil
			}))
		}
		if begun.Load() != 0 {
			t.Errorf("%d tasks began before Run", begun.Load())
		}
		wantErr(t, "Run", runEngine(t, e, context.Background()), nil)
		if begun.Load() != 210 || live.Load() != 0 {
			t.Errorf("%d tasks began and %d live after Run, want 210 and none", begun.Load(), live.Load())
		}
	})
}

// TestGoAtTheEnd: a callback may start a task at the very moment that the last one ends. It runs to its end
// within Run or not at all.
func TestGoAtTheEnd(t *testing.T) {
	for _, k := range engines() {
		t.Run(k.name, func(t *testing.T) {
			for range 1000 {
				e := k.make(t)
				var over atomic.Bool
				posted := make(chan struct{})
				e.Go("last", func(context.Context) error {
					go func() {
						defer close(posted)
						e.Post(func() {
							e.Go("late", func(context.Context) error {
								if over.Load() {
									t.Error("a task runs after Run")
								}
								return nil
							})
						})
					}()
					return nil
				})
				wantErr(t, "Run", runEngine(t, e, context.Background()), nil)
				over.Store(true)
				<-posted
			}
		})
	}
}

// TestTaskError: the first error ends the others, wherever they wait, and Run returns it, with the task's name.
func TestTaskError(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		s := newState(e)
		address := serve(t, silent)
		waits := map[string]func(ctx context.Context) error{
			"sleep": func(ctx context.Context) error { return e.Sleep(ctx, far) },
			"wait":  func(ctx context.Context) error { return s.await(ctx, 1000) },
			"read": func(ctx context.Context) error {
				c, err := e.DialContext(ctx, "tcp", address)
				if err != nil {
					return err
				}
				defer c.Close()
				s.add("connected")
				_, err = c.Read(make([]byte, 1))
				return err
			},
		}
		for name, wait := range waits {
			e.Go(name, func(ctx context.Context) error {
				err := wait(ctx)
				if err == nil || ctx.Err() == nil {
					t.Errorf("%s ended with %v, its context with %v", name, err, ctx.Err())
				}
				return err
			})
		}
		e.Go("culprit", func(ctx context.Context) error {
			if err := s.await(ctx, 1); err != nil {
				return err
			}
			return fmt.Errorf("it went %w", errBoom)
		})
		err := runEngine(t, e, context.Background())
		wantErr(t, "Run", err, errBoom)
		if err != nil && err.Error() != `task "culprit": it went boom` {
			t.Errorf("Run returned %q: want the error of the culprit, and none of those that were cancelled", err)
		}
	})
}

// TestTaskErrors: a task that answers its cancellation with an error of its own is heard too.
func TestTaskErrors(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		other := errors.New("could not clean up")
		e.Go("other", func(ctx context.Context) error {
			if err := e.Sleep(ctx, far); err == nil {
				t.Error("Sleep ended without an error")
			}
			return other
		})
		err := run(t, e, func(context.Context) error { return errBoom })
		wantErr(t, "Run", err, errBoom)
		wantErr(t, "Run", err, other)
	})
}

func TestTaskPanic(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		e.Go("bystander", func(ctx context.Context) error { return e.Sleep(ctx, far) })
		err := run(t, e, func(context.Context) error {
			explode()
			return nil
		})
		var p *engine.PanicError
		if !errors.As(err, &p) {
			t.Fatalf("Run returned %v, want a PanicError", err)
		}
		if p.Value != errBoom || !strings.Contains(string(p.Stack), "engine_test.explode") {
			t.Errorf("panic of %v, want %v, with this stack:\n%s", p.Value, errBoom, p.Stack)
		}
		if text := err.Error(); !strings.Contains(text, `"main"`) || !strings.Contains(text, "boom") || !strings.Contains(text, "explode") {
			t.Errorf("the error does not tell of task, panic and stack: %s", text)
		}
	})
}

//go:noinline
func explode() { panic(errBoom) }

// waiting is everything that a task can wait in for ever. The state tells when it is about to.
func waiting(t *testing.T, e engine.Engine, s *state) map[string]func(ctx context.Context) error {
	silence, hole := serve(t, silent), blackHole(t)
	stuffed := serve(t, func(c net.Conn) { <-t.Context().Done() })
	return map[string]func(ctx context.Context) error{
		"Sleep": func(ctx context.Context) error {
			s.add("begun")
			return e.Sleep(ctx, far)
		},
		"Cond.Wait": func(ctx context.Context) error {
			mu := e.NewMutex()
			cond := e.NewCond(mu, "nothing")
			s.add("begun")
			mu.Lock()
			defer mu.Unlock()
			return cond.Wait(ctx)
		},
		"Read": func(ctx context.Context) error {
			c, err := e.DialContext(ctx, "tcp", silence)
			if err != nil {
				return err
			}
			defer c.Close()
			s.add("begun")
			_, err = c.Read(make([]byte, 1))
			return err
		},
		"Write": func(ctx context.Context) error {
			c, err := e.DialContext(ctx, "tcp", stuffed)
			if err != nil {
				return err
			}
			defer c.Close()
			s.add("begun")
			block := make([]byte, 1<<20)
			for range 1 << 10 { // a gigabyte fits into no socket
				if _, err := c.Write(block); err != nil {
					return err
				}
			}
			return nil
		},
		"DialContext": func(ctx context.Context) error {
			s.add("begun")
			c, err := e.DialContext(ctx, "tcp", hole)
			if err == nil {
				c.Close()
			}
			return err
		},
		"Blocking": func(ctx context.Context) error {
			s.add("begun")
			return e.Blocking(ctx, func() error { return sleepUntil(ctx) })
		},
	}
}

// sleepUntil blocks the thread or goroutine that calls it until ctx is done.
func sleepUntil(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// TestCancel: when Run's context is done every wait ends with an error, and so does Run: without one, for what
// the tasks say of it is no failure of theirs.
func TestCancel(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		s := newState(e)
		waits := waiting(t, e, s)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		for name, wait := range waits {
			e.Go(name, func(ctx context.Context) error {
				err := wait(ctx)
				if err == nil && name != "Blocking" { // which may end with what it waited for
					t.Errorf("%s ended without an error", name)
				}
				if ctx.Err() == nil {
					t.Errorf("%s ended with %v before it was cancelled", name, err)
				}
				s.add("ended")
				return err
			})
		}
		e.Go("polite", func(ctx context.Context) error {
			_ = e.Sleep(ctx, far)
			return ctx.Err()
		})
		e.Go("canceller", func(ctx context.Context) error {
			defer cancel()
			return s.await(ctx, len(waits))
		})
		wantErr(t, "Run", runEngine(t, e, ctx), nil)
		if n := s.count("ended"); n != len(waits) {
			t.Errorf("%d of %d waits ended", n, len(waits))
		}
	})
}

// TestCancelEach is TestCancel with one wait at a time, and a deadline of Run's context that passes, so that
// the reason is another one.
func TestCancelEach(t *testing.T) {
	for _, name := range []string{"Sleep", "Cond.Wait", "Read", "Write", "Blocking"} { // DialContext keeps that deadline by itself
		t.Run(name, func(t *testing.T) {
			onEach(t, engines(), func(t *testing.T, e engine.Engine) {
				s := newState(e)
				wait := waiting(t, e, s)[name]
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
				defer cancel()
				e.Go(name, func(ctx context.Context) error {
					err := wait(ctx)
					if ctx.Err() == nil {
						t.Errorf("%s ended with %v before it was cancelled", name, err)
					}
					return err
				})
				wantErr(t, "Run", runEngine(t, e, ctx), nil)
			})
		})
	}
}

// TestCancelledBefore: with a context that is done already, whatever runs is told so, and Run returns.
func TestCancelledBefore(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		address := serve(t, silent)
		e.Go("sleeper", func(ctx context.Context) error {
			if err := e.Sleep(ctx, far); err == nil {
				t.Error("Sleep ended without an error")
			}
			return ctx.Err()
		})
		e.Go("dialler", func(ctx context.Context) error {
			c, err := e.DialContext(ctx, "tcp", address)
			if err == nil {
				defer c.Close()
				if _, err = c.Read(make([]byte, 1)); err == nil || err == io.EOF {
					t.Errorf("a read of a cancelled task ended with %v", err)
				}
			}
			return err
		})
		wantErr(t, "Run", runEngine(t, e, ctx), nil)
	})
}

// TestStartWhileCancelled: a task that is started by one which was cancelled is cancelled too.
func TestStartWhileCancelled(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		e.Go("parent", func(ctx context.Context) error {
			_ = e.Sleep(ctx, far) // until it is cancelled
			e.Go("child", func(ctx context.Context) error { return e.Sleep(ctx, far) })
			return nil
		})
		wantErr(t, "Run", run(t, e, func(context.Context) error { return errBoom }), errBoom)
	})
}

// TestNothingIsLeft: after Run there is no goroutine and no descriptor more than before the engine was made.
func TestNothingIsLeft(t *testing.T) {
	for _, k := range engines() {
		t.Run(k.name, func(t *testing.T) {
			address := serve(t, silent)
			for _, failing := range []bool{false, true} {
				goroutines, descriptors := runtime.NumGoroutine(), openDescriptors()
				e := k.make(t)
				s := newState(e)
				for range 100 {
					e.Go("visitor", func(ctx context.Context) error {
						c, err := e.DialContext(ctx, "tcp", address)
						if err != nil {
							return err
						}
						defer c.Close()
						s.add("there")
						if err := s.await(ctx, 100); err != nil {
							return err
						}
						if failing {
							return errBoom
						}
						return nil
					})
				}
				e.Go("worker", func(ctx context.Context) error {
					return e.Blocking(ctx, func() error { return nil })
				})
				if err := runEngine(t, e, context.Background()); errors.Is(err, errBoom) != failing {
					t.Errorf("Run returned %v", err)
				}
				if err := settled(goroutines, descriptors); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestPanicWhileCancelled: a panic is no answer to a cancellation, whatever its value is: it is not lost.
func TestPanicWhileCancelled(t *testing.T) {
	for _, value := range []error{net.ErrClosed, context.Canceled} {
		onEach(t, timed(), func(t *testing.T, e engine.Engine) {
			e.Go("clumsy", func(ctx context.Context) error {
				panic(fmt.Errorf("cannot be: %w", errors.Join(value, e.Sleep(ctx, far))))
			})
			err := run(t, e, func(context.Context) error { return errBoom })
			wantErr(t, "Run", err, errBoom)
			var p *engine.PanicError
			if !errors.As(err, &p) {
				t.Errorf("Run returned %v, want a PanicError too", err)
			}
		})
	}
}

// TestCallbackPanic: the panic of a callback ends Run as that of a task does.
func TestCallbackPanic(t *testing.T) {
	for name, call := range map[string]func(e engine.Engine, fn func()){
		"Post":   func(e engine.Engine, fn func()) { e.Post(fn) },
		"After":  func(e engine.Engine, fn func()) { e.After(time.Millisecond, fn) },
		"Detach": func(e engine.Engine, fn func()) { e.Detach(func() {}, fn) },
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, engines(), func(t *testing.T, e engine.Engine) {
				err := run(t, e, func(ctx context.Context) error {
					call(e, explode)
					return e.Sleep(ctx, far)
				})
				var p *engine.PanicError
				if !errors.As(err, &p) || p.Value != errBoom || !strings.Contains(string(p.Stack), "engine_test.explode") {
					t.Errorf("Run returned %v, want a PanicError with value and stack", err)
				}
			})
		})
	}
}

// TestEarlyCallbackPanic: so does that of one that was posted before Run.
func TestEarlyCallbackPanic(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		e.Post(explode)
		err := run(t, e, func(ctx context.Context) error { return e.Sleep(ctx, 2*far) })
		var p *engine.PanicError
		if !errors.As(err, &p) {
			t.Errorf("Run returned %v, want a PanicError", err)
		}
	})
}
