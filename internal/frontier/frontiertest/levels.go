package frontiertest

import (
	"fmt"
	"testing"

	"crawl/internal/frontier"
)

// testLevels: what is deeper waits until all that is less deep is settled, retries too, at every host; and what turns out to be
// less deep than it seemed goes with its level.
func testLevels(t *testing.T, empty Make) {
	b := newBench(t, empty, frontier.Options{Levels: true})
	b.addAll("http://a/", "http://b/")
	b.add("http://a/1", frontier.Link{Depth: 1})
	a, slow := b.wantNext("http://a/"), b.wantNext("http://b/")
	b.add("http://c/3", frontier.Link{Depth: 3})
	b.add("http://c/2", frontier.Link{Depth: 2})
	b.fetched(a)
	b.wantNone()
	if at, ok := b.NextAt(); ok {
		t.Errorf("with something in flight it is to be asked at %v", at)
	}
	b.wantCounts(frontier.Counts{Queued: 3, InFlight: 1, Fetched: 1, Hosts: 3})
	b.Retry(slow.Key, b.now.Add(time1), answered(), b.now)
	b.wantNoneBefore(time1)
	slow = b.wantNext("http://b/")
	b.add("http://c/3", frontier.Link{Depth: 0})             // as by a redirect
	b.add("http://c/0", frontier.Link{Depth: 5, Skip: true}) // too deep
	b.add("http://c/0", frontier.Link{Depth: 0})             // and not
	b.add("http://c/2", frontier.Link{Depth: 1})             // it goes behind http://a/1
	b.fetched(b.wantNext("http://c/0"))
	b.fetched(b.wantNext("http://c/3")) // it keeps its priority
	b.wantNone()
	b.Done(slow.Key, frontier.Failed, answered(), b.now)
	if at, ok := b.NextAt(); !ok || at.After(b.now) {
		t.Errorf("when the level has ended it is to be asked at %v, %v", at, ok)
	}
	b.fetched(b.wantNext("http://a/1"))
	e := b.wantNext("http://c/2")
	if e.Depth != 1 {
		t.Errorf("its depth is %d", e.Depth)
	}
	b.wantNone()
	b.Done(e.Key, frontier.Skipped, frontier.Visit{}, b.now)
	b.wantNone()
	if at, ok := b.NextAt(); ok {
		t.Errorf("at the end it is to be asked at %v", at)
	}
	b.addAll("http://a/late") // less deep than what has begun
	b.fetched(b.wantNext("http://a/late"))
}

// testManyInLevel: however many there are in a level, all are given out, in the order in which they were found, also those that are found
// while it begins.
func testManyInLevel(t *testing.T, empty Make) {
	const n = 20_000
	b := newBench(t, empty, frontier.Options{Levels: true})
	b.addAll("http://h/")
	for i := range n {
		b.add(fmt.Sprintf("http://h/%d", i), frontier.Link{Depth: 1})
	}
	b.fetched(b.wantNext("http://h/"))
	for i := range n {
		b.fetched(b.wantNext(fmt.Sprintf("http://h/%d", i)))
		if i == 0 {
			b.add(fmt.Sprintf("http://h/%d", n), frontier.Link{Depth: 1})
		}
	}
	b.fetched(b.wantNext(fmt.Sprintf("http://h/%d", n)))
	b.wantNone()
}
