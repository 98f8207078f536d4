package crawler

import (
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"crawl/internal/fetch"
)

// TestLedger: every class goes into one account, and the accounts add up after each entry.
func TestLedger(t *testing.T) {
	l := newLedger()
	rng := rand.New(rand.NewPCG(1, 1))
	classes := fetch.Classes()
	for range 1000 {
		for range rng.IntN(3) {
			l.discover()
		}
		if l.Pending > 0 {
			r := Record{Class: classes[rng.IntN(len(classes))].Class}
			if r.Class == fetch.OK {
				r.Status = 200 + rng.IntN(3)
			}
			l.settle(&r)
		}
		if err := l.Balance(); err != nil {
			t.Fatal(err)
		}
	}
	var failed int64
	for class, n := range l.Classes {
		if class != fetch.OK && class != fetch.Input {
			failed += n
		}
	}
	if l.Fetched != l.Classes[fetch.OK] || l.Skipped != l.Classes[fetch.Input] || l.Failed != failed || len(l.Classes) != len(classes) {
		t.Errorf("%s: %v", l.String(), l.Classes)
	}
}

// TestLedgerOutOfBalance: each account that is wrong is noticed.
func TestLedgerOutOfBalance(t *testing.T) {
	good := Ledger{
		Discovered: 10, Fetched: 4, Failed: 3, Skipped: 2, Pending: 1,
		Classes: map[fetch.Class]int64{fetch.OK: 4, fetch.ConnectRefused: 3, fetch.Input: 2}, Statuses: map[int]int64{200: 3, 404: 1},
	}
	if err := good.Balance(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(l *Ledger){
		"discovered": func(l *Ledger) { l.Discovered++ },
		"fetched":    func(l *Ledger) { l.Fetched++ },
		"failed":     func(l *Ledger) { l.Failed-- },
		"skipped":    func(l *Ledger) { l.Skipped++ },
		"pending":    func(l *Ledger) { l.Pending-- },
		"negative":   func(l *Ledger) { l.Pending, l.Failed, l.Classes[fetch.ConnectRefused] = -1, 5, 5 },
		"class":      func(l *Ledger) { l.Classes[fetch.TimeoutRead]++ },
		"status":     func(l *Ledger) { delete(l.Statuses, 404) },
		"swapped":    func(l *Ledger) { l.Fetched, l.Failed = l.Failed, l.Fetched },
	} {
		l := good.clone()
		spoil(&l)
		if err := l.Balance(); err == nil || !strings.Contains(err.Error(), l.String()) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := good.Balance(); err != nil {
		t.Errorf("a clone shares with its original: %v", err)
	}
}

func TestLedgerText(t *testing.T) {
	l := Ledger{
		Discovered: 23, Fetched: 12, Failed: 9, Skipped: 1, Pending: 1,
		Classes:  map[fetch.Class]int64{fetch.OK: 12, fetch.TimeoutRead: 2, fetch.ConnectRefused: 7, fetch.Input: 1},
		Statuses: map[int]int64{200: 10, 404: 2},
	}
	if got := l.String(); got != "23 discovered = 12 fetched + 9 failed + 1 skipped + 1 pending" {
		t.Error(got)
	}
	if got := l.Breakdown(); got != "10 × 200, 7 × connect.refused, 2 × 404, 2 × timeout.read, 1 × input" {
		t.Error(got)
	}
	empty := newLedger()
	if empty.Breakdown() != "" || empty.Balance() != nil {
		t.Errorf("%q, %v", empty.Breakdown(), empty.Balance())
	}
	if c := l.clone(); !maps.Equal(c.Classes, l.Classes) || !maps.Equal(c.Statuses, l.Statuses) {
		t.Errorf("%+v", c)
	}
}

// TestBreakdownOfMany: a crawl of the whole web ends in more ways than one line has room for, but not in more families.
func TestBreakdownOfMany(t *testing.T) {
	l := newLedger()
	for range 100 {
		l.discover()
		l.settle(&Record{Class: fetch.OK, Status: 200})
	}
	for _, a := range fetch.Classes() {
		if f := a.Class.Family(); f == "tls" || f == "dns" || f == "timeout" {
			l.discover()
			l.settle(&Record{Class: a.Class})
		}
	}
	if got, want := l.Breakdown(), "100 × 200, 8 × timeout, 8 × tls, 5 × dns"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
