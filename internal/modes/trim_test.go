package modes

import (
	"slices"
	"testing"
)

// What children do before the first fetch of any is not the work; that one child begins later than another stays.
func TestTrim(t *testing.T) {
	j := &job{late: []int64{4e6, 7e6}, visits: []visit{{Begin: 5e6, End: 9e6}, {Begin: 7e6, Connected: 8e6, FirstByte: 10e6, End: 12e6}}}
	if wall := (&processes{job: j}).trim(); wall != 0.007 {
		t.Errorf("it took %v s; want 0.007", wall)
	}
	want := []visit{{Begin: 0, End: 4e6}, {Begin: 2e6, Connected: 3e6, FirstByte: 5e6, End: 7e6}}
	if !slices.Equal(j.visits, want) {
		t.Errorf("visits %+v; want %+v", j.visits, want)
	}
	if !slices.Equal(j.late, []int64{-1e6, 2e6}) {
		t.Errorf("children late by %v", j.late)
	}
	// With a rate, fetch 1 is due later than its child begins, and the child of fetch 0 may be the later one.
	j = &job{Spec: Spec{Rate: 100}, late: []int64{5e6, 1e6}, visits: []visit{{Begin: 5e6, End: 6e6}, {Begin: 11e6, End: 12e6}}}
	if wall := (&processes{job: j}).trim(); wall != 0.011 || j.visits[0].Begin != 4e6 || j.visits[1].Begin != 10e6 || j.late[0] != 4e6 {
		t.Errorf("with a rate it took %v s: %+v, late %v", wall, j.visits, j.late)
	}
}
