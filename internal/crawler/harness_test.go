//go:build unix

package crawler

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"crawl/internal/engine"
	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
	"crawl/internal/fetch"
)

// Most tests of this package run in a world whose clock moves only while everybody waits: on the loop by a fake
// clock and poller, on goroutines in a bubble of testing/synctest. A crawl that waits for ever, because a
// wake-up was lost, is an error in both at once. What is fetched there is made up: see fakeFetcher.

// bound is how long a test waits in real time for what must come. It takes that long only when something is
// broken.
const bound = 30 * time.Second

// world is an engine that a crawl runs on in a test.
type world struct {
	engine.Engine
	loop   *eventloop.Loop // nil on goroutines, as poller
	poller *idlePoller
	// delay, if not nil, says how long the next thing takes that runs off the engine, a read or a write.
	delay func() time.Duration
}

// Detach runs fn when its delay has passed. On the fake loop it runs there, at that moment: no thread of another
// clock comes in.
func (w *world) Detach(fn, then func()) {
	d := time.Duration(0)
	if w.delay != nil {
		d = w.delay()
	}
	w.After(d, func() {
		if w.poller == nil {
			w.Engine.Detach(fn, then)
			return
		}
		fn()
		then()
	})
}

// idlePoller tells when the loop is about to wait, which is when everything is done that can be.
type idlePoller struct {
	*looptest.Poller
	onIdle     func(timeout time.Duration)
	iterations int
	broken     error // of every Wait from now on
}

func (p *idlePoller) Wait(events []eventloop.Event, timeout time.Duration) (int, error) {
	p.iterations++
	if p.broken != nil {
		return 0, p.broken
	}
	if timeout != 0 && p.onIdle != nil {
		p.onIdle(timeout)
	}
	return p.Poller.Wait(events, timeout)
}

// newLoopWorld makes a world on an event loop with a fake clock.
func newLoopWorld(t testing.TB) *world {
	t.Helper()
	fake := &looptest.Poller{Clock: &looptest.Clock{}, Generations: map[int]uint32{}, Wanted: map[int]eventloop.Readiness{}}
	p := &idlePoller{Poller: fake}
	l, err := eventloop.New(eventloop.Options{
		Poller: p, Clock: fake.Clock, Logf: t.Logf,
		OnError: func(e eventloop.Error) { t.Errorf("loop: %s: %v", e.What, e.Err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return &world{Engine: engine.NewLoopOn(l), loop: l, poller: p}
}

// eachWorld runs a test on both engines with time that waits.
func eachWorld(t *testing.T, test func(t *testing.T, w *world)) {
	t.Run(engine.ModeLoop, func(t *testing.T) { test(t, newLoopWorld(t)) })
	t.Run(engine.ModeGoroutine, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { test(t, &world{Engine: engine.NewGoroutine()}) })
	})
}

// eachEngine runs a test on both engines as users have them, with the clock of the machine.
func eachEngine(t *testing.T, test func(t *testing.T, e engine.Engine)) {
	t.Run(engine.ModeLoop, func(t *testing.T) {
		e, err := engine.NewLoop(engine.LoopOptions{Log: io.Discard}) // a slow machine is not an error
		if err != nil {
			t.Fatal(err)
		}
		test(t, e)
	})
	t.Run(engine.ModeGoroutine, func(t *testing.T) { test(t, engine.NewGoroutine()) })
}

// answer is what one attempt gives.
type answer struct {
	after  time.Duration
	status int           // 200 if neither is given
	class  fetch.Class   // of the failure, if it is one
	wait   time.Duration // that the server asks for
	unsent bool          // no server has seen it
}

// fakeFetcher is a Fetcher that answers as it is told, after waiting on the engine, and watches what is asked of
// it from the other side.
type fakeFetcher struct {
	engine engine.Engine
	// answer is called at the beginning of an attempt, counted from 1.
	answer func(url string, attempt int) answer
	// begun and ended, if not nil, are called at the beginning of each attempt and at its end, one at a time.
	begun, ended func(url string, attempt int)
	hooks        sync.Mutex

	mu          sync.Mutex // guards the rest
	inFlight    int
	peak        int
	perHost     map[string]int
	perHostPeak int
	attempts    map[string]int
	begins      []time.Time
	spans       map[string][]span // of the attempts at each URL
}

// span is the time of one attempt.
type span struct{ begin, end time.Time }

func newFakeFetcher(e engine.Engine, answer func(url string, attempt int) answer) *fakeFetcher {
	return &fakeFetcher{
		engine: e, answer: answer,
		perHost: map[string]int{}, attempts: map[string]int{}, spans: map[string][]span{},
	}
}

// always answers every attempt in the same way.
func always(a answer) func(string, int) answer { return func(string, int) answer { return a } }

func (f *fakeFetcher) Do(ctx context.Context, req *fetch.Request, res *fetch.Response) error {
	url := "http://" + req.URL.Authority() + req.URL.Target()
	*res = fetch.Response{Started: f.engine.Now(), Remote: "192.0.2.1:80"}
	n := f.begin(url, req.URL.Authority())
	a := f.answer(url, n)
	f.tell(f.begun, url, n)
	err := error(nil)
	if a.after > 0 {
		err = f.engine.Sleep(ctx, a.after)
	}
	f.tell(f.ended, url, n)
	f.end(url, req.URL.Authority())
	res.Timings.Total, res.Sent = a.after, !a.unsent
	res.SetRetryAfter(a.wait)
	switch {
	case err != nil:
		return &fetch.Error{Class: fetch.Cancelled, Err: err}
	case a.class != "" && a.class != fetch.OK:
		return &fetch.Error{Class: a.class, Err: fmt.Errorf("made up: %s", a.class)}
	}
	res.Status, res.Minor = a.status, 1
	if a.status == 0 {
		res.Status = 200
	}
	body := strings.Repeat("x", 100)
	if req.OnBody != nil {
		if err := req.OnBody([]byte(body)); err != nil {
			return &fetch.Error{Class: fetch.Internal, Err: err}
		}
	}
	res.BytesWire, res.BytesBody = 150, int64(len(body))
	return nil
}

func (f *fakeFetcher) tell(hook func(string, int), url string, attempt int) {
	if hook != nil {
		f.hooks.Lock()
		defer f.hooks.Unlock()
		hook(url, attempt)
	}
}

func (f *fakeFetcher) begin(url, host string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inFlight++
	f.peak = max(f.peak, f.inFlight)
	f.perHost[host]++
	f.perHostPeak = max(f.perHostPeak, f.perHost[host])
	f.attempts[url]++
	now := f.engine.Now()
	f.begins = append(f.begins, now)
	f.spans[url] = append(f.spans[url], span{begin: now})
	return f.attempts[url]
}

func (f *fakeFetcher) end(url, host string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inFlight--
	f.perHost[host]--
	f.spans[url][len(f.spans[url])-1].end = f.engine.Now()
}

// total is how many attempts were made.
func (f *fakeFetcher) total() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.begins)
}

