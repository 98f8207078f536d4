package crawler

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"crawl/internal/fetch"
)

// Ledger accounts for every URL. Discovered = Fetched + Failed + Skipped + Pending.
type Ledger struct {
	Discovered int64 // URLs, and lines that were meant to be URLs
	Fetched    int64 // a whole response arrived, whatever its status
	Failed     int64 // no whole response, after the last attempt
	Skipped    int64 // never asked for
	Pending    int64 // waiting, in flight, or waiting for another attempt

	Classes  map[fetch.Class]int64 // of all that are settled
	Statuses map[int]int64         // of those fetched
}

func newLedger() Ledger {
	return Ledger{Classes: map[fetch.Class]int64{}, Statuses: map[int]int64{}}
}

func (l *Ledger) discover() {
	l.Discovered++
	l.Pending++
}

// settle books one pending URL for good.
func (l *Ledger) settle(r *Record) {
	l.Pending--
	l.Classes[r.Class]++
	switch {
	case r.Class == fetch.OK:
		l.Fetched++
		l.Statuses[r.Status]++
	case isSkip(r.Class):
		l.Skipped++
	default:
		l.Failed++
	}
}

// revive takes back that a URL was skipped.
func (l *Ledger) revive(class fetch.Class) {
	l.Pending++
	l.Skipped--
	if l.Classes[class]--; l.Classes[class] == 0 {
		delete(l.Classes, class)
	}
}

// Balance returns an error if the accounts do not add up, which is a bug.
func (l *Ledger) Balance() error {
	if l.Discovered != l.Fetched+l.Failed+l.Skipped+l.Pending || l.Pending < 0 {
		return fmt.Errorf("ledger does not balance: %s", l)
	}
	var settled, statuses int64
	for _, n := range l.Classes {
		settled += n
	}
	for _, n := range l.Statuses {
		statuses += n
	}
	if settled != l.Fetched+l.Failed+l.Skipped || statuses != l.Fetched {
		return fmt.Errorf("ledger does not balance: %s, but %d by class and %d by status", l, settled, statuses)
	}
	return nil
}

// String is the ledger as an equation.
func (l *Ledger) String() string {
	return fmt.Sprintf("%d discovered = %d fetched + %d failed + %d skipped + %d pending",
		l.Discovered, l.Fetched, l.Failed, l.Skipped, l.Pending)
}

// mostOutcomes is how many there are in a line that is still read.
const mostOutcomes = 12

// Breakdown lists classes and statuses with their numbers, the most frequent first: "9990 × 200, 7 × 404, 3 × timeout.read".
// If they are too many for a line, classes are put together by their family: "31 × tls".
func (l *Ledger) Breakdown() string {
	type row struct {
		name string
		n    int64
	}
	var rows []row
	for status, n := range l.Statuses {
		rows = append(rows, row{fmt.Sprint(status), n})
	}
	many := len(l.Statuses)+len(l.Classes) > mostOutcomes
	names := map[string]int64{}
	for class, n := range l.Classes {
		name := string(class)
		if many {
			name = class.Family()
		}
		if class != fetch.OK {
			names[name] += n
		}
	}
	for name, n := range names {
		rows = append(rows, row{name, n})
	}
	slices.SortFunc(rows, func(a, b row) int {
		if a.n != b.n {
			return int(b.n - a.n)
		}
		return strings.Compare(a.name, b.name)
	})
	parts := make([]string, len(rows))
	for i, r := range rows {
		parts[i] = fmt.Sprintf("%d × %s", r.n, r.name)
	}
	return strings.Join(parts, ", ")
}

func (l *Ledger) clone() Ledger {
	c := *l
	c.Classes, c.Statuses = maps.Clone(l.Classes), maps.Clone(l.Statuses)
	return c
}
