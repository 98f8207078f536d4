//go:build unix

package crawler

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"crawl/internal/engine"
	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
	"crawl/internal/fetch"
)

// slowWrites has every write of a crawl take that long; what else is detached takes no time.
func slowWrites(w *world, d time.Duration) {
	first := true // the list is read first, and its chunk has all of it
	w.delay = func() time.Duration {
		if first {
			first = false
			return 0
		}
		return d
	}
}

// TestFlush: a record is written a tenth of a second later at the latest, when no others come, and those that
// came while others were written, too.
func TestFlush(t *testing.T) {
	for _, n := range []int{1, 300, 1000} { // below a block of the sink, about one, several
		for _, write := range []time.Duration{0, 50 * time.Millisecond, 2 * time.Second} {
			eachWorld(t, func(t *testing.T, w *world) {
				last := fmt.Sprintf("http://h0/%d", n)
				f := newFakeFetcher(w, func(url string, _ int) answer {
					if url == last {
						return answer{after: time.Hour}
					}
					return answer{after: time.Millisecond}
				})
				c, out := crawlOf(w, f, strings.NewReader(listOf(n+1, 1)), Options{Concurrency: 2})
				slowWrites(w, write)
				// All are fetched within n ms, the last one is in flight; two writes more may be needed.
				due := time.Duration(n)*time.Millisecond + sinkDelay + 2*write + time.Millisecond
				w.After(due, func() {
					if got := len(parseRows(t, out.String())); got != n {
						t.Errorf("writes of %v: %d of %d records are out, and %d bytes held", write, got, n, bytesHeld(c))
					}
				})
				run(t, w, c)
				if got := len(rowsByURL(t, out.String())); got != n+1 {
					t.Errorf("%d records at the end, want %d", got, n+1)
				}
			})
		}
	}
}

// TestFewWrites: many records share a write, where they come quickly.
func TestFewWrites(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		const n = 20_000
		f := newFakeFetcher(w, always(answer{after: time.Millisecond}))
		c, out := crawlOf(w, f, strings.NewReader(listOf(n, 10)), Options{Concurrency: 10})
		run(t, w, c) // 2 s
		size := len(out.String())
		if most := size/sinkBlock + 2 + int(c.Stats().Elapsed/sinkDelay); out.writes > most {
			t.Errorf("%d writes for %d bytes within %v", out.writes, size, c.Stats().Elapsed)
		}
		if c.sink.written != int64(size) {
			t.Errorf("%d bytes counted, %d written", c.sink.written, size)
		}
	})
}

// bytesHeld is how much the sink of a crawl has not handed to its writer.
func bytesHeld(c *Crawler) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	held := len(c.sink.block)
	for _, b := range c.sink.filled {
		held += len(b)
	}
	return held
}

// TestBackPressure: while the output takes nothing, the crawl stops, with a bounded number of records held, and
// when it takes again everything arrives: also of what waits for its host or for another attempt.
func TestBackPressure(t *testing.T) {
	for _, o := range []Options{{Concurrency: 50}, {Concurrency: 50, PerHost: 5}, {Concurrency: 50, Retries: 1}} {
		eachWorld(t, func(t *testing.T, w *world) {
			const n = 9_000 // more than the sink holds
			f := newFakeFetcher(w, func(_ string, attempt int) answer {
				if attempt <= o.Retries {
					return answer{class: fetch.ConnectRefused}
				}
				return answer{after: time.Millisecond}
			})
			c, out := crawlOf(w, f, strings.NewReader(listOf(n, 10)), o)
			slowWrites(w, time.Hour)
			w.After(30*time.Minute, func() {
				s := c.Stats()
				if s.InFlight != 0 || s.Ledger.Fetched == n || out.String() != "" {
					t.Errorf("while the output blocks: %+v, %d bytes written", s, len(out.String()))
				}
				if held := bytesHeld(c); held > (sinkBlocks+2)*(sinkBlock+1000) {
					t.Errorf("%d bytes held", held)
				}
			})
			run(t, w, c)
			if got := len(rowsByURL(t, out.String())); got != n {
				t.Errorf("%d records", got)
			}
		})
	}
}

// TestBackPressureOfInput: the same for lines that are no URLs, which nobody waits for.
func TestBackPressureOfInput(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		const n = 30_000 // twice what the sink holds
		c, out := crawlOf(w, newFakeFetcher(w, always(answer{})), &generated{n: n, line: func(i int) string { return fmt.Sprintf("%d\n", i) }}, Options{Concurrency: 50})
		w.delay = func() time.Duration { return time.Minute }
		check := func() {
			if held := bytesHeld(c); held > (sinkBlocks+2)*(sinkBlock+1000) {
				t.Errorf("%d bytes held", held)
			}
		}
		for i := range 20 {
			w.After(time.Duration(i)*time.Minute+time.Second, check)
		}
		run(t, w, c)
		if got := len(rowsByURL(t, out.String())); got != n {
			t.Errorf("%d records", got)
		}
	})
}

