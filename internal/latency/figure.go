package latency

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// A Figure is what was measured of one operation, in ns.
type Figure struct {
	Median      float64 `json:"median_ns"`
	Min         float64 `json:"min_ns"` // of the repetitions
	Max         float64 `json:"max_ns"`
	Repetitions int     `json:"repetitions"`
	Operations  int     `json:"operations"` // in each of them
}

// errNoise is the reason for no figure where a difference of times came out as nothing, or less.
var errNoise = errors.New("it was lost in the noise of the machine")

// summarize makes a figure of the time per operation that each repetition came to.
func summarize(perOperation []float64, operations int) (Figure, error) {
	if len(perOperation) == 0 {
		return Figure{}, errors.New("nothing was measured")
	}
	s := slices.Sorted(slices.Values(perOperation))
	mid := len(s) / 2
	f := Figure{Median: s[mid], Min: s[0], Max: s[len(s)-1], Repetitions: len(s), Operations: operations}
	if len(s)%2 == 0 {
		f.Median = (s[mid-1] + s[mid]) / 2
	}
	switch {
	case math.IsNaN(f.Median) || math.IsInf(f.Median, 0):
		return Figure{}, fmt.Errorf("%v is no time", f.Median)
	case f.Median <= 0:
		return Figure{}, errNoise
	}
	return f, nil
}

// A Row is one thing that costs time. It has Here, or Computed, or the Reason why it has neither.
type Row struct {
	Name      string  `json:"name"`
	Title     string  `json:"title"`
	Here      *Figure `json:"here,omitempty"`
	Computed  float64 `json:"computed_ns,omitempty"` // not measured: what arithmetic gives
	Felt      float64 `json:"felt_s,omitempty"`      // Here or Computed, one instruction of this machine being 1 s
	Reason    string  `json:"reason,omitempty"`
	Note      string  `json:"note,omitempty"`         // what has to be known of the figure
	Reference float64 `json:"reference_ns,omitempty"` // as commonly cited
	RefFelt   float64 `json:"reference_felt_s,omitempty"`
}

// Cost is the time in ns that the row has for this machine, measured or computed; 0 if it has none.
func (r *Row) Cost() float64 {
	if r.Here != nil {
		return r.Here.Median
	}
	return r.Computed
}

// FormatVersion is the version of the JSON form of a Report.
const FormatVersion = 1

// A Report is all that was measured.
type Report struct {
	Version int     `json:"version"`
	Machine Machine `json:"machine"`
	Quick   bool    `json:"quick,omitempty"` // with fewer and shorter repetitions
	Rows    []Row   `json:"rows"`            // the cheapest first, as the references have it
	Fetch   *Fetch  `json:"fetch,omitempty"`
}

// feel fills in what the CPU feels: a second for each instruction, of this machine and of the references.
func (r *Report) feel() {
	instruction := 0.0
	if row := r.Row(instructionRow); row != nil {
		instruction = row.Cost()
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		row.RefFelt = row.Reference / ReferenceInstruction
		if instruction > 0 {
			row.Felt = row.Cost() / instruction
		}
	}
}

// hardly is the share of the time of memory from which a cache is hardly faster.
const hardly = 0.75

// compareL3 says so when the L3 cache is none to speak of.
func (r *Report) compareL3() {
	l3, memory := r.Row("l3"), r.Row("memory")
	if l3 != nil && memory != nil && l3.Here != nil && memory.Here != nil && l3.Here.Median > hardly*memory.Here.Median {
		l3.Note = "it is hardly faster than memory: others use it too, and a virtual machine may get little of it"
	}
}

// Row is the row of that name, or nil.
func (r *Report) Row(name string) *Row {
	i := slices.IndexFunc(r.Rows, func(row Row) bool { return row.Name == name })
	if i < 0 {
		return nil
	}
	return &r.Rows[i]
}

// A Fetch is what one fetch of a crawl cost on average: CPU time against waiting. Whoever measured it sets what is
// above the line, Add the rest.
type Fetch struct {
	Fetches     int     `json:"fetches"`
	InFlight    int     `json:"in_flight"` // at once, at most
	Connections int64   `json:"connections"`
	Delay       float64 `json:"delay_ns"` // of each answer, at the server
	Wall        float64 `json:"wall_ns"`  // of the whole crawl
	Work        float64 `json:"work_ns"`  // CPU time of a fetch, user and system, with its share of all that the program did
	Total       float64 `json:"total_ns"` // of a fetch from its beginning to its end
	Reason      string  `json:"reason,omitempty"`

	Wait     float64 `json:"wait_ns"`     // Total without Work
	Idle     float64 `json:"idle"`        // share of its time that a thread waits which does one fetch after the other
	Busy     float64 `json:"busy"`        // share of one CPU that the crawl used
	FeltWork float64 `json:"felt_work_s"` // as the CPU feels it
	FeltWait float64 `json:"felt_wait_s"`
}

// Add makes f part of the report.
func (r *Report) Add(f Fetch) {
	f.Wait = max(0, f.Total-f.Work)
	if f.Total > 0 {
		f.Idle = f.Wait / f.Total
	}
	if f.Wall > 0 {
		f.Busy = f.Work * float64(f.Fetches) / f.Wall
	}
	if row := r.Row(instructionRow); row != nil && row.Cost() > 0 {
		f.FeltWork, f.FeltWait = f.Work/row.Cost(), f.Wait/row.Cost()
	}
	r.Fetch = &f
}
