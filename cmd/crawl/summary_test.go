package main

import (
	"bytes"
	"testing"
	"time"

	"crawl/internal/crawler"
	"crawl/internal/fetch"
)

func TestRoundTime(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 400 * time.Microsecond: "0s", 1499 * time.Microsecond: "1ms", 999 * time.Millisecond: "999ms",
		1234 * time.Millisecond: "1.23s", 59999 * time.Millisecond: "1m0s", 61499 * time.Millisecond: "1m1s", 2 * time.Hour: "2h0m0s",
	} {
		if got := roundTime(d).String(); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

func TestBytesText(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1: "1 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 1 << 20: "1.0 MiB", 5 << 30: "5.0 GiB",
		3 << 40: "3.0 TiB", 5000 << 40: "5000.0 TiB",
	} {
		if got := bytesText(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestSummary(t *testing.T) {
	cases := []struct {
		name  string
		stats crawler.Stats
		want  string
	}{
		{
			"everything",
			crawler.Stats{
				Ledger: crawler.Ledger{
					Discovered: 130, Fetched: 100, Failed: 20, Skipped: 3, Pending: 7,
					Classes:  map[fetch.Class]int64{fetch.OK: 100, fetch.TimeoutRead: 20, fetch.Input: 3},
					Statuses: map[int]int64{200: 90, 404: 10},
				},
				Peak: 50, Bytes: 3 << 20, Attempts: 125, Repeats: 5, Elapsed: 2 * time.Second,
				Pressure: map[fetch.Class]int64{fetch.LocalPorts: 4, fetch.LocalDescriptors: 17, fetch.LocalMemory: 1},
			},
			"crawl: 123 URLs in 2s, 62/s, 50 in flight at most, 3.0 MiB received\n" +
				"crawl: ledger: 130 discovered = 100 fetched + 20 failed + 3 skipped + 7 pending\n" +
				"crawl: outcome: 90 × 200, 20 × timeout.read, 10 × 404, 3 × input\n" +
				"crawl: 5 of 125 attempts were repeated\n" +
				"crawl: slowed down 17 times (local.descriptors): " + advice(fetch.LocalDescriptors) + "\n" +
				"crawl: slowed down 4 times (local.ports): " + advice(fetch.LocalPorts) + "\n" +
				"crawl: slowed down 1 times (local.memory): " + advice(fetch.LocalMemory) + "\n",
		},
		{
			"nothing",
			crawler.Stats{},
			"crawl: 0 URLs in 0s, 0/s, 0 in flight at most, 0 B received\n" +
				"crawl: ledger: 0 discovered = 0 fetched + 0 failed + 0 skipped + 0 pending\n",
		},
		{
			"with a pause",
			crawler.Stats{
				Ledger: crawler.Ledger{Discovered: 100, Fetched: 100, Classes: map[fetch.Class]int64{fetch.OK: 100}, Statuses: map[int]int64{200: 100}},
				Peak:   1, Attempts: 100, Elapsed: 12 * time.Second, Idled: 10 * time.Second,
			},
			"crawl: 100 URLs in 12s, of it 10s paused, 50/s, 1 in flight at most, 0 B received\n" +
				"crawl: ledger: 100 discovered = 100 fetched + 0 failed + 0 skipped + 0 pending\n" +
				"crawl: outcome: 100 × 200\n",
		},
		{
			"in no time",
			crawler.Stats{
				Ledger: crawler.Ledger{Discovered: 1, Fetched: 1, Classes: map[fetch.Class]int64{fetch.OK: 1}, Statuses: map[int]int64{204: 1}},
				Peak:   1, Attempts: 1,
			},
			"crawl: 1 URLs in 0s, 1000/s, 1 in flight at most, 0 B received\n" +
				"crawl: ledger: 1 discovered = 1 fetched + 0 failed + 0 skipped + 0 pending\n" +
				"crawl: outcome: 1 × 204\n",
		},
	}
	for _, c := range cases {
		var b bytes.Buffer
		r := &session{options: &runOptions{}, streams: streams{err: &b}}
		r.printSummary(&c.stats)
		if b.String() != c.want {
			t.Errorf("%s: got\n%swant\n%s", c.name, b.String(), c.want)
		}
	}
}

func TestAdvice(t *testing.T) {
	for _, a := range fetch.Classes() {
		if got := advice(a.Class); got == "" || got != a.Sentence {
			t.Errorf("%s: %q", a.Class, got)
		}
	}
}