// TestDrainWhileOutputBlocks: who waits for the output has begun nothing, and begins nothing after a drain.
func TestDrainWhileOutputBlocks(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, always(answer{after: time.Millisecond}))
		c, out := crawlOf(w, f, strings.NewReader(listOf(20_000, 10)), Options{Concurrency: 50})
		slowWrites(w, time.Hour)
		begun := 0
		w.After(30*time.Minute, func() {
			begun = f.total()
			c.Drain()
		})
		run(t, w, c)
		s := c.Stats()
		if f.total() != begun || int64(begun) != s.Attempts || s.Ledger.Fetched != int64(len(parseRows(t, out.String()))) {
			t.Errorf("%d fetches when it was drained, then %d; %s, %d records", begun, f.total(), s.Ledger.String(), len(parseRows(t, out.String())))
		}
	})
}

// TestWriteError: an output that fails ends the crawl; what is in flight ends, and nothing more is begun.
func TestWriteError(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, always(answer{after: time.Millisecond}))
		out := &failingOutput{left: 3}
		c := New(w, f, NewSource(nil, "list", strings.NewReader(listOf(20_000, 10))), NewSink("records.jsonl", out), Options{Concurrency: 50})
		run(t, w, c)
		if err := c.Err(); !errors.Is(err, syscall.ENOSPC) || err.Error() != "records.jsonl: no space left on device" {
			t.Errorf("Err: %v", err)
		}
		s := c.Stats()
		if !s.Draining || s.ListDone || f.total() > 3000 {
			t.Errorf("%d fetches, %+v", f.total(), s)
		}
	})
}

// TestWriteErrorWhileFull: the same while everybody waits for the output.
func TestWriteErrorWhileFull(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, always(answer{after: time.Millisecond}))
		c := New(w, f, NewSource(nil, "list", strings.NewReader(listOf(20_000, 10))), NewSink("output", &failingOutput{left: 1}), Options{Concurrency: 50})
		slowWrites(w, time.Hour)
		begun := 0
		w.After(30*time.Minute, func() { begun = f.total() })
		run(t, w, c)
		if !errors.Is(c.Err(), syscall.ENOSPC) || f.total() != begun || c.Stats().InFlight != 0 {
			t.Errorf("Err: %v; %d fetches before, then %d", c.Err(), begun, f.total())
		}
	})
}

// TestWriteErrorAtEnd: an output that fails when everything is fetched is told all the same.
func TestWriteErrorAtEnd(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, always(answer{}))
		c := New(w, f, NewSource(nil, "list", strings.NewReader(listOf(3, 1))), NewSink("output", &failingOutput{left: 1}), Options{Concurrency: 50})
		run(t, w, c)
		if !errors.Is(c.Err(), syscall.ENOSPC) {
			t.Errorf("Err: %v", c.Err())
		}
	})
}

// TestBothErrors: a list and an output that fail are both told.
func TestBothErrors(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		list := &slowList{rest: listOf(3, 1), chunk: 1000, err: syscall.EIO}
		c := New(w, newFakeFetcher(w, always(answer{})), NewSource(nil, "list", list), NewSink("output", &failingOutput{left: 1}), Options{})
		run(t, w, c)
		if !errors.Is(c.Err(), syscall.ENOSPC) || !errors.Is(c.Err(), syscall.EIO) {
			t.Errorf("Err: %v", c.Err())
		}
	})
}

// TestCancelFlushes: a crawl that is stopped at once still writes the records it has made.
func TestCancelFlushes(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine.Engine) {
		f := newFakeFetcher(e, func(url string, _ int) answer {
			if strings.HasSuffix(url, "/5") {
				return answer{after: time.Hour}
			}
			return answer{}
		})
		c, out := crawlOf(e, f, strings.NewReader(listOf(6, 1)), Options{Concurrency: 1})
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		f.begun = func(url string, _ int) {
			if strings.HasSuffix(url, "/5") {
				cancel()
			}
		}
		c.Start()
		runStarted(t, e, ctx, c)
		s := c.Stats()
		if got := len(rowsByURL(t, out.String())); got != 5 || s.Ledger.Fetched != 5 || s.Ledger.Pending != 1 || c.Err() != nil {
			t.Errorf("%d records, %s, %v", got, s.Ledger.String(), c.Err())
		}
	})
}

