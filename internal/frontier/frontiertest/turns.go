package frontiertest

import (
	"testing"
	"time"

	"crawl/internal/frontier"
)

const time1 = time.Second

// testRetry: who waits for another attempt holds nobody up, and comes before those of its priority when it is due.
func testRetry(t *testing.T, empty Make) {
	b := newBench(t, empty, frontier.Options{})
	b.addAll("http://h/1", "http://h/2", "http://h/3", "http://h/4", "http://h/5")
	first, second := b.wantNext("http://h/1"), b.wantNext("http://h/2")
	b.Retry(first.Key, b.now.Add(2*time1), answered(), b.now)
	b.Retry(second.Key, b.now.Add(time1), answered(), b.now)
	b.fetched(b.wantNext("http://h/3"))
	b.now = b.now.Add(2 * time1)
	b.add("http://h/urgent", frontier.Link{Bias: -1})
	b.fetched(b.wantNext("http://h/urgent"))
	if e := b.wantNext("http://h/2"); e.Attempt != 2 {
		t.Errorf("attempt %d, want 2", e.Attempt)
	}
	again := b.wantNext("http://h/1")
	b.fetched(b.wantNext("http://h/4"))
	b.fetched(b.wantNext("http://h/5"))
	b.Retry(again.Key, began().Add(3*time1), answered(), b.now)
	b.wantNoneBefore(3 * time1)
	if e := b.wantNext("http://h/1"); e.Attempt != 3 {
		t.Errorf("attempt %d, want 3", e.Attempt)
	}
	if at, ok := b.NextAt(); ok {
		t.Errorf("with all in flight it is to be asked at %v", at)
	}
}

// testReturn: what is returned comes out again before all of its priority, and was not tried.
func testReturn(t *testing.T, empty Make) {
	b := newBench(t, empty, frontier.Options{})
	b.addAll("http://h/1", "http://h/2", "http://h/3")
	b.add("http://h/4", frontier.Link{Depth: 1})
	first, second, third := b.wantNext("http://h/1"), b.wantNext("http://h/2"), b.wantNext("http://h/3")
	b.Retry(third.Key, b.now, answered(), b.now)
	b.Return(second.Key, answered(), b.now)
	b.Return(first.Key, frontier.Visit{}, b.now)
	for _, want := range []string{"http://h/1", "http://h/2"} {
		if e := b.wantNext(want); e.Attempt != 1 {
			t.Errorf("attempt %d, want 1", e.Attempt)
		}
	}
	b.wantNext("http://h/3")
	b.wantNext("http://h/4")
}

// testNotAsked: a host that was not asked after all may be asked at once, by whatever way its URL went.
func testNotAsked(t *testing.T, empty Make) {
	b := newBench(t, empty, frontier.Options{Pace: frontier.Pace{PerHost: 1, Delay: time1}})
	b.addAll("http://h/1", "http://h/2", "http://h/3", "http://h/4", "http://h/5")
	b.Done(b.wantNext("http://h/1").Key, frontier.Skipped, frontier.Visit{}, b.now)
	b.Retry(b.wantNext("http://h/2").Key, b.now.Add(time.Hour), frontier.Visit{}, b.now)
	b.Return(b.wantNext("http://h/3").Key, frontier.Visit{}, b.now)
	b.fetched(b.wantNext("http://h/3"))
	b.wantNoneBefore(time1)
	b.Done(b.wantNext("http://h/4").Key, frontier.Skipped, frontier.Visit{}, b.now)
	b.fetched(b.wantNext("http://h/5"))
	if h := b.Host(1); h.Fetched != 2 || h.Skipped != 2 || h.Waiting != 1 {
		t.Errorf("the host is %+v", h)
	}
}

