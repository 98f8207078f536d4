//go:build unix

package fetch

import (
	"context"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"crawl/internal/engine"
)

// These are tests of the pool alone, with connections that are none.

// fakeConn is a connection that knows whether it is open and stale.
type fakeConn struct {
	net.Conn
	name          string
	closed, stale bool
}

func (c *fakeConn) Close() error         { c.closed = true; return nil }
func (c *fakeConn) Stale() bool          { return c.stale }
func (c *fakeConn) AwaitReadable() error { return nil }

// bench is a pool in a task.
type bench struct {
	*pool
	t     *testing.T
	ctx   context.Context
	clock shifted
	made  int
}

// withPool runs fn with a pool on each engine. When fn returns, nothing may be idle any more after closeIdle.
func withPool(t *testing.T, most int, maxAge time.Duration, fn func(b *bench) error) {
	t.Helper()
	onEach(t, func(t *testing.T, k kind) {
		e := newShifted(k.engine(t))
		p := newPool(e, most, maxAge)
		run(t, e, func(ctx context.Context) error {
			err := fn(&bench{p, t, ctx, e, 0})
			p.closeIdle()
			if p.oldest != nil || p.newest != nil {
				t.Error("something is idle after closeIdle")
			}
			return err
		})
	})
}

// get is acquire and, where that gives leave, a new connection.
func (b *bench) get(ctx context.Context, origin string) (*conn, *fakeConn, error) {
	c, err := b.acquire(ctx, origin, 0, new(time.Duration))
	if err != nil {
		return nil, nil, err
	}
	if c == nil {
		b.made++
		c = newConn(&fakeConn{name: fmt.Sprint(origin, b.made)}, origin, "remote of "+origin)
	}
	return c, c.Conn.(*fakeConn), nil
}

// TestPoolOrder: the newest of an origin is used first, and one of another origin never.
func TestPoolOrder(t *testing.T) {
	withPool(t, 100, time.Minute, func(b *bench) error {
		conns := map[string]*conn{}
		for _, origin := range []string{"a", "b", "a", "b", "a"} {
			c, f, err := b.get(b.ctx, origin)
			if err != nil {
				return err
			}
			conns[f.name] = c
		}
		for _, name := range []string{"a5", "b2", "a1", "b4", "a3"} {
			b.put(conns[name])
		}
		var got []string
		for _, origin := range []string{"a", "b", "a", "b", "a", "c"} {
			_, f, err := b.get(b.ctx, origin)
			if err != nil {
				return err
			}
			got = append(got, f.name)
		}
		if want := []string{"a3", "b4", "a1", "b2", "a5", "c6"}; !slices.Equal(got, want) {
			t.Errorf("taken in the order %v, want %v", got, want)
		}
		return nil
	})
}

// TestPoolFresh: who asks for a fresh connection does not get an idle one.
func TestPoolFresh(t *testing.T) {
	withPool(t, 1, time.Minute, func(b *bench) error {
		c, f, err := b.get(b.ctx, "a")
		if err != nil {
			return err
		}
		b.put(c)
		if c, err := b.acquire(b.ctx, "a", needFresh, new(time.Duration)); c != nil || err != nil {
			t.Errorf("acquire returned %v, %v, want leave to make one", c, err)
		}
		if !f.closed || b.open != 1 {
			t.Errorf("the idle one is closed: %v, and %d are open, want room made for the fresh one", f.closed, b.open)
		}
		return nil
	})
}

// TestPoolStale: what is stale or too old is closed instead of used, and so is the oldest when something newer is
// put beside it.
func TestPoolStale(t *testing.T) {
	withPool(t, 100, 10*time.Second, func(b *bench) error {
		idle := func(origin string) *fakeConn {
			c, f, err := b.get(b.ctx, origin)
			if err != nil {
				t.Error(err)
			}
			b.put(c)
			return f
		}
		a := idle("a")
		a.stale = true
		if again := idle("a"); again == a || !a.closed {
			t.Error("a stale connection is used")
		}
		b.clock.advance(10 * time.Second)
		kept := idle("a")
		b.clock.advance(9 * time.Second)
		if idle("a") != kept {
			t.Error("a connection that is young enough is not used")
		}
		old := idle("b")
		b.clock.advance(11 * time.Second)
		if idle("a") == kept || !kept.closed {
			t.Error("a connection that is too old is used")
		}
		if !old.closed {
			t.Error("an idle connection outlives its time while others come and go")
		}
		return nil
	})
}

