//go:build unix

package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"crawl/internal/engine"
	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

// This is one suite for every engine: whoever adds an engine adds it to engines. A test says what a task may
// rely on whatever it runs on, so it knows no engine by name. Tests of time run the loops on a fake clock.
// A task must not call t.FailNow, which would end the loop's goroutine: it uses t.Error, or returns its error.

// bound is how long a test waits for what must come. It takes that long only when something is broken.
const bound = 30 * time.Second

// far is a time that must not be waited for.
const far = time.Hour

var errBoom = errors.New("boom")

// kind is an engine that the suite runs on.
type kind struct {
	name string
	make func(t testing.TB) engine.Engine
}

// engines are all that there are, on the machine's clock.
func engines() []kind {
	var kinds []kind
	for _, poller := range eventloop.Pollers() {
		kinds = append(kinds, kind{"loop-" + poller, func(t testing.TB) engine.Engine {
			e, err := engine.NewLoop(engine.LoopOptions{Poller: poller, Debug: true, Log: logWriter{t}})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}})
	}
	return append(kinds,
		kind{"goroutine", func(testing.TB) engine.Engine { return engine.NewGoroutine() }},
		kind{"threads", func(t testing.TB) engine.Engine {
			e, err := engine.NewThreads()
			if err != nil {
				t.Fatal(err)
			}
			return e
		}})
}

// timed are the same with the loops on a fake clock: their time passes only while nothing is ready.
func timed() []kind {
	kinds := engines()
	for i, poller := range eventloop.Pollers() {
		kinds[i] = kind{kinds[i].name + "-fake-clock", func(t testing.TB) engine.Engine {
			l, _ := looptest.New(t, poller, eventloop.Options{})
			return engine.NewLoopOn(l)
		}}
	}
	return kinds
}

// onEach runs a test on engines of each kind.
func onEach(t *testing.T, kinds []kind, test func(t *testing.T, e engine.Engine)) {
	t.Helper()
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) { test(t, k.make(t)) })
	}
}

// logWriter makes what a loop complains of an error of the test, but for slow callbacks: that is the machine.
type logWriter struct{ t testing.TB }

func (w logWriter) Write(p []byte) (int, error) {
	w.t.Logf("%s", p)
	return len(p), nil
}

// runEngine is e.Run, and a failed test instead of one that hangs.
func runEngine(t testing.TB, e engine.Engine, ctx context.Context) error {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	late := time.AfterFunc(bound, cancel)
	err := e.Run(ctx)
	if !late.Stop() {
		t.Errorf("the engine was cancelled, for its tasks had not ended within %v", bound)
	}
	return err
}

// run runs fn as a task and until all tasks have ended.
func run(t testing.TB, e engine.Engine, fn func(ctx context.Context) error) error {
	t.Helper()
	e.Go("main", fn)
	return runEngine(t, e, context.Background())
}

// mustRun is run for what must not fail.
func mustRun(t testing.TB, e engine.Engine, fn func(ctx context.Context) error) {
	t.Helper()
	if err := run(t, e, fn); err != nil {
		t.Fatal(err)
	}
}

// wantErr checks that got is want, as errors.Is sees it.
func wantErr(t testing.TB, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: error is %v, want %v", what, got, want)
	}
}

// state is what the tasks of a test share, with a condition that is signalled at each change.
type state struct {
	mu      sync.Locker
	changed engine.Cond
	words   []string
}

func newState(e engine.Engine) *state {
	s := &state{mu: e.NewMutex()}
	s.changed = e.NewCond(s.mu, "a change of the test's state")
	return s
}

// add appends a word.
func (s *state) add(word string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.words = append(s.words, word)
	s.changed.Broadcast()
}

// await waits until there are n words.
func (s *state) await(ctx context.Context, n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.words) < n {
		if err := s.changed.Wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// count is how often there is word.
func (s *state) count(word string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.words {
		if w == word {
			n++
		}
	}
	return n
}

// want checks the words after Run.
func (s *state) want(t testing.TB, want ...string) {
	t.Helper()
	if got := fmt.Sprintf("%q", s.words); got != fmt.Sprintf("%q", want) {
		t.Errorf("it went %s, want %q", got, want)
	}
}

// serve accepts connections on loopback and serves each with fn, which owns it. It ends with the test.
func serve(t testing.TB, fn func(net.Conn)) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	var mu sync.Mutex // guards conns
	conns := map[net.Conn]bool{}
	running.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns[c] = true
			mu.Unlock()
			running.Go(func() {
				defer c.Close()
				fn(c)
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		mu.Lock()
		for c := range conns {
			c.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return ln.Addr().String()
}

// silent serves connections on which nothing happens until the client leaves.
func silent(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// refused is an address on which nobody listens.
func refused(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// blackHole is an address that takes no more connections and refuses none: a listener whose queue is full.
func blackHole(t testing.TB) (address string) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	sa, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address = fmt.Sprintf("127.0.0.1:%d", sa.(*syscall.SockaddrInet4).Port)
	for range 64 {
		c, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { syscall.Close(c) })
		if err := syscall.SetNonblock(c, true); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Connect(c, sa); err != nil && err != syscall.EINPROGRESS {
			t.Fatal(err)
		}
		const patience = 50 // ms; on loopback a connection comes about at once or not at all
		if n, err := unix.Poll([]unix.PollFd{{Fd: int32(c), Events: unix.POLLOUT}}, patience); n == 0 && err == nil {
			return address
		}
	}
	t.Skip("SKIPPED: this system has no listener whose queue gets full")
	return ""
}

// TestMain checks what no single test can: that all of them together left no goroutine and no descriptor.
func TestMain(m *testing.M) {
	warmUp()
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors()
	code := m.Run()
	if code == 0 {
		if err := settled(goroutines, descriptors); err != nil {
			fmt.Println("FAIL:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// settled waits until there are no more goroutines and descriptors than there were.
func settled(goroutines, descriptors int) error {
	for deadline := time.Now().Add(bound); runtime.NumGoroutine() > goroutines || openDescriptors() > descriptors; runtime.Gosched() {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			return fmt.Errorf("%d goroutines and %d descriptors are left, of %d and %d:\n%s",
				runtime.NumGoroutine(), openDescriptors(), goroutines, descriptors, stacks[:runtime.Stack(stacks, true)])
		}
	}
	return nil
}

// openDescriptors is the number of open file descriptors of this process.
func openDescriptors() (n int) {
	for fd := range 1 << 10 {
		var st syscall.Stat_t
		if syscall.Fstat(fd, &st) == nil {
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
	signal.Notify(arrived, syscall.SIGWINCH)
	signal.Stop(arrived)
}
