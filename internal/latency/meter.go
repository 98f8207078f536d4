package latency

import (
	"context"
	"errors"
	"time"
)

// meter measures by repetition: an operation is run so often that one repetition lasts for much longer than a look
// at the clock, and the repetitions are so many that their spread tells how quiet the machine was.
type meter struct {
	ctx         context.Context
	now         func() time.Duration // a monotonic clock
	repetitions int
	least       time.Duration // a repetition lasts for
	most        time.Duration // all repetitions of one figure, unless there would be fewer than enough

	machine *Machine
	options Options
	area    *area // nil: not yet needed
}

// enough repetitions give a median that one outlier does not move.
const enough = 3

// maxRounds ends a calibration whose clock stands still.
const maxRounds = 1 << 30

var errClock = errors.New("the clock stands still")

// run does an operation, or a block of so many operations as it says where it is measured, n times.
type run func(n int) error

// figure measures a run of blocks of so many operations.
func (m *meter) figure(block int, r run) (Figure, error) {
	return m.combined(block, func(t []float64) float64 { return t[0] }, r)
}

// combined measures several runs in turn within each repetition and combines their times per operation: what they
// have in common, and what disturbed all of them, is taken out by a difference.
func (m *meter) combined(block int, combine func(perOperation []float64) float64, runs ...run) (Figure, error) {
	n := 1
	for _, r := range runs {
		needs, err := m.calibrate(r)
		if err != nil {
			return Figure{}, err
		}
		n = max(n, needs)
	}
	operations := n * block
	var values []float64
	began := m.now()
	for len(values) < m.repetitions && (len(values) < enough || m.now()-began < m.most) {
		times := make([]float64, len(runs))
		for i, r := range runs {
			t, err := m.time(r, n)
			if err != nil {
				return Figure{}, err
			}
			times[i] = float64(t) / float64(operations)
		}
		values = append(values, combine(times))
	}
	return summarize(values, operations)
}

// calibrate returns how often r has to run for one repetition to last long enough. It is a warm-up as well.
func (m *meter) calibrate(r run) (int, error) {
	for n := 1; n <= maxRounds; {
		t, err := m.time(r, n)
		if err != nil {
			return 0, err
		}
		if t >= m.least {
			return n, nil
		}
		// A tenth more than it seems to take; but a very short time says little, so it is approached in steps.
		grown := 100 * float64(n)
		if t > 0 {
			grown = min(grown, 1.1*float64(n)*float64(m.least)/float64(t))
		}
		n = max(n+1, int(min(grown, maxRounds+1)))
	}
	return 0, errClock
}

// time is how long n rounds of r take.
func (m *meter) time(r run, n int) (time.Duration, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	began := m.now()
	err := r(n)
	return m.now() - began, err
}

// each measures single operations, one a repetition, for what is too slow or too singular to be repeated within one.
// op takes the time itself. Operations of which it says that they were not what was meant are left out.
func (m *meter) each(repetitions int, op func() (took time.Duration, valid bool, err error)) (Figure, error) {
	var values []float64
	began := m.now()
	for i := 0; i < repetitions && (len(values) < enough || m.now()-began < m.most); i++ {
		if err := m.ctx.Err(); err != nil {
			return Figure{}, err
		}
		took, valid, err := op()
		if err != nil {
			return Figure{}, err
		}
		if valid {
			values = append(values, float64(took))
		}
	}
	return summarize(values, 1)
}