// TestPoolRoom: when there is no room, what has been idle for longest goes, whatever its origin; when nothing is
// idle, tasks wait.
func TestPoolRoom(t *testing.T) {
	withPool(t, 3, time.Minute, func(b *bench) error {
		var conns []*conn
		var fakes []*fakeConn
		for _, origin := range []string{"a", "b", "c"} {
			c, f, err := b.get(b.ctx, origin)
			if err != nil {
				return err
			}
			conns, fakes = append(conns, c), append(fakes, f)
		}
		b.put(conns[1])
		b.put(conns[0])
		d, _, err := b.get(b.ctx, "d")
		if err != nil {
			return err
		}
		if !fakes[1].closed || fakes[0].closed || b.open != 3 {
			t.Errorf("closed are %v, %v, and %d are open, want b's closed", fakes[0].closed, fakes[1].closed, b.open)
		}
		if c, _, err := b.get(b.ctx, "a"); c != conns[0] || err != nil {
			t.Errorf("got %v, %v, want what is idle", c, err)
		}

		// Now all three are in use.
		order := &waiters{bench: b}
		order.start("e")
		order.start("f")
		if err := order.await(2, 0); err != nil {
			return err
		}
		b.release(d)
		if err := order.await(1, 1); err != nil {
			return err
		}
		b.put(conns[0]) // of another origin: it has to go for the second
		if err := order.await(0, 2); err != nil {
			return err
		}
		if !fakes[0].closed {
			t.Error("an idle connection of another origin stays, and a task was served all the same")
		}
		b.release(nil)
		b.release(nil)
		return nil
	})
}

// waiters are tasks that wait for room in a pool, and keep it.
type waiters struct {
	*bench
	served int // under the lock
}

func (w *waiters) start(origin string) {
	w.engine.Go("waiter", func(ctx context.Context) error {
		c, err := w.acquire(ctx, origin, 0, new(time.Duration))
		w.mu.Lock()
		defer w.mu.Unlock()
		w.served++
		if c != nil || err != nil {
			w.t.Errorf("a waiter for %s got %v, %v, want leave to make a connection", origin, c, err)
		}
		return nil
	})
}

// await waits until so many still wait and so many are served, and none that has been told of room is yet to run.
func (w *waiters) await(waiting, served int) error {
	err := w.bench.await(func() bool { return w.waiting == waiting && w.served == served && w.told == 0 })
	if err != nil {
		return fmt.Errorf("%d tasks wait and %d are served, want %d and %d: %w", w.waiting, w.served, waiting, served, err)
	}
	return nil
}

// TestPoolTurns: who comes while others wait has to wait for its turn, also when it is the one that made the room:
// else a task that fetches without a pause would never let another have a connection.
func TestPoolTurns(t *testing.T) {
	withPool(t, 1, time.Minute, func(b *bench) error {
		c, _, err := b.get(b.ctx, "a")
		if err != nil {
			return err
		}
		served := 0
		for range 3 {
			b.engine.Go("waiter", func(ctx context.Context) error {
				if _, err := b.acquire(ctx, "b", 0, new(time.Duration)); err != nil {
					return err
				}
				served++ // there is one connection, and so there is one task at a time here
				b.release(nil)
				return nil
			})
		}
		if err := b.await(func() bool { return b.waiting == 3 }); err != nil {
			return err
		}
		b.put(c)
		if _, err := b.acquire(b.ctx, "a", 0, new(time.Duration)); err != nil {
			return err
		}
		if served != 3 {
			t.Errorf("%d tasks of 3 that waited were served before one that came later", served)
		}
		b.release(nil)
		return nil
	})
}

// await waits until what of the pool is true, which it asks under the lock.
func (b *bench) await(what func() bool) error {
	for end := time.Now().Add(bound); ; {
		b.mu.Lock()
		done := what()
		b.mu.Unlock()
		if done {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("it did not come about within %v", bound)
		}
		if err := b.engine.Sleep(b.ctx, 50*time.Microsecond); err != nil {
			return err
		}
	}
}

// TestPoolCancelled: a task that is cancelled while it waits is not served, and takes nothing from the next.
func TestPoolCancelled(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		e := k.engine(t)
		p := newPool(e, 1, time.Minute)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		e.Go("holder", func(ctx context.Context) error {
			if _, err := p.acquire(ctx, "a", 0, new(time.Duration)); err != nil {
				return err
			}
			e.Go("waiter", func(ctx context.Context) error {
				c, err := p.acquire(ctx, "b", 0, new(time.Duration))
				if ClassOf(err) != Cancelled || c != nil {
					t.Errorf("acquire returned %v, %v, want class %s", c, err, Cancelled)
				}
				return err
			})
			b := &bench{pool: p, t: t, ctx: ctx, clock: newShifted(e)}
			err := b.await(func() bool { return p.waiting == 1 })
			cancel()
			return err
		})
		if err := e.Run(ctx); err != nil {
			t.Error(err)
		}
		if p.open != 1 {
			t.Errorf("%d connections are counted, want that of the holder", p.open)
		}
	})
}

// TestPoolCancelledInTurn: a task that is cancelled just when there is room for it takes that from nobody.
func TestPoolCancelledInTurn(t *testing.T) {
	e := engine.NewGoroutine() // only there can one task be cancelled and not the others
	p := newPool(e, 1, time.Minute)
	run(t, e, func(ctx context.Context) error {
		b := &bench{pool: p, t: t, ctx: ctx, clock: newShifted(e)}
		for range 300 {
			if _, err := b.acquire(ctx, "a", 0, new(time.Duration)); err != nil {
				return err
			}
			impatient, cancel := context.WithCancel(ctx)
			defer cancel()
			for _, ctx := range []context.Context{impatient, ctx, impatient} {
				e.Go("waiter", func(context.Context) error {
					if _, err := b.acquire(ctx, "b", 0, new(time.Duration)); err == nil {
						b.release(nil)
					}
					return nil
				})
			}
			if err := b.await(func() bool { return b.waiting == 3 }); err != nil {
				return err
			}
			e.Post(cancel)
			b.release(nil)
			if err := b.await(func() bool { return b.waiting == 0 && b.told == 0 && b.open == 0 }); err != nil {
				return fmt.Errorf("%d tasks wait, %d have been told, %d connections are counted: %w", b.waiting, b.told, b.open, err)
			}
		}
		return nil
	})
}

