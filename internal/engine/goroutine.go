package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"slices"
	"sync"
	"time"
)

var errGoexit = errors.New("it called runtime.Goexit")

// goroutineEngine is also the engine of threads, which differs in what is in the first two fields.
type goroutineEngine struct {
	lock bool // each task locks a thread of the OS, which ends with it
	dial func(ctx context.Context, network, address string) (*goroutineConn, error)

	ctx    context.Context
	cancel context.CancelFunc

	callbacks sync.WaitGroup // After, Post and signals under way
	quit      chan struct{}  // closed when the tasks have ended

	mu      sync.Mutex // guards the rest
	before  []func()   // tasks and signals asked for before Run
	started bool       // before is empty, and stays so
	ended   bool       // the last task has
	errs    []error
	conns   map[*goroutineConn]struct{}

	live, peak, begun int // tasks
}

// NewGoroutine makes the engine of a goroutine for each task over the standard net package.
func NewGoroutine() Engine {
	e := newGoroutineEngine()
	// No keep-alive probes: every wait of ours has a deadline, and the loop engine sends none.
	dialer := net.Dialer{KeepAlive: -1}
	e.dial = func(ctx context.Context, network, address string) (*goroutineConn, error) {
		raw, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return e.adopt(ctx, raw), nil
	}
	return e
}

func newGoroutineEngine() *goroutineEngine {
	return &goroutineEngine{conns: map[*goroutineConn]struct{}{}, quit: make(chan struct{})}
}

func (e *goroutineEngine) Go(name string, fn func(ctx context.Context) error) {
	e.mu.Lock()
	if !e.started {
		e.before = append(e.before, func() { e.start(name, fn) })
		e.mu.Unlock()
		return
	}
	e.mu.Unlock()
	e.start(name, fn)
}

func (e *goroutineEngine) start(name string, fn func(ctx context.Context) error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended { // a callback asked for it while the last task ended: too late
		return
	}
	e.begun++
	e.live++
	e.peak = max(e.peak, e.live)
	go func() {
		if e.lock {
			runtime.LockOSThread()
		}
		err := errGoexit // in case that fn does not return
		defer func() { e.done(name, err) }()
		err = protect(func() error { return fn(e.ctx) })
	}()
}

func (e *goroutineEngine) done(name string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err != nil && !isCancellation(e.ctx, err) {
		e.fail(fmt.Errorf("task %q: %w", name, err))
	}
	e.live--
	e.checkEnded()
}

// fail ends Run with err. It is called under the lock.
func (e *goroutineEngine) fail(err error) {
	e.errs = append(e.errs, err)
	if e.cancel != nil { // else Run has not begun, and will see it
		e.cancel()
	}
}

// checkEnded is called under the lock. A wait group would not do: a callback may start a task when there is
// none left and Run is about to return.
func (e *goroutineEngine) checkEnded() {
	if e.started && e.live == 0 && !e.ended {
		e.ended = true
		close(e.quit)
	}
}

func (e *goroutineEngine) Run(ctx context.Context) error {
	e.mu.Lock()
	e.ctx, e.cancel = context.WithCancel(ctx)
	defer e.cancel()
	if len(e.errs) > 0 { // of an early callback
		e.cancel()
	}
	e.mu.Unlock()
	stop := context.AfterFunc(e.ctx, e.closeConns)
	for !e.begin() {
	}
	<-e.quit
	stop()
	e.callbacks.Wait()
	return errors.Join(e.errs...)
}

// begin starts what has been asked for, and reports whether there was nothing.
func (e *goroutineEngine) begin() bool {
	e.mu.Lock()
	before := e.before
	e.before = nil
	if len(before) == 0 {
		e.started = true
		e.checkEnded()
	}
	e.mu.Unlock()
	for _, begin := range before {
		begin()
	}
	return len(before) == 0
}

// closeConns ends what tasks wait for in the network.
func (e *goroutineEngine) closeConns() {
	e.closeAll(func() map[*goroutineConn]struct{} { return e.conns })
}

// closeAll closes the connections that list gives, which is called under the lock.
func (e *goroutineEngine) closeAll(list func() map[*goroutineConn]struct{}) {
	e.mu.Lock()
	conns := slices.Collect(maps.Keys(list()))
	e.mu.Unlock()
	for _, c := range conns {
		_ = c.Conn.Close() // its task closes it again, and takes it off the lists
	}
}

func (e *goroutineEngine) Now() time.Time { return time.Now() }

func (e *goroutineEngine) Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// callback runs fn unless Run has returned, and keeps Run from returning meanwhile.
func (e *goroutineEngine) callback(fn func()) {
	e.mu.Lock()
	if e.ended {
		e.mu.Unlock()
		return
	}
	e.callbacks.Add(1)
	e.mu.Unlock()
	defer e.callbacks.Done()
	if err := protect(func() error { fn(); return nil }); err != nil {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.fail(fmt.Errorf("callback: %w", err))
	}
}

