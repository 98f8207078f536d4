//go:build unix

package crawler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"crawl/internal/engine"
	"crawl/internal/fetch"
	"crawl/internal/frontier"
	"crawl/internal/robots"
)

// heard is a handler that keeps what it is given.
type heard struct {
	mu     sync.Mutex
	events []Event
	lost   int64
}

func (h *heard) take(events []Event, lost int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events, h.lost = append(h.events, events...), lost
}

// of are the events of some signals, in order.
func (h *heard) of(signals Signal) (list []Event) {
	for _, e := range h.events {
		if e.Signal&signals != 0 {
			list = append(list, e)
		}
	}
	return list
}

// everything is more than any of these crawls has events.
const everything = 1 << 20

// TestSignalsOfWalk: from its events alone the ledger of a crawl by links can be written, and every fetch and every pause that
// has begun also ends.
func TestSignalsOfWalk(t *testing.T) {
	for seed := range uint64(60) {
		eachWorld(t, func(t *testing.T, w *world) {
			m := newModelWeb(seed)
			f := newFakeWeb(w, m.pages)
			c, _ := walkOf(t, f, append(m.seeds, "not a URL"), m.o)
			h := &heard{}
			c.Subscribe(AllSignals, everything, h.take)
			if m.pauses > 0 {
				w.After(m.while(), func() { c.Pause() })
				w.After(3*time.Second, c.Resume)
			}
			runWalk(t, f, c)
			checkEvents(t, c, h)
			paused := map[string]int{}
			for _, e := range h.of(HostPaused | HostResumed) {
				switch {
				case e.Signal == HostResumed:
					paused[e.Host]--
				case e.Wait == 0:
					paused[e.Host]++
				}
				if n := paused[e.Host]; n < 0 || n > 1 {
					t.Errorf("%s is paused %d times", e.Host, n)
				}
			}
			if read := len(h.of(RobotsRead)); m.o.Follow.Robots != RobotsIgnore && read == 0 {
				t.Error("no robots.txt was told of")
			}
		})
	}
}

// TestSignalsOfList: likewise for a list, with lines that are no URLs, failures and further attempts.
func TestSignalsOfList(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, func(url string, n int) answer {
			switch {
			case strings.HasSuffix(url, "3"):
				return answer{class: fetch.TimeoutConnect, after: time.Second}
			case strings.HasSuffix(url, "7") && n == 1:
				return answer{status: 503, wait: 10 * time.Second}
			}
			return answer{after: 100 * time.Millisecond}
		})
		c, _ := crawlOf(w, f, strings.NewReader(listOf(200, 7)+"::\n"), Options{Concurrency: 10, PerHost: 2, Retries: 2})
		h := &heard{}
		s := c.Subscribe(AllSignals, everything, h.take)
		run(t, w, c)
		checkEvents(t, c, h)
		for _, e := range h.of(Retried) {
			if strings.HasSuffix(e.URL, "7") && e.Wait < 10*time.Second {
				t.Errorf("%s is tried again in %v", e.URL, e.Wait)
			}
		}
		if n := len(h.of(Retried)); n != 20*2+20 {
			t.Errorf("%d were tried again", n)
		}
		if s.Lost() != 0 || h.lost != 0 {
			t.Errorf("%d lost", s.Lost())
		}
	})
}