// TestCancelAtAnyTime: the records are those of the ledger, whenever a crawl is stopped.
func TestCancelAtAnyTime(t *testing.T) {
	for after := range 60 {
		eachEngine(t, func(t *testing.T, e engine.Engine) {
			f := newFakeFetcher(e, always(answer{}))
			c, out := crawlOf(e, f, strings.NewReader(listOf(100, 3)), Options{Concurrency: 8, PerHost: 4})
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			f.ended = func(string, int) {
				if f.total() == after {
					cancel()
				}
			}
			c.Start()
			runStarted(t, e, ctx, c)
			l := c.Stats().Ledger
			if got := int64(len(rowsByURL(t, out.String()))); got != l.Fetched+l.Failed+l.Skipped || c.Err() != nil {
				t.Errorf("%d records, %s, %v", got, l.String(), c.Err())
			}
		})
	}
}

// gate is a writer whose first write tells that it has begun, and waits.
type gate struct {
	output
	begun   func()
	release chan struct{}
	once    sync.Once
}

func (g *gate) Write(b []byte) (int, error) {
	g.once.Do(func() {
		g.begun()
		<-g.release
	})
	return g.output.Write(b)
}

// TestCancelDuringWrite: a write that is under way when the crawl is stopped ends, and so do those behind it.
func TestCancelDuringWrite(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine.Engine) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		out := &gate{release: make(chan struct{})}
		f := newFakeFetcher(e, always(answer{}))
		c := New(e, f, NewSource(nil, "list", strings.NewReader(listOf(2000, 1))), NewSink("output", out), Options{Concurrency: 4})
		f.answer = func(string, int) answer {
			if f.total() > 1000 {
				return answer{after: time.Hour}
			}
			return answer{}
		}
		out.begun = func() {
			// From here on everything is held back. When the crawl has noticed that it is cancelled, the
			// output goes on.
			var wait func()
			wait = func() {
				c.mu.Lock()
				defer c.mu.Unlock()
				if c.sink.cancelled {
					close(out.release)
					return
				}
				e.After(time.Millisecond, wait)
			}
			e.Post(func() {
				cancel()
				wait()
			})
		}
		c.Start()
		runStarted(t, e, ctx, c)
		l := c.Stats().Ledger
		if got := int64(len(rowsByURL(t, out.String()))); got != l.Fetched || got == 0 || c.Err() != nil {
			t.Errorf("%d records, %s, %v", got, l.String(), c.Err())
		}
	})
}

// TestCancelWhileOutputBlocks: an output that takes nothing keeps a crawl that is stopped only for a moment, and
// that records are missing is an error.
func TestCancelWhileOutputBlocks(t *testing.T) {
	for _, full := range []bool{false, true} {
		eachWorld(t, func(t *testing.T, w *world) {
			f := newFakeFetcher(w, always(answer{after: time.Millisecond}))
			n := 100
			if full {
				n = 20_000
			}
			out := &output{}
			c := New(w, f, NewSource(nil, "list", strings.NewReader(listOf(n, 1))), NewSink("output", out), Options{Concurrency: 20})
			slowWrites(w, 10*time.Hour)
			w.Go("cancel", func(ctx context.Context) error {
				if err := w.Sleep(ctx, time.Hour); err != nil {
					return err
				}
				return errStop
			})
			c.Start()
			if err := runBounded(t, w, context.Background()); !errors.Is(err, errStop) {
				t.Errorf("Run: %v", err)
			}
			s := c.Stats()
			checkBooks(t, s)
			if !errors.Is(c.Err(), errNotTaken) || s.Elapsed != time.Hour+sinkPatience || out.String() != "" {
				t.Errorf("Err: %v, after %v", c.Err(), s.Elapsed)
			}
		})
	}
}

// TestCancelWithBlockedWriter: the same with a writer that really blocks, which is left behind.
func TestCancelWithBlockedWriter(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine.Engine) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		out := &gate{release: make(chan struct{}), begun: cancel}
		defer close(out.release)
		f := newFakeFetcher(e, always(answer{}))
		c := New(e, f, NewSource(nil, "list", strings.NewReader(listOf(10, 1))), NewSink("output", out), Options{Concurrency: 4})
		c.Start()
		runStarted(t, e, ctx, c)
		if !errors.Is(c.Err(), errNotTaken) {
			t.Errorf("Err: %v", c.Err())
		}
	})
}

