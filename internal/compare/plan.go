package compare

import (
	"time"

	"crawl/internal/modes"
)

// A Plan is what to measure.
type Plan struct {
	Modes       []string
	Concurrency []int // each mode at each of them
	Rounds      int   // that count; a warm-up comes before
	Fetches     int   // of each run; 0: as many as take about a second
	Rate        float64
	Timeout     time.Duration            // of one fetch
	List        string                   // file of URLs; "" is the built-in origin, in a process of its own
	Size        string                   // of the built-in origin's pages, as crawl origin --size has it
	Latency     string                   // of its answers, as crawl origin --latency has it; "" is none
	Poller      string                   // of the loop
	Traces      bool                     // count system calls from outside, where a tool for that is there
	Burden      map[string]time.Duration // CPU time added to each fetch of a mode, to prove that a regression is found
	Program     string                   // this executable, which is started again as origin and as client
	Version     string                   // what Result.Program says of it
	Progress    func(format string, args ...any)
}

// normal fills in what was left out.
func (p Plan) normal() Plan {
	if len(p.Modes) == 0 {
		p.Modes = modes.Names()
	}
	return p
}
