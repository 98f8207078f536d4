//go:build unix

package crawler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"crawl/internal/engine"
	"crawl/internal/fetch"
)

// A program is a crawl made up from a seed: its list and how that is read, what each URL answers and when, the
// limits, how fast the output is, and what goes wrong. The tests run many of them and compare what came out with
// what had to. One that failed is run again by its seed: go test -run TestPrograms/loop/17

// program is one of them.
type program struct {
	rng     *rand.Rand
	options Options
	args    []string
	list    string
	readErr error // at the end of list; nil: end of file
	chunk   int   // bytes a read gives at most
	looks   int   // jobs that are held back at most

	plan map[string][]answer // of each attempt at a URL
	want map[string]row      // by URL or line

	slowest     time.Duration // of a read or a write
	drainAfter  time.Duration // 0: not
	cancelAfter time.Duration // 0: not
	failAfter   int           // writes until the output fails; 0: it does not
}

// newProgram makes the program of a seed.
func newProgram(seed uint64) *program {
	rng := rand.New(rand.NewPCG(seed, 1))
	p := &program{rng: rng, plan: map[string][]answer{}, want: map[string]row{}, looks: 10_000}
	p.options = Options{
		Concurrency: 1 + rng.IntN(12), PerHost: rng.IntN(4), Retries: rng.IntN(4),
		RetryDelay: time.Duration(1+rng.IntN(3000)) * time.Millisecond, Digest: rng.IntN(4) == 0,
	}
	if rng.IntN(5) == 0 {
		p.options.Concurrency = 100
	}
	if rng.IntN(5) < 2 {
		p.options.Rate = float64(1 + rng.IntN(200))
	}
	if rng.IntN(3) == 0 {
		p.looks = 1 + rng.IntN(10)
	}
	p.chunk = []int{1, 7, 100, 5000, chunkSize}[rng.IntN(5)]
	p.slowest = time.Duration(rng.IntN(300)) * time.Millisecond
	switch rng.IntN(8) {
	case 0, 1:
		p.drainAfter = time.Duration(1 + rng.IntN(int(5*time.Second)))
	case 2:
		p.cancelAfter = time.Duration(1 + rng.IntN(int(5*time.Second)))
	case 3:
		p.failAfter = 1 + rng.IntN(5)
	}
	p.write()
	if rng.IntN(8) == 0 && len(p.list) > 0 {
		p.cut()
	}
	return p
}

// write writes the list and the plan.
func (p *program) write() {
	hosts, urls := 1+p.rng.IntN(8), p.rng.IntN(150)
	long := p.rng.IntN(10) == 0 // records that soon fill the sink
	if long && p.chunk < 5000 {
		p.chunk = 5000
	}
	for i := range urls / 10 {
		url := fmt.Sprintf("http://arg%d/%d", i%2, i)
		p.args = append(p.args, url)
		p.expect(url)
	}
	var list strings.Builder
	host := 0
	for i := range urls {
		if p.rng.IntN(3) == 0 { // runs of one host
			host = p.rng.IntN(hosts)
		}
		url := fmt.Sprintf("http://h%d/%d.", host, i)
		if long {
			url += strings.Repeat("x", 20_000+p.rng.IntN(40_000))
		}
		end := []string{"\n", "\r\n", " \n"}[p.rng.IntN(3)]
		switch p.rng.IntN(12) {
		case 0:
			list.WriteString("# " + url + end)
			continue
		case 1:
			list.WriteString(end)
			continue
		case 2:
			url = fmt.Sprintf("ftp://h%d/%d", host, i)
			p.want[url] = row{Class: string(fetch.Input)}
			list.WriteString(url + end)
			continue
		}
		p.expect(url)
		list.WriteString("\t "[:p.rng.IntN(3)] + url + end)
	}
	p.list = list.String()
	if p.rng.IntN(2) == 0 {
		p.list = strings.TrimRight(p.list, "\r\n ")
	}
}