// testTurns: hosts take turns, without a delay too, and while time stands still; a new host waits for its turn like all others.
func testTurns(t *testing.T, empty Make) {
	b := newBench(t, empty, frontier.Options{})
	b.addAll("http://a/1", "http://a/2", "http://a/3", "http://b/1", "http://b/2", "http://c/1")
	b.wantNext("http://a/1")
	b.wantNext("http://b/1")
	b.addAll("http://d/1")
	b.wantNext("http://c/1")
	b.wantNext("http://a/2")
	b.now = b.now.Add(time1)
	b.addAll("http://e/1")
	b.wantNext("http://b/2")
	b.wantNext("http://d/1")
	b.wantNext("http://a/3")
	b.wantNext("http://e/1")
	b.wantNone()
}

// testPerHost: a host has no more requests at once than it may, and its next as soon as one ends, well or not.
func testPerHost(t *testing.T, empty Make) {
	b := newBench(t, empty, frontier.Options{Pace: frontier.Pace{PerHost: 2}})
	b.addAll("http://a/1", "http://a/2", "http://a/3", "http://a/4", "http://a/5")
	first, second := b.wantNext("http://a/1"), b.wantNext("http://a/2")
	b.wantNone()
	if at, ok := b.NextAt(); ok {
		t.Errorf("with its host at the limit it is to be asked at %v", at)
	}
	b.addAll("http://b/1", "https://a/1")
	b.wantNext("http://b/1")
	b.wantNext("https://a/1")
	b.Retry(second.Key, b.now.Add(time.Hour), answered(), b.now)
	b.wantNext("http://a/3")
	b.wantNone()
	b.Done(first.Key, frontier.Failed, answered(), b.now)
	e := b.wantNext("http://a/4")
	b.wantNone()
	b.Return(e.Key, answered(), b.now)
	b.wantNext("http://a/4")
	b.wantNone()
}

// testDelay: the delay is from start to start, whatever comes between, and each host's own.
func testDelay(t *testing.T, empty Make) {
	b := newBench(t, empty, frontier.Options{Pace: frontier.Pace{Delay: time1}})
	b.addAll("http://a/1", "http://a/2", "http://a/3", "http://a/4", "http://a/5")
	b.now = b.now.Add(time1 / 2)
	e := b.wantNext("http://a/1")
	b.addAll("http://b/1")
	b.fetched(b.wantNext("http://b/1"))
	b.wantNoneBefore(time1 + time1/2)
	b.wantNext("http://a/2") // the first is still in flight
	b.now = b.now.Add(time1 / 4)
	b.fetched(e)
	b.wantNoneBefore(2*time1 + time1/2)
	e = b.wantNext("http://a/3")
	b.SetCrawlDelay(e.Key.Host, 3*time1, b.now)
	b.wantNoneBefore(5*time1 + time1/2)
	b.wantNext("http://a/4")
	if got := b.Host(e.Key.Host).Interval; got != 3*time1 {
		t.Errorf("interval %v, want 3 s", got)
	}
	b.SetCrawlDelay(e.Key.Host, 0, b.now) // what was to be asked later may be asked sooner
	b.wantNoneBefore(6*time1 + time1/2)
	b.wantNext("http://a/5")
}

// testRetryAfter: it holds for the whole host, and for no other.
func testRetryAfter(t *testing.T, empty Make) {
	b := newBench(t, empty, frontier.Options{})
	b.addAll("http://a/1", "http://a/2", "http://b/1")
	e := b.wantNext("http://a/1")
	v := frontier.Visit{Asked: true, Throttled: true, RetryAfter: 10 * time1}
	b.Retry(e.Key, b.now.Add(time1), v, b.now)
	b.fetched(b.wantNext("http://b/1"))
	b.wantNoneBefore(10 * time1)
	b.fetched(b.wantNext("http://a/1"))
	b.wantNoneBefore(10*time1 + 900*time.Millisecond) // it is slowed down besides
	b.wantNext("http://a/2")
}