// TestCancelBeforeStart: a crawl in a context that is over fetches nothing, and ends.
func TestCancelBeforeStart(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine.Engine) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		f := newFakeFetcher(e, always(answer{after: time.Hour}))
		c, out := crawlOf(e, f, strings.NewReader(listOf(10, 1)), Options{Concurrency: 4})
		c.Start()
		runStarted(t, e, ctx, c)
		if l := c.Stats().Ledger; out.String() != "" || l.Fetched+l.Failed != 0 {
			t.Errorf("%s, %q", l.String(), out.String())
		}
	})
}

// TestFetcherPanic: a fetcher that panics ends the crawl with that panic, and what was done before is written.
func TestFetcherPanic(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, always(answer{}))
		f.begun = func(url string, _ int) {
			if url == "http://h0/7" {
				panic("made up")
			}
		}
		c, out := crawlOf(w, f, strings.NewReader(listOf(10, 1)), Options{Concurrency: 1})
		c.Start()
		var p *engine.PanicError
		if err := runBounded(t, w, context.Background()); !errors.As(err, &p) || p.Value != "made up" {
			t.Errorf("Run: %v", err)
		}
		if err := c.Stats().Ledger; err.Balance() != nil {
			t.Error(err)
		}
		if got := len(rowsByURL(t, out.String())); got != 7 {
			t.Errorf("%d records", got)
		}
	})
}

// TestBrokenLoop: a loop that fails under the crawl ends with that error, and does not hang.
func TestBrokenLoop(t *testing.T) {
	fake := &looptest.Poller{Clock: &looptest.Clock{}, Generations: map[int]uint32{}, Wanted: map[int]eventloop.Readiness{}}
	p := &idlePoller{Poller: fake}
	cutOff := 0
	l, err := eventloop.New(eventloop.Options{
		Poller: p, Clock: fake.Clock, Logf: t.Logf, OnError: func(eventloop.Error) { cutOff++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Engine: engine.NewLoopOn(l), poller: p, loop: l}
	f := newFakeFetcher(w, always(answer{after: time.Minute}))
	c, _ := crawlOf(w, f, strings.NewReader(listOf(10, 1)), Options{Concurrency: 10, PerHost: 2})
	w.After(time.Second, func() { p.broken = syscall.EBADF })
	c.Start()
	if err := runBounded(t, w, context.Background()); !errors.Is(err, syscall.EBADF) {
		t.Errorf("Run: %v", err)
	}
	if cutOff == 0 {
		t.Error("no task was cut off: this proves nothing")
	}
	checkBooks(t, c.Stats())
}

// TestClosedPipe: a reader of the records that goes away is an error, not a crash.
func TestClosedPipe(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine.Engine) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		r.Close()
		f := newFakeFetcher(e, always(answer{}))
		c := New(e, f, NewSource(nil, "list", strings.NewReader(listOf(5000, 1))), NewSink("output", w), Options{Concurrency: 4})
		run(t, e, c)
		if !errors.Is(c.Err(), syscall.EPIPE) {
			t.Errorf("Err: %v", c.Err())
		}
	})
}

// TestFullDevice: a disk that is full from the beginning.
func TestFullDevice(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("SKIPPED: needs /dev/full of Linux: %v", err)
	}
	defer full.Close()
	eachEngine(t, func(t *testing.T, e engine.Engine) {
		f := newFakeFetcher(e, always(answer{}))
		c := New(e, f, NewSource(nil, "list", strings.NewReader(listOf(5000, 1))), NewSink("/dev/full", full), Options{Concurrency: 4})
		run(t, e, c)
		if !errors.Is(c.Err(), syscall.ENOSPC) {
			t.Errorf("Err: %v", c.Err())
		}
	})
}

// TestTornRecord: a file that takes no more ends with a whole record. A pipe cannot be cut, and is not.
func TestTornRecord(t *testing.T) {
	whole := strings.Repeat(`{"url":"http://a/"}`+"\n", 3)
	cases := []struct{ name, written, want string }{
		{"nothing", "", ""},
		{"whole records", whole, whole},
		{"a record and a half", whole + `{"url":`, whole},
		{"half a record", `{"url":`, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			const before = "{\"before\":1}\n"
			path := filepath.Join(t.TempDir(), "records.jsonl")
			if err := os.WriteFile(path, []byte(before+c.written), 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			NewSink("output", f).cut([]byte(c.written))
			if got, err := os.ReadFile(path); err != nil || string(got) != before+c.want {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString("half"); err != nil {
		t.Fatal(err)
	}
	NewSink("output", w).cut([]byte("half"))
	w.Close()
	if got, err := io.ReadAll(r); err != nil || string(got) != "half" {
		t.Errorf("%q, %v", got, err)
	}
}
