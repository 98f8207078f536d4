package compare

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"crawl/internal/modes"
	"crawl/internal/origin"
)

// A Plan is what to measure.
type Plan struct {
	Modes       []string
	Concurrency []int                    // each mode at each of them
	Rounds      int                      // that count; a warm-up comes before
	Fetches     int                      // of each run; 0: as many as take about a second
	Rate        float64                  // fetches begun per second; 0: as fast as they go
	Timeout     time.Duration            // of one fetch; 0: 30 s
	List        string                   // file of URLs; "" is the built-in origin, in a process of its own
	Size        string                   // of the built-in origin's pages, as crawl origin --size has it
	Latency     string                   // of its answers, as crawl origin --latency has it; "" is none
	Poller      string                   // of the loop
	Traces      bool                     // count system calls from outside, where there is a tool for that
	Burden      map[string]time.Duration // CPU time added to each fetch of a mode, to prove that a regression is found
	Program     string                   // this executable, which is started again as origin and as client
	Version     string                   // what Result.Program says of it
	Command     []string                 // what Result.Command says
	Progress    func(format string, args ...any)
}

// ErrPlan is wrapped by every error about a plan that cannot be carried out anywhere.
var ErrPlan = errors.New("invalid plan")

// The defaults of a plan.
const (
	DefaultRounds  = 5
	defaultTimeout = 30 * time.Second
	pages          = 1000 // different ones, of the built-in origin
)

// How many fetches a run has that is not told: enough for a second of work, or of waiting.
const (
	leastFetches = 40_000
	turns        = 5 // at least so many for each fetch in flight, or the beginning would be all there is
	slowTurns    = 3 // the same where each takes a while
	mostFetches  = 100_000
	runLength    = time.Second
	overhead     = 50 * time.Microsecond // of a fetch, about
)

// normal fills in what was left out.
func (p Plan) normal() (Plan, error) {
	if len(p.Modes) == 0 {
		p.Modes = modes.Names()
	}
	for i, m := range p.Modes {
		if !modes.Known(m) {
			return p, fmt.Errorf("%w: mode %q: there are %v", ErrPlan, m, modes.Names())
		}
		if slices.Contains(p.Modes[:i], m) {
			return p, fmt.Errorf("%w: mode %q is named twice", ErrPlan, m)
		}
	}
	if len(p.Concurrency) == 0 {
		p.Concurrency = []int{1, 10, 100, 1000}
	}
	for i, c := range p.Concurrency {
		if c < 1 {
			return p, fmt.Errorf("%w: concurrency %d: must be at least 1", ErrPlan, c)
		}
		if slices.Contains(p.Concurrency[:i], c) {
			return p, fmt.Errorf("%w: concurrency %d is named twice", ErrPlan, c)
		}
	}
	if p.Rounds == 0 {
		p.Rounds = DefaultRounds
	}
	if p.Timeout == 0 {
		p.Timeout = defaultTimeout
	}
	if p.Rounds < 0 || p.Fetches < 0 || p.Rate < 0 || p.Timeout < 0 {
		return p, fmt.Errorf("%w: rounds, fetches, rate and timeout must not be negative", ErrPlan)
	}
	if p.Progress == nil {
		p.Progress = func(string, ...any) {}
	}
	return p, nil
}

// fetches of a run of asked in flight, of which a mode reaches some. delay is how long an answer is held back, lines
// how many URLs a list has, 0 for the built-in origin.
func (p *Plan) fetches(asked, reached int, delay time.Duration, lines int) int {
	n := p.Fetches
	switch {
	case n > 0 && delay > 0: // else who does one at a time would take all day
		return max(1, n*reached/asked)
	case n > 0:
		return n
	case lines > 0:
		return lines
	case delay > 0:
		each := max(slowTurns, int(runLength/(delay+overhead)))
		n = min(each*reached, max(slowTurns*reached, mostFetches))
	default:
		n = max(leastFetches, turns*reached)
	}
	if p.Rate > 0 {
		n = min(n, max(1, int(p.Rate*runLength.Seconds()*slowTurns)))
	}
	return n
}

// webOf is the configuration of the built-in origin for a plan, without its port, and the arguments that make
// crawl origin serve it.
func (p *Plan) web(addresses bool) (cfg origin.Config, args []string, err error) {
	if cfg.Latency, err = origin.ParseLatency(p.Latency); err != nil {
		return cfg, nil, fmt.Errorf("%w: %w", ErrPlan, err)
	}
	if p.Latency != "" {
		args = append(args, "--latency", p.Latency)
	}
	if p.Size != "" {
		if cfg.Size, err = origin.ParseSize(p.Size); err != nil {
			return cfg, nil, fmt.Errorf("%w: %w", ErrPlan, err)
		}
		args = append(args, "--size", p.Size)
	}
	// One address has room for some thousand connections that are not yet accepted (net.core.somaxconn).
	const eachAddress = 2000
	hosts := 1
	if most := slices.Max(p.Concurrency); addresses && most > eachAddress {
		hosts = (most + eachAddress - 1) / eachAddress
		cfg.Addresses = hosts
		args = append(args, "--addresses", fmt.Sprint(hosts))
	}
	cfg.Pages = (pages + hosts - 1) / hosts
	return cfg, append(args, "--pages", fmt.Sprint(cfg.Pages)), nil
}
