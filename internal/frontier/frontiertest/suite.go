package frontiertest

import (
	"testing"
	"time"

	"crawl/internal/frontier"
	"crawl/internal/link"
)

// Make makes a Frontier that is empty.
type Make func(t testing.TB, o frontier.Options, epoch time.Time) frontier.Frontier

// Run runs the suite.
func Run(t *testing.T, empty Make) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Make)
	}{
		{"Seen", testSeen},
		{"Again", testAgain},
		{"Shared", testShared},
		{"URL", testURL},
		{"Keys", testKeys},
		{"Respelled", testRespelled},
		{"Exact", testExact},
		{"Order", testOrder},
		{"Entry", testEntry},
		{"Ledger", testLedger},
		{"MaxPerHost", testMaxPerHost},
		{"Retry", testRetry},
		{"Return", testReturn},
		{"NotAsked", testNotAsked},
		{"Turns", testTurns},
		{"PerHost", testPerHost},
		{"Delay", testDelay},
		{"RetryAfter", testRetryAfter},
		{"Hold", testHold},
		{"Notes", testNotes},
		{"Busiest", testBusiest},
		{"Levels", testLevels},
		{"ManyInLevel", testManyInLevel},
		{"Oracle", testOracle},
		{"OneHangs", testOneHangs},
		{"OneIsSlow", testOneIsSlow},
		{"CriticalPath", testCriticalPath},
		{"Polite", testPolite},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, empty) })
	}
}

// began is when the tests' time begins.
func began() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// bench is a Frontier with a clock, on which a test plays.
type bench struct {
	testing.TB
	frontier.Frontier
	now time.Time
}

func newBench(t testing.TB, empty Make, o frontier.Options) *bench {
	return &bench{TB: t, Frontier: empty(t, o, began()), now: began()}
}

func parse(t testing.TB, s string) link.URL {
	t.Helper()
	u, err := link.Parse(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return u
}

func (b *bench) add(s string, l frontier.Link) frontier.Added {
	b.Helper()
	u := parse(b, s)
	return b.Add(&u, l, b.now)
}

// addAll enters URLs that must be new.
func (b *bench) addAll(all ...string) {
	b.Helper()
	for _, s := range all {
		if a := b.add(s, frontier.Link{}); !a.New {
			b.Fatalf("%s: %+v, want it to be new", s, a)
		}
	}
}

// wantNext takes the next URL, which must be that.
func (b *bench) wantNext(want string) frontier.Entry {
	b.Helper()
	e, ok := b.Next(b.now)
	if !ok || e.URL.String() != want {
		b.Fatalf("after %v, next is %q, %v, want %q", b.now.Sub(began()), e.URL.String(), ok, want)
	}
	return e
}

// wantNone fails if there is a next URL.
func (b *bench) wantNone() {
	b.Helper()
	if e, ok := b.Next(b.now); ok {
		b.Fatalf("after %v, next is %q, want none", b.now.Sub(began()), e.URL.String())
	}
}

// wantNoneBefore fails if there is a next URL before that much has passed since the beginning, or if nobody would look then. It
// leaves the clock there.
func (b *bench) wantNoneBefore(d time.Duration) {
	b.Helper()
	due := began().Add(d)
	for b.now.Before(due) {
		b.wantNone()
		at, ok := b.NextAt()
		if !ok || at.After(due) || !at.After(b.now) {
			b.Fatalf("after %v, the next try is %v (after %v), want one up to %v", b.now.Sub(began()), ok, at.Sub(began()), d)
		}
		if at.Sub(b.now) > time.Nanosecond {
			b.now = at.Add(-time.Nanosecond)
			b.wantNone()
		}
		b.now = at
	}
}

// answered is a visit without anything to be said of it.
func answered() frontier.Visit { return frontier.Visit{Asked: true} }

func (b *bench) fetched(e frontier.Entry) { b.Done(e.Key, frontier.Fetched, answered(), b.now) }

// wantCounts compares the accounts.
func (b *bench) wantCounts(want frontier.Counts) {
	b.Helper()
	if got := b.Counts(); got != want {
		b.Fatalf("accounts %+v, want %+v", got, want)
	}
}
