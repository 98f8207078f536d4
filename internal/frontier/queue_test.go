package frontier

import "testing"

// TestBuckets: a queue that is emptied leaves its buckets to others.
func TestBuckets(t *testing.T) {
	var pages column[page]
	for range 10 {
		pages.extend()
	}
	q := newQueues(&pages)
	for round := range 1000 {
		first := uint32(0)
		for id := URLID(1); id < 10; id++ {
			pages.at(uint32(id)).priority = int8(id*7%5) - 2
			first = q.push(first, id, end(int(id)+round)%3)
		}
		n, last := 0, int16(-1000)
		for first != 0 {
			r := q.buckets.at(first).rank
			if r < last {
				t.Fatalf("rank %d comes behind %d", r, last)
			}
			last = r
			_, first = q.pop(first)
			n++
		}
		if n != 9 {
			t.Fatalf("%d have come out, want 9", n)
		}
	}
	if q.buckets.n > 10 {
		t.Errorf("%d buckets were made for at most 9 at a time", q.buckets.n-1)
	}
}
