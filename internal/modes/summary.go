package modes

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Of the summary: what a reader of charts can tell apart, and latencies from a microsecond to more than any time
// limit of a fetch.
const (
	timelineSteps = 120
	sampleSize    = 60
	slowest       = 10 * time.Minute
	digits        = 3
)

// tell adds to r what follows from the visits, and writes the files that the Spec asks for.
func (j *job) tell(r *Result) error {
	j.sumUp(r)
	if j.Outcomes != "" {
		if err := writeOutcomes(j.Outcomes, j.visits); err != nil {
			return fmt.Errorf("modes: outcomes: %w", err)
		}
	}
	if j.Visits != "" {
		if err := j.writeVisits(); err != nil {
			return fmt.Errorf("modes: visits: %w", err)
		}
	}
	return nil
}

func (j *job) sumUp(r *Result) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for class, n := range j.failed {
		if r.Failed == nil {
			r.Failed = map[string]int{}
		}
		r.Failed[string(class)] += n
	}
	if j.first != nil {
		r.Error = j.first.Error()
	}
	r.Latency = j.latency()
	r.InFlight = timeline(j.visits, r.Wall)
	r.Sample = sample(j.visits)
}

func (j *job) latency() (l Latency) {
	h := hdrhistogram.New(1, slowest.Microseconds(), digits)
	for i := range j.visits {
		v := &j.visits[i]
		if v.Status == 0 {
			continue
		}
		begin := v.Begin
		if j.Rate > 0 {
			begin = int64(j.due(i))
			if n := len(j.late); n > 0 { // a fetch is due by the clock of who makes it
				begin += j.late[i%n]
			}
		}
		us := min(max(1, (v.End-begin)/1000), slowest.Microseconds())
		_ = h.RecordValue(us) // it is within the bounds
		l.Max = max(l.Max, us)
	}
	l.P50, l.P90, l.P95 = h.ValueAtQuantile(50), h.ValueAtQuantile(90), h.ValueAtQuantile(95)
	l.P99, l.P999 = h.ValueAtQuantile(99), h.ValueAtQuantile(99.9)
	if text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase); err == nil { // it writes to memory
		l.Histogram = string(text)
	}
	return l
}

// timeline counts the fetches in flight at equal distances over wall seconds.
func timeline(visits []visit, wall float64) Timeline {
	t := Timeline{Step: wall / timelineSteps, Counts: make([]int, timelineSteps)}
	if t.Step == 0 { // a clock that has not moved
		return t
	}
	at := func(ns int64) int { // the first count that is not before ns
		return min(int(math.Ceil(float64(ns)/1e9/t.Step)), timelineSteps)
	}
	var changes [timelineSteps + 1]int
	for i := range visits {
		if v := &visits[i]; v.End >= 0 {
			changes[at(v.Begin)]++
			changes[at(v.End)]--
		}
	}
	n := 0
	for k := range t.Counts {
		n += changes[k]
		t.Counts[k] = n
	}
	return t
}

// sample takes fetches at equal distances.
func sample(visits []visit) []Phases {
	n := min(sampleSize, len(visits))
	all := make([]Phases, 0, n)
	for k := range n {
		i := k * len(visits) / n
		if v := &visits[i]; v.End >= 0 {
			all = append(all, Phases{
				Fetch: i, Begin: v.Begin / 1000, Connected: v.Connected / 1000, FirstByte: v.FirstByte / 1000, End: v.End / 1000,
			})
		}
	}
	slices.SortStableFunc(all, func(a, b Phases) int { return int(a.Begin - b.Begin) })
	return all
}

// writeOutcomes writes the file of outcomes.
func writeOutcomes(name string, visits []visit) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 64<<10)
	for i := range visits {
		if err := binary.Write(w, binary.LittleEndian, &visits[i].Outcome); err != nil {
			return err
		}
	}
	return w.Flush()
}
