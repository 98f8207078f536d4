package main

import (
	"testing"

	"crawl/internal/crawler"
	"crawl/internal/fetch"
)

func TestFailOnCount(t *testing.T) {
	ledger := &crawler.Ledger{
		Classes:  map[fetch.Class]int64{fetch.OK: 1110, crawler.SkipRobots: 4000, crawler.SkipDepth: 50000, fetch.Input: 1, fetch.TimeoutRead: 20, fetch.TimeoutConnect: 300},
		Statuses: map[int]int64{200: 1000, 301: 2, 404: 30, 410: 8, 500: 70, 999: 5},
	}
	for words, want := range map[string]int64{
		"": 321, "error": 321, "any": 321 + 30 + 8 + 70 + 5, "none": 0,
		"timeout": 320, "timeout.read": 20, "input": 1, "dns": 0, "connect": 0,
		"404": 30, "0404": 30, "403": 0, "4xx": 38, "5xx": 70, "3xx": 2, "2xx": 1000, "1xx": 0,
		"404,410,timeout.read": 58, "timeout,timeout.read,error": 321, "4xx,404": 38, " 404 , 5xx ": 100, "none,404": 30,
		"robots": 4000, "robots,depth": 54000, "scope": 0, "error,robots": 4321, "any,depth": 50000 + 434,
	} {
		var f failOn
		if words != "" {
			if err := f.Set(words); err != nil {
				t.Errorf("%q: %v", words, err)
				continue
			}
		}
		if got := f.count(ledger); got != want {
			t.Errorf("%q: %d, want %d", words, got, want)
		}
	}
}

// Every class can be named, and so can its family, and why URLs are skipped; ok is not a failure.
func TestFailOnClasses(t *testing.T) {
	for _, a := range advices() {
		for _, word := range []string{string(a.Class), a.Class.Family()} {
			var f failOn
			if err := f.Set(word); (err == nil) != (a.Class != fetch.OK) {
				t.Errorf("%q: %v", word, err)
			}
		}
	}
}

func TestFailOnRefused(t *testing.T) {
	for _, words := range []string{"", ",", "404,", "ok", "sometimes", "6xx", "xx", "4XX", "99", "1000", "-404", "timeout.", "timeout.never", "any none"} {
		var f failOn
		if err := f.Set(words); err == nil {
			t.Errorf("%q: taken as %v", words, f.words)
		}
	}
}

func TestFailOnString(t *testing.T) {
	var f failOn
	if got := f.String(); got != "error" {
		t.Errorf("by default %q", got)
	}
	for _, set := range []struct{ words, want string }{{"any", "any"}, {"timeout, 404", "timeout,404"}, {"5xx", "5xx"}} {
		if err := f.Set(set.words); err != nil || f.String() != set.want {
			t.Errorf("%q: %q, %v: the last one counts", set.words, f.String(), err)
		}
	}
}