// expect makes up what a URL answers, and says which record that comes to.
func (p *program) expect(url string) {
	classes := []fetch.Class{fetch.ConnectRefused, fetch.TimeoutFirstByte, fetch.ClosedReset, fetch.ProtocolHead, fetch.DNSNotFound, fetch.LimitBody}
	statuses := []int{200, 200, 200, 404, 500, 503, 429}
	for attempt := 1; ; attempt++ {
		a := answer{after: time.Duration(p.rng.IntN(1000)) * time.Millisecond, class: fetch.OK}
		if p.rng.IntN(8) == 0 {
			a.after = 0
		}
		again := false
		if p.rng.IntN(3) == 0 {
			i := p.rng.IntN(len(classes))
			a.class, again = classes[i], i < 3
		} else {
			a.status = statuses[p.rng.IntN(len(statuses))]
			again = a.status == 503 || a.status == 429
		}
		p.plan[url] = append(p.plan[url], a)
		if !again || attempt > p.options.Retries {
			p.want[url] = row{Status: a.status, Class: string(a.class), Attempts: attempt}
			return
		}
	}
}

// cut has the list end in the middle, with an error.
func (p *program) cut() {
	p.readErr = syscall.EIO
	at := p.rng.IntN(len(p.list))
	begin := strings.LastIndexByte(p.list[:at], '\n') + 1
	part, rest := strings.TrimSpace(p.list[begin:at]), p.list[begin:]
	for line := range strings.Lines(rest) {
		delete(p.want, strings.TrimSpace(line))
	}
	if part != "" && part[0] != '#' {
		p.want[part] = row{Class: string(fetch.Input)}
	}
	p.list = p.list[:at]
}

// slowList gives a list in parts, and then err or the end of the file.
type slowList struct {
	rest  string
	chunk int
	err   error
}

func (l *slowList) Read(b []byte) (int, error) {
	if l.rest == "" {
		if l.err != nil {
			return 0, l.err
		}
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), l.chunk)], l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// failingOutput takes some writes whole, of the next one a part, and nothing more.
type failingOutput struct {
	output
	left int // writes; 0: no limit
}

func (o *failingOutput) Write(b []byte) (int, error) {
	switch o.left {
	case 0:
		return o.output.Write(b)
	case 1:
		n, _ := o.output.Write(b[:len(b)/2])
		return n, syscall.ENOSPC
	}
	o.left--
	return o.output.Write(b)
}

// execution is a program that runs.
type execution struct {
	*program
	t       *testing.T
	world   *world
	crawler *Crawler
	fetcher *fakeFetcher
	out     *failingOutput

	mu      sync.Mutex // guards the rest
	last    Ledger
	drained int64 // attempts when it was drained; -1: it was not
	idle    int
}

// TestPrograms: whatever happens, every URL ends in one record or stays pending, no limit is passed, nothing
// waits that need not, and the crawl ends.
func TestPrograms(t *testing.T) {
	const seeds = 75
	t.Run(engine.ModeLoop, func(t *testing.T) {
		for seed := range uint64(seeds) {
			t.Run(fmt.Sprint(seed), func(t *testing.T) { execute(t, newLoopWorld(t), newProgram(seed)) })
		}
	})
	t.Run(engine.ModeGoroutine, func(t *testing.T) {
		for seed := range uint64(seeds) {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { execute(t, &world{Engine: engine.NewGoroutine()}, newProgram(seed)) })
			})
		}
	})
}

// FuzzPrograms tries more seeds.
func FuzzPrograms(f *testing.F) {
	f.Add(uint64(1 << 40))
	f.Fuzz(func(t *testing.T, seed uint64) { execute(t, newLoopWorld(t), newProgram(seed)) })
}

func execute(t *testing.T, w *world, p *program) {
	x := &execution{program: p, t: t, world: w, drained: -1}
	var mu sync.Mutex // of the seeded generator
	w.delay = func() time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return time.Duration(p.rng.Int64N(int64(p.slowest) + 1))
	}
	x.fetcher = newFakeFetcher(w, func(url string, attempt int) answer {
		if attempts := p.plan[url]; attempt <= len(attempts) {
			return attempts[attempt-1]
		}
		t.Errorf("attempt %d at %.40q, which is one too many", attempt, url)
		return answer{}
	})
	x.fetcher.begun = func(string, int) { x.look() }
	x.fetcher.ended = func(string, int) { x.look() }
	x.out = &failingOutput{left: p.failAfter}
	list := &slowList{rest: p.list, chunk: p.chunk, err: p.readErr}
	x.crawler = New(w, x.fetcher, NewSource(p.args, "list", list), NewSink("output", x.out), p.options)
	x.crawler.dispatch.lookahead = p.looks
	if w.poller != nil {
		w.poller.onIdle = x.checkIdle
	}
	x.crawler.Start()
	x.disturb()
	err := runBounded(t, w, context.Background())
	cancelled := errors.Is(err, errStop)
	if err != nil && !cancelled {
		t.Errorf("Run: %v", err)
	}
	x.checkEnd(cancelled)
}

