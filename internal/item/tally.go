package item

import (
	"fmt"
	"slices"
	"strings"
)

// A Tally sums results up.
type Tally struct {
	Valid, Invalid int64 // items
	Failed         int64 // documents of which nothing could be taken out
	faults         map[problem]int64
	more           int64 // faults of which nothing is known
}

type problem struct{ field, what string }

// Add adds a result.
func (t *Tally) Add(r *Result) {
	t.Valid += int64(r.Valid)
	t.Invalid += int64(r.Invalid)
	t.more += int64(r.More)
	if r.Err != nil {
		t.Failed++
	}
	if t.faults == nil && len(r.Faults) > 0 {
		t.faults = map[problem]int64{}
	}
	for _, f := range r.Faults {
		t.faults[problem{f.Field, f.Problem}]++
	}
}

// Faults is what was wrong, the most frequent first: "price: 2 not a float; name: 1 missing". It is "" if nothing was.
func (t *Tally) Faults() string {
	type row struct {
		problem
		n int64
	}
	var rows []row
	for p, n := range t.faults {
		rows = append(rows, row{p, n})
	}
	slices.SortFunc(rows, func(a, b row) int {
		if a.n != b.n {
			return int(b.n - a.n)
		}
		return strings.Compare(a.field+"\x00"+a.what, b.field+"\x00"+b.what)
	})
	var parts []string
	for _, r := range rows {
		parts = append(parts, fmt.Sprintf("%s: %d %s", r.field, r.n, r.what))
	}
	if t.more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", t.more))
	}
	return strings.Join(parts, "; ")
}