// output is a writer that keeps what it gets.
type output struct {
	mu     sync.Mutex
	bytes  bytes.Buffer
	writes int
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writes++
	return o.bytes.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes.String()
}

// listOf is n URLs of that many hosts, in turn, one a line.
func listOf(n, hosts int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "http://h%d/%d\n", i%hosts, i)
	}
	return b.String()
}

// crawlOf makes a crawl in w of a list, into the output that it returns.
func crawlOf(w engine.Engine, f Fetcher, list io.Reader, o Options) (*Crawler, *output) {
	out := &output{}
	return New(w, f, NewSource(nil, "list", list), NewSink("output", out), o), out
}

// run runs a crawl to its end, and checks its books.
func run(t testing.TB, e engine.Engine, c *Crawler) {
	t.Helper()
	c.Start()
	runStarted(t, e, context.Background(), c)
}

// runStarted is run in a context, for a crawl that has been started.
func runStarted(t testing.TB, e engine.Engine, ctx context.Context, c *Crawler) {
	t.Helper()
	if err := runBounded(t, e, ctx); err != nil {
		t.Errorf("Run: %v", err)
	}
	checkBooks(t, c.Stats())
}

// runBounded is Run, cancelled when it lasts too long. In a bubble that is a time to which the clock moves when
// nothing else is ever going to happen.
func runBounded(t testing.TB, e engine.Engine, ctx context.Context) error {
	t.Helper()
	limit := bound
	switch w, ok := e.(*world); {
	case ok && w.loop == nil:
		limit = 100_000 * time.Hour
	case ok:
		limit = time.Hour // a fake loop finds out by itself
	}
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := e.Run(bounded)
	if bounded.Err() != nil && ctx.Err() == nil {
		t.Errorf("the crawl did not end within %v", limit)
	}
	return err
}

// checkBooks checks that the accounts of a crawl add up.
func checkBooks(t testing.TB, s Stats) {
	t.Helper()
	l := &s.Ledger
	if err := l.Balance(); err != nil {
		t.Error(err)
	}
	if l.Discovered != l.Fetched+l.Failed+l.Skipped+l.Pending {
		t.Errorf("%s", l)
	}
	if int64(s.InFlight+s.Retrying) > l.Pending {
		t.Errorf("%d in flight and %d to be tried again, but %d pending", s.InFlight, s.Retrying, l.Pending)
	}
	if s.InFlight < 0 || s.InFlight > s.Peak || s.InFlight > s.Workers {
		t.Errorf("%d in flight, %d at most, %d workers", s.InFlight, s.Peak, s.Workers)
	}
}