// testHold: a host on hold is not asked, and then asked as ever.
func testHold(t *testing.T, empty Make) {
	b := newBench(t, empty, frontier.Options{Pace: frontier.Pace{Delay: time1}})
	b.addAll("http://a/1", "http://a/2")
	id := b.wantNext("http://a/1").Key.Host
	b.Hold(id, true, b.now)
	if at, ok := b.NextAt(); ok {
		t.Errorf("with its host on hold it is to be asked at %v", at)
	}
	b.now = b.now.Add(time1 / 2)
	b.addAll("http://a/3", "http://b/1")
	b.wantNext("http://b/1")
	if h := b.Host(id); !h.Held || h.Queued != 2 {
		t.Errorf("the host is %+v", h)
	}
	b.Hold(id, false, b.now)
	b.wantNoneBefore(time1)
	e := b.wantNext("http://a/2")
	b.Hold(id, true, b.now)
	b.Retry(e.Key, b.now.Add(time1), answered(), b.now)
	b.now = b.now.Add(10 * time1)
	b.wantNone()
	b.Hold(id, false, b.now)
	b.wantNext("http://a/2")
}

// testNotes: facts and notes are each host's own.
func testNotes(t *testing.T, empty Make) {
	b := newBench(t, empty, frontier.Options{})
	b.addAll("http://a/1", "http://b/1", "http://a/2")
	a, other := b.wantNext("http://a/1"), b.wantNext("http://b/1")
	if n := b.Note(a.Key.Host); n != 0 {
		t.Errorf("the note of a new host is %d", n)
	}
	b.SetNote(a.Key.Host, 1<<32-1)
	b.SetNote(other.Key.Host, 7)
	if n, m := b.Note(a.Key.Host), b.Note(other.Key.Host); n != 1<<32-1 || m != 7 {
		t.Errorf("notes %d and %d", n, m)
	}
	failed := frontier.Visit{Asked: true, Failed: true, Latency: 80 * time.Millisecond}
	b.Done(a.Key, frontier.Failed, failed, b.now)
	b.Done(b.wantNext("http://a/2").Key, frontier.Failed, failed, b.now)
	b.Done(other.Key, frontier.Fetched, answered(), b.now)
	if h := b.Host(a.Key.Host); h.Failures != 2 || h.Latency != 80*time.Millisecond || h.Failed != 2 || h.Pending() != 0 {
		t.Errorf("the host that failed is %+v", h)
	}
	if h := b.Host(other.Key.Host); h.Failures != 0 || h.Latency != 0 || h.Fetched != 1 {
		t.Errorf("the other host is %+v", h)
	}
	b.addAll("http://a/3")
	b.fetched(b.wantNext("http://a/3"))
	if h := b.Host(a.Key.Host); h.Failures != 0 {
		t.Errorf("after an answer, the host has %d failures in a row", h.Failures)
	}
}

// testBusiest: those with most to do, in order; of few hosts it is exact.
func testBusiest(t *testing.T, empty Make) {
	b := newBench(t, empty, frontier.Options{})
	b.addAll("http://a/1", "http://b/1", "http://b/2", "http://c/1", "http://c/2", "http://c/3", "http://d/1")
	b.add("http://e/1", frontier.Link{Skip: true})
	b.wantNext("http://a/1")
	e := b.wantNext("http://b/1")
	b.Retry(e.Key, b.now.Add(time1), answered(), b.now)
	b.fetched(b.wantNext("http://c/1"))
	b.fetched(b.wantNext("http://d/1"))
	b.add("http://c/4", frontier.Link{})
	list := b.Busiest(2)
	if list.Sampled || len(list.Busiest) != 2 {
		t.Fatalf("%+v, want two of all", list)
	}
	if h := list.Busiest[0]; h.Origin != "http://c" || h.Queued != 3 || h.Fetched != 1 {
		t.Errorf("the busiest is %+v", h)
	}
	if h := list.Busiest[1]; h.Origin != "http://b" || h.Queued != 1 || h.Waiting != 1 || h.Pending() != 2 {
		t.Errorf("the second is %+v", h)
	}
	if list := b.Busiest(10); len(list.Busiest) != 3 {
		t.Errorf("%d hosts have something to do, want 3", len(list.Busiest))
	}
	if list := b.Busiest(0); len(list.Busiest) != 0 {
		t.Errorf("none were asked for, and %d found", len(list.Busiest))
	}
}
