package live

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"crawl/internal/crawler"
	"crawl/internal/fetch"
)

// bound is how long a test waits for what must come. It takes that long only when something is broken.
const bound = 30 * time.Second

const testToken = "0123456789abcdef"

// fakeCrawl is a crawl that says what a test has it say, and counts who asks.
type fakeCrawl struct {
	mu      sync.Mutex
	figures Figures
	asked   int
	paused  int // calls
	resumed int
	deaf    bool // it does not answer
}

func (c *fakeCrawl) Figures(ctx context.Context) (Figures, error) {
	c.mu.Lock()
	c.asked++
	f, deaf := c.figures, c.deaf
	c.mu.Unlock()
	if limit, ok := ctx.Deadline(); !ok || time.Until(limit) > answerTimeout {
		return Figures{}, errors.New("asked without a limit of time")
	}
	if deaf { // as if the time were over
		return Figures{}, context.DeadlineExceeded
	}
	return f, nil
}

func (c *fakeCrawl) Pause(context.Context) error {
	return c.steer(func() { c.paused++; c.figures.Stats.Paused = true })
}

func (c *fakeCrawl) Resume(context.Context) error {
	return c.steer(func() { c.resumed++; c.figures.Stats.Paused = false })
}

func (c *fakeCrawl) steer(do func()) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deaf {
		return errors.New("no answer")
	}
	do()
	return nil
}

func (c *fakeCrawl) change(do func(f *Figures)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do(&c.figures)
}

// counts is how often it was asked, paused and resumed.
func (c *fakeCrawl) counts() [3]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return [3]int{c.asked, c.paused, c.resumed}
}

// busyCrawl is one with something in every field.
func busyCrawl() *fakeCrawl {
	s := crawler.Stats{
		Ledger: crawler.Ledger{
			Discovered: 100, Fetched: 60, Failed: 7, Skipped: 3, Pending: 30,
			Classes:  map[fetch.Class]int64{fetch.OK: 60, fetch.TimeoutRead: 5, fetch.ConnectRefused: 2, fetch.Input: 3},
			Statuses: map[int]int64{200: 50, 404: 9, 503: 1},
		},
		InFlight: 20, Peak: 25, Workers: 26, Bytes: 1 << 20, Attempts: 95, Repeats: 4, Retrying: 6, ListRead: 5000,
		Elapsed: 14 * time.Second, Idled: 4 * time.Second, Concurrency: 50, PerHost: 8, Rate: 100,
		Pressure: map[fetch.Class]int64{fetch.LocalPorts: 2},
		Walk:     &crawler.WalkStats{Queued: 4, Hosts: 2, Held: 1, Deepest: 3},
	}
	s.Latency.Buckets[10], s.Latency.Buckets[20], s.Latency.Sum = 70, 5, 6*time.Second
	loop := &Loop{Iterations: 1000, Events: 3000, Steps: 4000, Tasks: 27, TasksPeak: 28, Timers: 5, Descriptors: 22, Idle: 8 * time.Second, Busy: 2 * time.Second, LagSum: time.Second}
	loop.Lag[0], loop.Lag[15], loop.Lag[22] = 1000, 2990, 10
	return &fakeCrawl{figures: Figures{
		Stats: s, Loop: loop,
		Hosts: crawler.HostList{Busiest: []crawler.Host{{Name: "a.example", InFlight: 8, Waiting: 4}, {Name: "b.example:81", InFlight: 2}}},
	}}
}

// stage is a server of which the test drives the sampler.
type stage struct {
	*Server
	crawl *fakeCrawl
	ticks chan time.Time
	url   string

	mu  sync.Mutex // guards now
	now time.Time
}

// pass has time pass for the sampler: it stands still otherwise.
func (s *stage) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// newStage serves a crawl on loopback, with ticks that only the test makes.
func newStage(t *testing.T, c *fakeCrawl, everything bool) *stage {
	t.Helper()
	s := &stage{Server: New(Options{Crawl: c, ListSize: 10_000, Token: testToken, Everything: everything, Log: failing{t}}), crawl: c, ticks: make(chan time.Time)}
	ctx, cancel := context.WithCancel(t.Context())
	s.stop = cancel
	s.sampler.now = func() time.Time {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.now
	}
	s.pass(time.Hour)
	s.serving.Go(func() { s.sampler.run(ctx, s.ticks) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.url = strings.TrimSuffix(URL(l), "/")
	s.serving.Go(func() { _ = s.http.Serve(l) })
	t.Cleanup(s.Close)
	return s
}

// failing is a log in which there must be nothing.
type failing struct{ t *testing.T }

func (f failing) Write(b []byte) (int, error) {
	f.t.Errorf("logged: %s", b)
	return len(b), nil
}

// tick makes one tick, and returns when it has been taken.
func (s *stage) tick(t *testing.T) {
	t.Helper()
	select {
	case s.ticks <- time.Time{}:
	case <-time.After(bound):
		t.Fatal("the sampler does not take a tick")
	}
}

// ask makes a request to a handler, of a browser that sends the fields given as name, value, name, value …
func ask(h http.Handler, method, path, body string, fields ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:4321"
	for i := 0; i < len(fields); i += 2 {
		if fields[i] == "Host" {
			r.Host = fields[i+1]
		}
		r.Header.Set(fields[i], fields[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// stream reads events.
type stream struct {
	t    *testing.T
	body io.ReadCloser
	line *bufio.Scanner
}

// follow connects to the events.
func (s *stage) follow(t *testing.T) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s, %s", res.Status, res.Header.Get("Content-Type"))
	}
	line := bufio.NewScanner(res.Body)
	line.Buffer(nil, 1<<20)
	return &stream{t, res.Body, line}
}

// next is the next event; "" at the end.
func (s *stream) next() (name string, data []byte) {
	s.t.Helper()
	for s.line.Scan() {
		field, value, _ := strings.Cut(s.line.Text(), ": ")
		switch field {
		case "event":
			name = value
		case "data":
			data = []byte(value)
		case "":
			if name != "" {
				return name, data
			}
		}
	}
	return "", nil
}

// snapshot reads on to an event that satisfies want.
func (s *stream) snapshot(want func(name string, snap *Snapshot) bool) {
	s.t.Helper()
	for {
		name, data := s.next()
		var snap Snapshot
		switch {
		case name == "":
			s.t.Fatalf("the events have ended: %v", s.line.Err())
		case name == "hello":
			continue
		}
		if err := json.Unmarshal(data, &snap); err != nil {
			s.t.Fatal(err)
		}
		if want(name, &snap) {
			return
		}
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.After(bound)
	for !condition() {
		select {
		case <-late:
			t.Fatalf("after %v: %s", bound, what)
		case <-tick.C:
		}
	}
}
