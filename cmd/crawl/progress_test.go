package main

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"crawl/internal/crawler"
)

func TestEstimate(t *testing.T) {
	cases := []struct {
		name                   string
		discovered, read, size int64
		done                   bool
		want                   int64
	}{
		{"half of the list", 100, 5000, 10_000, false, 200},
		{"all of it, not known to be", 100, 10_000, 10_000, false, 100},
		{"a list that has grown", 100, 20_000, 10_000, false, 100},
		{"done", 100, 10_000, 10_000, true, 100},
		{"done, without a size", 100, 0, 0, true, 100},
		{"a pipe", 100, 5000, 0, false, -1},
		{"nothing read yet", 0, 0, 10_000, false, -1},
		{"comments so far", 0, 500, 10_000, false, -1},
		{"URLs of the command line so far", 3, 0, 10_000, false, -1},
	}
	for _, c := range cases {
		s := &crawler.Stats{Ledger: crawler.Ledger{Discovered: c.discovered}, ListRead: c.read, ListDone: c.done}
		if got := estimate(s, c.size); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// Each line says how far the crawl is; the rate is that since the line before.
func TestPlainLines(t *testing.T) {
	var b bytes.Buffer
	p := &plainLines{w: &b, size: 10_000}
	p.show(&crawler.Stats{
		Ledger:   crawler.Ledger{Discovered: 110, Fetched: 97, Failed: 2, Skipped: 1, Pending: 10},
		InFlight: 10, ListRead: 1100, Elapsed: 1001 * time.Millisecond,
	})
	p.show(&crawler.Stats{
		Ledger:   crawler.Ledger{Discovered: 1000, Fetched: 590, Failed: 8, Skipped: 2, Pending: 400},
		InFlight: 300, ListRead: 10_000, ListDone: true, Elapsed: 6001 * time.Millisecond,
	})
	p.finish()
	const want = "crawl: 1s: 100 of about 1000 done (2 failed, 1 skipped), 10 in flight, 100/s\n" +
		"crawl: 6s: 600 of 1000 done (8 failed, 2 skipped), 300 in flight, 100/s\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
	b.Reset()
	pipe := &plainLines{w: &b}
	pipe.show(&crawler.Stats{Ledger: crawler.Ledger{Discovered: 5, Fetched: 5}, Elapsed: 500 * time.Millisecond})
	if want := "crawl: 1s: 5 done (0 failed, 0 skipped), 0 in flight, 10/s\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

// A bar whose list turns out to be shorter or longer than it looked, or which is shown in the end, takes no harm.
func TestBar(t *testing.T) {
	var b bytes.Buffer
	before := runtime.NumGoroutine()
	p := newBar(&b, 1000)
	if after := runtime.NumGoroutine(); after > before {
		t.Fatal("the bar draws from a goroutine of its own, and goes on when it has been cleared")
	}
	for _, s := range []crawler.Stats{
		{},
		{Ledger: crawler.Ledger{Discovered: 10, Fetched: 2, Pending: 8}, ListRead: 100, InFlight: 8},
		{Ledger: crawler.Ledger{Discovered: 50, Fetched: 40, Failed: 3, Pending: 7}, ListRead: 250, InFlight: 7},
		{Ledger: crawler.Ledger{Discovered: 70, Fetched: 67, Failed: 3}, ListRead: 1000, ListDone: true, Draining: true},
	} {
		p.show(&s)
	}
	p.finish()
	if out := b.String(); !bytes.Contains(b.Bytes(), []byte("7 in flight, 3 failed")) || bytes.Contains(b.Bytes(), []byte{0x1b}) {
		t.Errorf("%q", out)
	}
}