var errStop = errors.New("stop at once")

// disturb looks at the crawl from outside, and ends it early where the program says so.
func (x *execution) disturb() {
	for i := range 5 {
		x.world.After(time.Duration(i)*700*time.Millisecond, x.look)
	}
	if x.drainAfter > 0 {
		x.world.After(x.drainAfter, func() {
			x.crawler.Drain()
			attempts := x.crawler.Stats().Attempts
			x.mu.Lock()
			defer x.mu.Unlock()
			x.drained = attempts
		})
	}
	if x.cancelAfter > 0 { // a task that fails cancels the others
		x.world.Go("cancel", func(ctx context.Context) error {
			if err := x.world.Sleep(ctx, x.cancelAfter); err != nil {
				return err
			}
			return errStop
		})
	}
}

// look checks the books as they are now, and that nothing goes back.
func (x *execution) look() {
	x.mu.Lock()
	defer x.mu.Unlock()
	s := x.crawler.Stats()
	checkBooks(x.t, s)
	was := x.last
	l := s.Ledger
	if l.Discovered < was.Discovered || l.Fetched < was.Fetched || l.Failed < was.Failed || l.Skipped < was.Skipped {
		x.t.Errorf("%s, after %s", l.String(), was.String())
	}
	x.last = l
	if s.InFlight > x.options.Concurrency || s.Workers > x.options.Concurrency {
		x.t.Errorf("%d in flight, %d workers, of at most %d", s.InFlight, s.Workers, x.options.Concurrency)
	}
	if held := s.Ledger.Pending - int64(s.InFlight); held > int64(x.looks+x.options.Concurrency+1) {
		x.t.Errorf("%d URLs are held back, of at most %d", held, x.looks)
	}
}

// checkIdle is called when the loop is about to wait for timeout: whoever can do something has done it then.
func (x *execution) checkIdle(timeout time.Duration) {
	x.idle++
	c, d := x.crawler, &x.crawler.dispatch
	if d.draining || c.sink.full() || c.nIdle == 0 && c.workers == x.options.Concurrency || c.workers == 0 {
		return
	}
	now := c.engine.Now()
	source := c.source
	more := d.inHand != nil || len(source.urls)+len(source.chunk)+len(source.next) > 0 || source.last && len(source.partial) > 0 ||
		!source.last && !source.reading
	work := more && d.held+len(d.retries) < d.lookahead
	for _, h := range d.hosts {
		work = work || len(h.waiting) > 0 && h.active < x.options.PerHost
	}
	var wait time.Duration // until something is to be begun
	switch {
	case work:
		wait = 0
	case len(d.retries) > 0:
		due := slices.MinFunc(d.retries, func(a, b *job) int { return cmp.Compare(a.due, b.due) }).due
		if wait = max(0, due-now.Sub(c.began)); x.options.PerHost > 0 && d.hosts[d.retries[0].url.Origin()] != nil {
			return // and it may have to wait for its host
		}
	default:
		return
	}
	if x.options.Rate > 0 {
		wait = max(wait, d.nextStart.Sub(now))
	}
	if timeout < 0 || timeout > wait {
		x.t.Errorf("the loop waits for %v, and something is to be begun in %v: %d workers, %d idle, %d ready, %d held back, %d to be tried again, in hand %v",
			timeout, wait, c.workers, c.nIdle, len(d.ready), d.held, len(d.retries), d.inHand != nil)
	}
}

