package latency

import (
	"errors"
	"fmt"
	"runtime"
)

// chainLength is the operations of one round of chain: so many that counting rounds costs nothing beside them.
const chainLength = 128

// instruction is one simple operation that needs the result of the one before: latency, not throughput, of which
// there are several in the same time.
func instruction(m *meter) (reading, error) {
	x := uint64(1)
	f, err := m.figure(chainLength, func(n int) error {
		x = chain(n, x, uint64(m.repetitions), uint64(n))
		return nil
	})
	runtime.KeepAlive(x)
	return reading{f, disturbance(f)}, err
}

// disturbed is how much slower than the fastest repetition the median may be: nothing makes a CPU faster than it is.
const disturbed = 1.25

// disturbance is the note on an instruction that was not measured in peace.
func disturbance(f Figure) string {
	if f.Median <= disturbed*f.Min {
		return ""
	}
	return "the CPU was taken away while this was measured, or changed its speed, and what everything feels like goes by it; try again when the machine is quiet"
}

// chain adds and xors in turn, n × chainLength operations. Neither a compiler nor a CPU can do two of them at once, or
// put two together: addition and exclusive or do not associate with each other.
//
//go:noinline
func chain(n int, x, a, b uint64) uint64 {
	for range n {
		x = (((((((((x + a) ^ b) + a) ^ b) + a) ^ b) + a) ^ b) + a) ^ b
		x = ((((((x + a) ^ b) + a) ^ b) + a) ^ b)
		x = (((((((((x + a) ^ b) + a) ^ b) + a) ^ b) + a) ^ b) + a) ^ b
		x = ((((((x + a) ^ b) + a) ^ b) + a) ^ b)
		x = (((((((((x + a) ^ b) + a) ^ b) + a) ^ b) + a) ^ b) + a) ^ b
		x = ((((((x + a) ^ b) + a) ^ b) + a) ^ b)
		x = (((((((((x + a) ^ b) + a) ^ b) + a) ^ b) + a) ^ b) + a) ^ b
		x = ((((((x + a) ^ b) + a) ^ b) + a) ^ b)
		x = (((((((((x + a) ^ b) + a) ^ b) + a) ^ b) + a) ^ b) + a) ^ b
		x = ((((((x + a) ^ b) + a) ^ b) + a) ^ b)
		x = (((((((((x + a) ^ b) + a) ^ b) + a) ^ b) + a) ^ b) + a) ^ b
		x = ((((((x + a) ^ b) + a) ^ b) + a) ^ b)
		x = (((((((((x + a) ^ b) + a) ^ b) + a) ^ b) + a) ^ b) + a) ^ b
		x = ((((((x + a) ^ b) + a) ^ b) + a) ^ b)
		x = (((((((((x + a) ^ b) + a) ^ b) + a) ^ b) + a) ^ b) + a) ^ b
		x = ((((((x + a) ^ b) + a) ^ b) + a) ^ b)
	}
	return x
}

// arms counts which way a branch went. That these are stores keeps the compiler from choosing a conditional move
// instead of the branch.
type arms struct {
	taken, passed uint64
}

// mispredict is what a branch costs that goes the other way than the CPU had guessed. Of a branch on random bits it
// guesses half wrong, of one that always goes the same way none; the rest of the loop is the same. So it is twice
// the difference.
func mispredict(m *meter) (Figure, error) {
	var a arms
	bits := uint64(88172645463325252)
	branches := func(mask, want uint64) run {
		return func(n int) error {
			bits = branch(n, bits, mask, want, &a)
			return nil
		}
	}
	var wrong arms
	random := branches(1<<40, 0)
	f, err := m.combined(branchBlock, guesses, func(n int) error {
		before := a
		err := random(n)
		wrong.taken += a.taken - before.taken
		wrong.passed += a.passed - before.passed
		return err
	}, branches(0, 0), branches(0, 1))
	if err != nil {
		return f, err
	}
	share := float64(wrong.taken) / float64(wrong.taken+wrong.passed)
	if share < 0.45 || share > 0.55 {
		return f, fmt.Errorf("%.0f %% of the random branches went one way", 100*share)
	}
	if a.taken == wrong.taken || a.passed == wrong.passed {
		return f, errors.New("a branch that always goes the same way went another")
	}
	return f, nil
}

// guesses is the price of a wrong guess from the times of a branch: at random, always taken, never taken.
func guesses(t []float64) float64 { return 2 * (t[0] - (t[1]+t[2])/2) }

// branchBlock is one branch in each round: the loop around it is in what is subtracted.
const branchBlock = 1

// branch goes one way or the other n times, by the bits of mask in a sequence of random numbers (Marsaglia's
// xorshift with period 2^64-1, which no predictor learns), and returns where that has come to.
//
//go:noinline
func branch(n int, bits, mask, want uint64, a *arms) uint64 {
	for range n {
		bits ^= bits << 13
		bits ^= bits >> 7
		bits ^= bits << 17
		if bits&mask == want {
			a.taken++
		} else {
			a.passed++
		}
	}
	return bits
}