// checkEvents checks that the events of a whole crawl come to its ledger.
func checkEvents(t *testing.T, c *Crawler, h *heard) {
	t.Helper()
	l := newLedger()
	var attempts, bytes int64
	under := map[string]int{} // attempts under way, by URL; a robots.txt may be a page too
	at := time.Duration(0)
	for i, e := range h.events {
		if e.At < at {
			t.Errorf("%v after %v", e.At, at)
		}
		at = e.At
		switch e.Signal {
		case URLDiscovered:
			l.discover()
		case URLSettled, URLSkipped:
			l.settle(&Record{Class: e.Class, Status: e.Status})
		case URLRevived:
			l.revive(e.Class)
		case FetchStarted:
			attempts++
			under[fmt.Sprint(e.URL, e.Robots)]++
		case FetchDone:
			bytes += e.Bytes
			if key := fmt.Sprint(e.URL, e.Robots); under[key] != 1 {
				t.Errorf("%s: %d under way at the end", e.URL, under[key])
			} else {
				under[key] = 0
			}
		}
		if err := l.Balance(); err != nil {
			t.Fatalf("after %s of %s: %v", e.Signal, e.URL, err)
		}
		if last := i == len(h.events)-1; last != (e.Signal == CrawlDone) {
			t.Errorf("event %d of %d is %s", i, len(h.events), e.Signal)
		}
	}
	if got, want := l.String()+" "+l.Breakdown(), c.ledger.String()+" "+c.ledger.Breakdown(); got != want {
		t.Errorf("events come to %s, but it is %s", got, want)
	}
	if attempts != c.attempts || bytes != c.bytes {
		t.Errorf("%d attempts and %d bytes, not %d and %d", attempts, bytes, c.attempts, c.bytes)
	}
}

// TestPauses: who is told of a pause is told why, when, and for how long if that is known.
func TestPauses(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, nil)
		f.page = func(url string, n int) page {
			switch {
			case strings.HasSuffix(url, "/robots.txt"):
				return page{body: "User-agent: *\nCrawl-delay: 2", kind: "text/plain", after: time.Second}
			case url == "http://a/0" && n == 1:
				return page{status: 503, wait: 40 * time.Second}
			case url == "http://b/0" && n == 1:
				return page{status: 429}
			}
			return page{}
		}
		c, _ := walkOf(t, f, []string{"http://a/0", "http://b/0"}, Options{Concurrency: 1, Follow: &Follow{}})
		h := &heard{}
		c.Subscribe(HostPaused|HostResumed|RobotsRead|CrawlDone, everything, h.take)
		runWalk(t, f, c)
		want := []string{
			"0s host_paused http://a robots 0s",
			"1s host_resumed http://a robots 0s",
			"1s robots_read http://a successful 2s",
			"1s host_paused http://b robots 0s",
			"2s host_resumed http://b robots 0s",
			"2s robots_read http://b successful 2s",
			"2s host_paused http://a retry-after 40s",
			"3s host_paused http://b throttled 4s",
			"3s crawl_done   0s",
		}
		seen := map[string]bool{}
		for _, e := range h.events {
			seen[fmt.Sprintf("%v %s %s %s %v", e.At, e.Signal, e.Host, e.Cause, e.Wait)] = true
		}
		for _, line := range want {
			if !seen[line] {
				t.Errorf("no %q in %v", line, seen)
			}
		}
	})
}

// TestSlowSubscriber: a handler that does not return, or takes its time, holds up nothing: the crawl takes as long as without
// it, and a moment at the end. What it has not had is counted.
func TestSlowSubscriber(t *testing.T) {
	took := func(t *testing.T, w *world, delay time.Duration) (time.Duration, *heard, *Subscription) {
		f := newFakeFetcher(w, always(answer{after: time.Second}))
		c, _ := crawlOf(w, f, strings.NewReader(listOf(1000, 7)), Options{Concurrency: 10})
		h := &heard{}
		s := c.Subscribe(FetchDone|CrawlDone, 50, h.take)
		over := time.Duration(0)
		c.options.OnLast = func() {
			over = w.Now().Sub(c.began)
			w.delay = func() time.Duration { return delay }
		}
		if delay > 0 {
			w.delay = func() time.Duration { return min(delay, 10*time.Second) } // the list has to be read
		}
		start := w.Now()
		run(t, w, c)
		if end := w.Now().Sub(start) - over; end > eventPatience+sinkDelay+2*min(delay, 10*time.Second) {
			t.Errorf("%v: %v at the end", delay, end)
		}
		return over, h, s
	}
	for _, delay := range []time.Duration{0, 300 * time.Millisecond, 10 * time.Second} {
		eachWorld(t, func(t *testing.T, w *world) {
			over, h, s := took(t, w, delay)
			if beginning := 2 * delay; over < 100*time.Second || over > 100*time.Second+beginning {
				t.Errorf("handler of %v: the crawl took %v", delay, over)
			}
			got, lost := int64(len(h.events)), s.Lost()
			if delay < eventPatience {
				if got+lost != 1001 || (lost > 0) != (delay > 5*time.Second) || len(h.of(CrawlDone)) != 1 {
					t.Errorf("handler of %v: %d events and %d lost", delay, got, lost)
				}
			} else if got+lost < 1001 || lost < 400 {
				t.Errorf("handler of %v: %d events and %d lost", delay, got, lost)
			}
		})
	}
}