// checkEnd compares what came out with what had to.
func (x *execution) checkEnd(cancelled bool) {
	t, s := x.t, x.crawler.Stats()
	checkBooks(t, s)
	if s.InFlight != 0 || s.Workers != 0 || x.fetcher.inFlight != 0 {
		t.Errorf("%d in flight and %d workers at the end; the fetcher has %d", s.InFlight, s.Workers, x.fetcher.inFlight)
	}
	if got := int64(x.fetcher.total()); got != s.Attempts {
		t.Errorf("%d attempts were made, and %d counted", got, s.Attempts)
	}
	if x.drained >= 0 && s.Attempts != x.drained {
		t.Errorf("%d attempts when it was drained, %d at its end", x.drained, s.Attempts)
	}
	if x.fetcher.peak > x.options.Concurrency || x.options.PerHost > 0 && x.fetcher.perHostPeak > x.options.PerHost {
		t.Errorf("%d in flight, %d for one host; allowed are %d and %d", x.fetcher.peak, x.fetcher.perHostPeak, x.options.Concurrency, x.options.PerHost)
	}
	checkRate(t, x.fetcher.begins, x.options.Rate)
	x.checkErr(cancelled)
	x.checkRows(cancelled)
	x.checkEffort()
}

func (x *execution) checkErr(cancelled bool) {
	err := x.crawler.Err()
	failed := errors.Is(err, syscall.ENOSPC)
	if failed != (x.crawler.sink.err != nil) || failed && x.failAfter == 0 {
		x.t.Errorf("Err: %v, and the output %v", err, x.crawler.sink.err)
	}
	if !cancelled && !failed && x.drained < 0 && errors.Is(err, syscall.EIO) != (x.readErr != nil) {
		x.t.Errorf("Err: %v, and the list %v", err, x.readErr)
	}
}

// checkRows checks the records: none twice, none that is wrong, and none missing unless the crawl was cut short.
func (x *execution) checkRows(cancelled bool) {
	t, s := x.t, x.crawler.Stats()
	text, failed := x.out.String(), x.crawler.sink.err != nil
	if failed {
		text = text[:strings.LastIndexByte(text, '\n')+1]
	}
	rows := rowsByURL(t, text)
	for url, got := range rows {
		want, ok := x.want[url]
		switch {
		case !ok:
			t.Errorf("a record of %.60q, which is not in the list", url)
		case got.Attempts < want.Attempts && x.drained >= 0: // it was not tried again
			a := x.plan[url][got.Attempts-1]
			want = row{Status: a.status, Class: string(a.class), Attempts: got.Attempts}
		}
		if got.Status != want.Status || got.Class != want.Class || got.Attempts != want.Attempts {
			t.Errorf("%.60q: status %d, class %s, %d attempts; want %d, %s, %d",
				url, got.Status, got.Class, got.Attempts, want.Status, want.Class, want.Attempts)
		}
	}
	settled := s.Ledger.Fetched + s.Ledger.Failed + s.Ledger.Skipped
	if !failed && settled != int64(len(rows)) {
		t.Errorf("%s, but %d records", s.Ledger.String(), len(rows))
	}
	if !failed && !cancelled && x.drained < 0 {
		if len(rows) != len(x.want) || s.Ledger.Pending != 0 || !s.ListDone || s.ListRead != int64(len(x.list)) {
			t.Errorf("%d records, want %d; %s; %d bytes of the list read, of %d", len(rows), len(x.want), s.Ledger.String(), s.ListRead, len(x.list))
		}
	}
}

// checkEffort checks that nothing went round in circles while it waited.
func (x *execution) checkEffort() {
	if x.world.poller == nil {
		return
	}
	reads := len(x.list)/x.chunk + 2
	most := 50 + 12*x.fetcher.total() + 6*reads + 6*x.out.writes + 4*len(x.want)
	if got := x.world.poller.iterations; got > most {
		x.t.Errorf("%d iterations of the loop for %d attempts, %d reads and %d writes", got, x.fetcher.total(), reads, x.out.writes)
	}
}

// checkRate checks that in no stretch of time more was begun than the rate allows. A burst of 10 ms may catch up.
func checkRate(t *testing.T, begins []time.Time, rate float64) {
	t.Helper()
	if rate == 0 {
		return
	}
	const burst = 10 * time.Millisecond
	interval := time.Duration(float64(time.Second) / rate)
	begins = slices.SortedFunc(slices.Values(begins), time.Time.Compare)
	for i := range begins {
		for j := i + 1; j < len(begins); j++ {
			stretch := begins[j].Sub(begins[i])
			if time.Duration(j-i)*interval > stretch+burst {
				t.Errorf("%d fetches begun within %v, of %v per second", j-i+1, stretch, rate)
				return
			}
		}
	}
}
