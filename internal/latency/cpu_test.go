package latency

import (
	"math/bits"
	"testing"
)

// chain does as many operations as it says.
func TestChainLength(t *testing.T) {
	if got := chain(3, 0, 1, 0); got != 3*chainLength/2 {
		t.Errorf("%d additions in 3 rounds", got)
	}
	// And as many exclusive ors: the same done one by one.
	x, a, b := uint64(5), uint64(0x9e3779b97f4a7c15), uint64(0x0123456789abcdef)
	want := x
	for range chainLength {
		want = (want + a) ^ b
	}
	if got := chain(2, x, a, b); got != want { // 2 rounds of chainLength/2 pairs
		t.Errorf("%#x, want %#x", got, want)
	}
}

// A branch on random bits goes both ways about as often, one on none always the same; and the sequence is the same.
func TestBranch(t *testing.T) {
	const n = 100_000
	var random, always, never arms
	start := uint64(12345)
	end := branch(n, start, 1<<40, 0, &random)
	if branch(n, start, 0, 0, &always) != end || branch(n, start, 0, 1, &never) != end {
		t.Error("the loops are not the same")
	}
	if always != (arms{n, 0}) || never != (arms{0, n}) {
		t.Errorf("always %v, never %v", always, never)
	}
	if random.taken+random.passed != n || random.taken < n*49/100 || random.taken > n*51/100 {
		t.Errorf("at random %v", random)
	}
	if bits.OnesCount64(end) == 0 {
		t.Error("the sequence has come to 0, where it stays")
	}
}

func TestDisturbance(t *testing.T) {
	for _, c := range []struct {
		f    Figure
		want bool
	}{{Figure{Median: 0.4, Min: 0.38, Max: 2}, false}, {Figure{Median: 0.5, Min: 0.38, Max: 0.6}, true}} {
		if note := disturbance(c.f); (note != "") != c.want {
			t.Errorf("%+v: %q", c.f, note)
		}
	}
}