// TestFullQueue: what comes at once and is too much is lost, in exact numbers, but never the end.
func TestFullQueue(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, always(answer{}))
		c, _ := crawlOf(w, f, strings.NewReader(listOf(500, 1)), Options{Concurrency: 500})
		h := &heard{}
		s := c.Subscribe(AllSignals, 0, h.take)
		run(t, w, c)
		if len(h.events) != 1 || h.events[0].Signal != CrawlDone || s.Lost() != 4*500 || h.lost != s.Lost() {
			t.Errorf("%d events, %d lost", len(h.events), s.Lost())
		}
	})
}

// TestSubscriberOfCancelled: a crawl that is cancelled still says that it is done, and waits no longer than a moment for who
// does not listen.
func TestSubscriberOfCancelled(t *testing.T) {
	for _, blocks := range []bool{false, true} {
		eachEngine(t, func(t *testing.T, e engine.Engine) {
			f := newFakeFetcher(e, always(answer{after: time.Hour}))
			c, _ := crawlOf(e, f, strings.NewReader(listOf(5, 1)), Options{Concurrency: 10})
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			release := make(chan struct{})
			defer close(release)
			h := &heard{}
			s := c.Subscribe(FetchStarted|CrawlDone, everything, func(events []Event, lost int64) {
				h.take(events, lost)
				cancel() // when fetches have begun
				if blocks {
					<-release
				}
			})
			c.Start()
			runStarted(t, e, ctx, c)
			done := len(h.of(CrawlDone))
			if !blocks && (done != 1 || s.Lost() != 0) || blocks && (done != 0 || s.Lost() == 0) {
				t.Errorf("blocks %t: %d × done, %d lost", blocks, done, s.Lost())
			}
		})
	}
}

// TestLastEvent: what happens when a crawl has said that it is done is told nobody, and is not lost: here a host is welcome again, while
// somebody else still runs on the engine.
func TestLastEvent(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, map[string]page{"http://h/robots.txt": {status: 503, wait: time.Minute}})
		c, _ := walkOf(t, f, []string{"http://h/"}, Options{Concurrency: 1, Retries: 1, Follow: &Follow{}})
		h := &heard{}
		s := c.Subscribe(AllSignals, everything, h.take)
		w.After(10*time.Second, c.Drain)
		w.Go("other", func(ctx context.Context) error { return w.Sleep(ctx, time.Hour) })
		runWalk(t, f, c)
		if n := len(h.events); n == 0 || h.events[n-1].Signal != CrawlDone || h.lost != 0 || s.Lost() != 0 {
			t.Errorf("%d lost of %+v", s.Lost(), h.events)
		}
	})
}

// TestNeverHandedOver: what is in queue when nobody hands it over any more is lost.
func TestNeverHandedOver(t *testing.T) {
	w := newLoopWorld(t)
	c, _ := crawlOf(w, newFakeFetcher(w, always(answer{})), strings.NewReader(""), Options{})
	s := c.Subscribe(CrawlPaused|CrawlResumed, 3, func([]Event, int64) {})
	for range 5 {
		c.Pause()
		c.Resume()
	}
	if s.Lost() != 10 {
		t.Errorf("%d lost", s.Lost())
	}
}