func (e *goroutineEngine) After(d time.Duration, fn func()) {
	time.AfterFunc(d, func() { e.callback(fn) })
}

func (e *goroutineEngine) Post(fn func()) { go e.callback(fn) }

func (e *goroutineEngine) OnSignal(sig os.Signal, fn func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.before = slices.Insert(e.before, 0, func() { // ahead of the tasks, which run as soon as they are started
		arrived := make(chan os.Signal, 4)
		signal.Notify(arrived, sig)
		e.callbacks.Go(func() {
			defer signal.Stop(arrived)
			for {
				select {
				case <-arrived:
					e.callback(fn)
				case <-e.quit:
					return
				}
			}
		})
	})
}

// Blocking runs fn on a goroutine of its own only so that a cancelled task need not wait for it.
func (e *goroutineEngine) Blocking(ctx context.Context, fn func() error) error {
	done := make(chan error, 1)
	go func() {
		err := errGoexit // in case that fn does not return
		defer func() { done <- err }()
		err = protect(fn)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *goroutineEngine) Detach(fn, then func()) {
	go func() {
		defer e.Post(then) // deferred for a fn that calls runtime.Goexit
		fn()
	}()
}

// goroutineConn is a connection that the engine can close when the tasks are cancelled.
type goroutineConn struct {
	net.Conn
	engine *goroutineEngine
	task   *goroutineSpawned // that has dialled it, if it was spawned
	stale  func() bool       // see Stale
}

// adopt puts a connection on the lists of those that are closed when the tasks, or the one whose context ctx is, are
// cancelled. Who has dialled looks then whether they have been.
func (e *goroutineEngine) adopt(ctx context.Context, raw net.Conn) *goroutineConn {
	task, _ := ctx.Value(spawnedKey{}).(*goroutineSpawned)
	c := &goroutineConn{Conn: raw, engine: e, task: task}
	e.mu.Lock()
	e.conns[c] = struct{}{}
	if task != nil && task.conns != nil {
		task.conns[c] = struct{}{}
	}
	e.mu.Unlock()
	return c
}

func (e *goroutineEngine) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := e.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil { // cancelled before it was on the list
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func (c *goroutineConn) Close() error {
	c.engine.mu.Lock()
	delete(c.engine.conns, c)
	if c.task != nil {
		delete(c.task.conns, c)
	}
	c.engine.mu.Unlock()
	return c.Conn.Close()
}

func (e *goroutineEngine) NewMutex() sync.Locker { return new(sync.Mutex) }

// goroutineCond is a first-come, first-served condition that can be cancelled, which sync.Cond cannot.
type goroutineCond struct {
	mu      sync.Locker
	waiting []chan struct{} // guarded by mu
}

func (e *goroutineEngine) NewCond(mu sync.Locker, _ string) Cond { return &goroutineCond{mu: mu} }

func (c *goroutineCond) Wait(ctx context.Context) error {
	woken := make(chan struct{})
	c.waiting = append(c.waiting, woken)
	c.mu.Unlock()
	var late <-chan time.Time // never, without a deadline
	if limited, ok := ctx.(*deadlineContext); ok {
		timer := time.NewTimer(time.Until(limited.deadline))
		defer timer.Stop()
		late = timer.C
	}
	var err error
	select {
	case <-woken:
		c.mu.Lock()
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-late:
		err = os.ErrDeadlineExceeded
	}
	c.mu.Lock()
	for i, w := range c.waiting {
		if w == woken {
			c.waiting = append(c.waiting[:i], c.waiting[i+1:]...)
			return err
		}
	}
	c.Signal() // it was signalled just before: somebody else is to have that
	return err
}

func (c *goroutineCond) Signal() {
	if len(c.waiting) > 0 {
		close(c.waiting[0])
		c.waiting[0] = nil
		c.waiting = c.waiting[1:]
	}
}

func (c *goroutineCond) Broadcast() {
	for len(c.waiting) > 0 {
		c.Signal()
	}
}

func (e *goroutineEngine) Leaf(fn func()) { fn() }

func (e *goroutineEngine) Lag(time.Time) time.Duration { return 0 }

func (e *goroutineEngine) Dump(w io.Writer) error { return pprof.Lookup("goroutine").WriteTo(w, 1) }

func (e *goroutineEngine) Summary() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	name := ModeGoroutine
	if e.lock {
		name = ModeThreads
	}
	return fmt.Sprintf("%s: %d tasks, %d at most", name, e.begun, e.peak)
}
