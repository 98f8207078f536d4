package frontier

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTimeline does at random what can be done, beside a sorted list.
func TestTimeline(t *testing.T) {
	for seed := range uint64(20) {
		chance := rand.New(rand.NewPCG(seed, 0))
		pos := map[uint32]uint32{}
		line := timeline{moved: func(id, p uint32) { pos[id] = p }}
		line.turn = 1<<32 - 200 // turns may run over
		var want []moment       // turns as they came
		turn := uint32(0)
		for step := range 3000 {
			id := chance.Uint32N(300)
			when := Instant(chance.Int64N(40))
			i := slices.IndexFunc(want, func(m moment) bool { return m.id == id })
			switch {
			case i < 0 && chance.IntN(3) > 0:
				line.add(id, when)
				turn++
				want = append(want, moment{when, turn, id})
			case i >= 0 && chance.IntN(2) == 0:
				line.move(pos[id], when)
				turn++
				want[i] = moment{when, turn, id}
			case i >= 0:
				line.remove(pos[id])
				want = slices.Delete(want, i, i+1)
			case len(want) > 0:
				line.remove(1)
				want = slices.Delete(want, 0, 1)
			}
			slices.SortFunc(want, func(a, b moment) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.turn, b.turn)) })
			if int(line.n) != len(want) {
				t.Fatalf("seed %d, step %d: %d moments, want %d", seed, step, line.n, len(want))
			}
			if line.n > 0 && (line.first().id != want[0].id || line.first().at != want[0].at) {
				t.Fatalf("seed %d, step %d: first is %+v, want %+v", seed, step, line.first(), want[0])
			}
			for _, m := range want {
				if p := pos[m.id]; p == 0 || line.moments.at(p-1).id != m.id || line.at(p) != m.at {
					t.Fatalf("seed %d, step %d: %+v is not at %d", seed, step, m, p)
				}
			}
			if i >= 0 && pos[id] == 0 && slices.ContainsFunc(want, func(m moment) bool { return m.id == id }) {
				t.Fatalf("seed %d, step %d: %d has no position", seed, step, id)
			}
		}
		for _, m := range want {
			if line.first().id != m.id {
				t.Fatalf("seed %d: at the end %+v comes first, want %+v", seed, line.first(), m)
			}
			line.remove(1)
		}
		for id, p := range pos {
			if p != 0 {
				t.Fatalf("seed %d: %d was taken out and is at %d", seed, id, p)
			}
		}
	}
}