// TestPoolCalledOffUnseen: a task that is called off counts as one that waits until it runs again. Room that there is
// meanwhile is told to nobody in its place, and the next is told of the room after that.
func TestPoolCalledOffUnseen(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		e := k.engine(t)
		p := newPool(e, 2, time.Minute)
		run(t, e, func(ctx context.Context) error {
			b := &bench{pool: p, t: t, ctx: ctx, clock: newShifted(e)}
			for range 2 {
				if _, err := b.acquire(ctx, "a", 0, new(time.Duration)); err != nil {
					return err
				}
			}
			e.Go("stays", func(ctx context.Context) error {
				_, err := b.acquire(ctx, "b", 0, new(time.Duration))
				return err
			})
			if err := b.await(func() bool { return b.waiting == 1 }); err != nil {
				return err
			}
			callOff := e.Spawn("called off", func(ctx context.Context) error {
				_, err := b.acquire(ctx, "b", 0, new(time.Duration))
				return err
			})
			if err := b.await(func() bool { return b.waiting == 2 }); err != nil {
				return err
			}
			b.release(nil) // told to who stays
			callOff()
			b.release(nil) // to nobody, on the loop
			b.mu.Lock()
			b.open = 2 // somebody was faster
			b.mu.Unlock()
			if err := b.await(func() bool { return b.waiting <= 1 }); err != nil {
				return err
			}
			b.release(nil)
			if err := b.await(func() bool { return b.waiting == 0 && b.told == 0 }); err != nil {
				return fmt.Errorf("%d tasks wait, %d have been told, %d connections are counted: %w", b.waiting, b.told, b.open, err)
			}
			return nil
		})
	})
}

// TestPoolManyOrigins: what is known of origins does not grow with their number.
func TestPoolManyOrigins(t *testing.T) {
	withPool(t, 10, time.Minute, func(b *bench) error {
		for i := range 20_000 {
			c, _, err := b.get(b.ctx, fmt.Sprint("host", i))
			if err != nil {
				return err
			}
			b.put(c)
		}
		if len(b.idle) > 5000 || b.open != 10 {
			t.Errorf("%d origins are kept and %d connections open", len(b.idle), b.open)
		}
		return nil
	})
}

// TestPoolPressure: when the system has no descriptor for another connection, fewer are used, at once and for
// what comes; then there are more again, by an eighth each second, and whoever waits is told.
func TestPoolPressure(t *testing.T) {
	withPool(t, 64, time.Hour, func(b *bench) error {
		var conns []*conn
		for range 32 {
			c, _, err := b.get(b.ctx, "a")
			if err != nil {
				return err
			}
			conns = append(conns, c)
		}
		idle := conns[0].Conn.(*fakeConn)
		b.put(conns[0])
		b.shrink()
		if !idle.closed || b.max >= 32 {
			t.Errorf("after shrink, the idle one is closed: %v, and %d are allowed, want fewer than the 32 there were", idle.closed, b.max)
		}
		for range 100 {
			b.shrink()
		}
		if b.max != 1 {
			t.Errorf("%d are allowed, want 1 at least and at most", b.max)
		}
		for _, c := range conns[1:] {
			b.put(c) // more than allowed: closed
		}
		if b.open > 1 {
			t.Errorf("%d connections are open, want 1 at most", b.open)
		}
		b.closeIdle()
		b.closing = false

		// Now fifty tasks want one each and keep it. Each second lets more of them in.
		w := &waiters{bench: b}
		for range 50 {
			w.start("a")
		}
		if err := w.await(49, 1); err != nil {
			return err
		}
		for second := 1; w.waiting > 0; second++ {
			if second > 18 { // by then 41 are allowed
				t.Errorf("after %d s, %d tasks of 50 are served, and %d connections allowed", second, w.served, b.max)
				break
			}
			b.clock.advance(time.Second)
			b.release(nil) // one ends, and so there is a look whether there is more room
			if err := w.settle(); err != nil {
				return err
			}
			if b.open < min(b.max, 50-second) {
				t.Errorf("after %d s, %d connections are in use of %d allowed, while tasks wait", second, b.open, b.max)
				break
			}
		}
		for w.waiting > 0 {
			b.release(nil)
			if err := w.settle(); err != nil {
				return err
			}
		}
		return nil
	})
}

// settle waits until whoever has been told of room has taken it. Then nothing happens by itself.
func (w *waiters) settle() error { return w.bench.await(func() bool { return w.told == 0 }) }

var _ engine.Staler = (*fakeConn)(nil)
