package bench

// Outcome is how a check ended.
type Outcome string

// The outcomes. A figure that is beyond its limit fails only where chance is an unlikely reason; docs/bench.md
// has the rules.
const (
	Held       Outcome = "held"
	Improved   Outcome = "improved"   // against a baseline: better by more than the limit for worse
	Uncertain  Outcome = "uncertain"  // too close to the limit for these rounds to tell
	Failed     Outcome = "failed"     // beyond the limit, and hardly by chance
	Unmeasured Outcome = "unmeasured" // too few rounds that count, or no such figure
)

// The kinds of checks.
const (
	KindThreshold = "threshold"
	KindBaseline  = "baseline"
	KindVerified  = "verified" // only where rounds were not what they were to be; it has no figure
)

// How a figure is compared.
const (
	Auto     = "auto"     // see Limits
	Ratio    = "ratio"    // divided by the reference mode's in the same round
	Absolute = "absolute" // as it is
)

// A Check is one judgement.
type Check struct {
	Kind     string  `json:"kind"`
	Name     string  `json:"name"` // the threshold as written, or the figure
	Figure   string  `json:"figure,omitempty"`
	Outcome  Outcome `json:"outcome"`
	Currency string  `json:"currency,omitempty"` // Ratio or Absolute
	To       string  `json:"to,omitempty"`       // the mode of a ratio
	Text     string  `json:"text"`               // a sentence
	Rounds   int     `json:"rounds"`             // that count
	Median   float64 `json:"median,omitempty"`   // in the figure's unit, or a ratio
	Min      float64 `json:"min,omitempty"`      // of the rounds
	Max      float64 `json:"max,omitempty"`      // of the rounds
	Limit    float64 `json:"limit"`              // the threshold's value, or the share by which it may be worse
	Holding  int     `json:"holding,omitempty"`  // of a threshold: rounds that are within it
	P        float64 `json:"p,omitempty"`        // that chance alone would give this or more
	Baseline float64 `json:"baseline,omitempty"`
	Change   float64 `json:"change,omitempty"` // of the medians, 0.1 is a tenth more
	Beyond   float64 `json:"beyond,omitempty"` // P that the change seems beyond the limit by chance alone
}

// fails says whether the check fails a build.
func (c *Check) fails(strict bool) bool {
	return c.Outcome == Failed || strict && c.Outcome == Uncertain
}
