package report

// flight is what a crawl was doing over its time, in steps that become longer as the crawl does: what came to
// an end in each, and how many fetches were in flight on the average, exactly. Records may come in any order.
type flight struct {
	step  int64 // µs; steps begin at whole multiples of it since 1970
	first int64 // number of the step of bins[0]
	bins  []bin
}

// bin is one step. A fetch that begins in it is in flight for the rest of the step, and one that ends is not.
type bin struct {
	began, ended, failed int64
	beganRest, endedRest float64 // µs from these to the end of the step, together
}

const (
	shortestStep = 1000 // µs
	mostSteps    = 240  // what a chart can show
)

// add books a fetch.
func (f *flight) add(began, end int64, failed bool) {
	f.cover(began)
	f.cover(end)
	b := &f.bins[floorDiv(began, f.step)-f.first]
	b.began++
	b.beganRest += f.rest(began)
	b = &f.bins[floorDiv(end, f.step)-f.first]
	b.ended++
	b.endedRest += f.rest(end)
	if failed {
		b.failed++
	}
}

// rest is the time from at to the end of its step.
func (f *flight) rest(at int64) float64 { return float64((floorDiv(at, f.step)+1)*f.step - at) }

// cover makes sure that there is a step for that time.
func (f *flight) cover(at int64) {
	if f.step == 0 {
		f.step = shortestStep
		f.first = floorDiv(at, f.step)
		f.bins = make([]bin, 1, mostSteps)
	}
	for {
		i := floorDiv(at, f.step)
		first, last := min(i, f.first), max(i, f.first+int64(len(f.bins))-1)
		if last-first < mostSteps {
			if i < f.first {
				f.bins = append(make([]bin, f.first-i, mostSteps), f.bins...)
				f.first = i
			}
			for i >= f.first+int64(len(f.bins)) {
				f.bins = append(f.bins, bin{})
			}
			return
		}
		f.double()
	}
}

// double makes steps twice as long.
func (f *flight) double() {
	first := floorDiv(f.first, 2)
	last := floorDiv(f.first+int64(len(f.bins))-1, 2)
	bins := make([]bin, last-first+1, mostSteps)
	for i, b := range f.bins {
		step := f.first + int64(i)
		to := &bins[floorDiv(step, 2)-first]
		if step%2 == 0 { // a whole step more until the end
			b.beganRest += float64(b.began) * float64(f.step)
			b.endedRest += float64(b.ended) * float64(f.step)
		}
		to.began += b.began
		to.ended += b.ended
		to.failed += b.failed
		to.beganRest += b.beganRest
		to.endedRest += b.endedRest
	}
	f.step, f.first, f.bins = 2*f.step, first, bins
}

// inFlight is the average of each step.
func (f *flight) inFlight() []float64 {
	all := make([]float64, len(f.bins))
	var open int64 // at the beginning of the step
	for i, b := range f.bins {
		all[i] = float64(open) + (b.beganRest-b.endedRest)/float64(f.step)
		open += b.began - b.ended
	}
	return all
}

// ended are the fetches that came to an end in each step, and failed those of them that failed.
func (f *flight) ended() (ended, failed []float64) {
	ended, failed = []float64{}, []float64{}
	for _, b := range f.bins {
		ended, failed = append(ended, float64(b.ended)), append(failed, float64(b.failed))
	}
	return ended, failed
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