// TestEventOfLongRobots: a robots.txt that is longer than what counts is no failure.
func TestEventOfLongRobots(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, map[string]page{"http://h/robots.txt": {kind: "text/plain", body: strings.Repeat("#\n", robots.Limit)}, "http://h/": {}})
		c, _ := walkOf(t, f, []string{"http://h/"}, Options{Concurrency: 1, Follow: &Follow{}})
		h := &heard{}
		c.Subscribe(FetchDone, everything, h.take)
		runWalk(t, f, c)
		for _, e := range h.events {
			if e.Class != fetch.OK || e.Err != nil {
				t.Errorf("%+v", e)
			}
		}
		if len(h.events) != 2 {
			t.Errorf("%d events", len(h.events))
		}
	})
}

// TestCancelledWhileHiring: a crawl that is cancelled when a worker has been hired that has not begun, and on the loop never will, is done,
// once.
func TestCancelledWhileHiring(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, always(answer{after: time.Hour}))
		failure := errors.New("made up")
		var once sync.Once
		f.begun = func(string, int) {
			once.Do(func() { w.Go("other", func(context.Context) error { return failure }) })
		}
		last := 0
		c, _ := crawlOf(w, f, strings.NewReader(listOf(1000, 1)), Options{Concurrency: 1000, OnLast: func() { last++ }})
		h := &heard{}
		s := c.Subscribe(CrawlDone, everything, h.take)
		c.Start()
		if err := runBounded(t, w, context.Background()); !errors.Is(err, failure) {
			t.Errorf("Run: %v", err)
		}
		checkBooks(t, c.Stats())
		if len(h.events) != 1 || s.Lost() != 0 || last != 1 {
			t.Errorf("%d × done, %d lost, %d × the last", len(h.events), s.Lost(), last)
		}
	})
}

// TestEventJSON: a line has the fields that its signal has, and nothing in it that a terminal would obey.
func TestEventJSON(t *testing.T) {
	for _, c := range []struct {
		event Event
		want  string
	}{
		{Event{Signal: CrawlDone, At: 62*time.Second + 34567*time.Microsecond}, `{"at":62.034567,"event":"crawl_done"}`},
		{Event{Signal: URLDiscovered, URL: "http://h/\x1b\"", Referrer: "http://h/", Depth: 3}, `{"at":0.000000,"event":"url_discovered","url":"http://h/\u001b\"","referrer":"http://h/","depth":3}`},
		{
			Event{Signal: FetchDone, URL: "http://h/", Attempt: 2, Class: fetch.OK, Status: 503, Bytes: 12, Took: 1500 * time.Millisecond, Robots: true},
			`{"at":0.000000,"event":"fetch_done","url":"http://h/","class":"ok","status":503,"attempt":2,"bytes":12,"took":1.500000,"robots":true}`,
		},
		{
			Event{Signal: HostPaused, Host: "https://h:8443", Cause: CauseRobots, Wait: time.Microsecond, Err: errors.New("a\nb")},
			`{"at":0.000000,"event":"host_paused","host":"https://h:8443","cause":"robots","wait":0.000001,"error":"a\u000ab"}`,
		},
	} {
		line := string(c.event.AppendJSON(nil))
		if line != c.want+"\n" || !json.Valid([]byte(line)) {
			t.Errorf("got %swant %s", line, c.want)
		}
	}
	names := map[string]bool{}
	for s := Signal(1); s <= CrawlDone; s <<= 1 {
		if name := s.String(); name == "" || names[name] {
			t.Errorf("signal %b is %q", s, name)
		}
		names[s.String()] = true
	}
}

// TestUnheard: what nobody wants to know of costs no allocation, and links that are known cost none in any case.
func TestUnheard(t *testing.T) {
	c := New(alone{}, nil, NewSource(nil, "list", nil), NewSink("output", &output{}), Options{Follow: &Follow{}})
	j := &job{raw: "http://h/"}
	if n := testing.AllocsPerRun(100, func() {
		c.publishRetry(j, time.Second)
		c.dispatch.walk.publishPause(1, frontier.Visit{Throttled: true})
		c.publish(Event{Signal: CrawlPaused})
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
