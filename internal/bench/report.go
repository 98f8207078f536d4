package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"crawl/internal/compare"
)

// A Report is what was measured and how it was judged. Its JSON form is what crawl bench --format json writes.
type Report struct {
	Version  int          `json:"version"`
	Verdict  Outcome      `json:"verdict"` // failed if a build fails for it; else the worst of unmeasured, uncertain, held
	Strict   bool         `json:"strict,omitempty"`
	Checks   []Check      `json:"checks"`
	Notes    []string     `json:"notes,omitempty"`
	Against  *Against     `json:"against,omitempty"`
	Measured *Measurement `json:"measured"`

	result *compare.Result
	plan   compare.Plan
}

// Against says which baseline it was.
type Against struct {
	Program string    `json:"program"`
	Started time.Time `json:"started"`
	CPU     string    `json:"cpu,omitempty"`
}

// WriteHTML writes the page of crawl compare about the runs that the figures are from.
func (r *Report) WriteHTML(w io.Writer) error {
	c := counted(r.result)
	if note := r.disturbance(); note != "" {
		c.Notes = append(slices.Clone(c.Notes), note)
	}
	return c.WriteHTML(w)
}

// judge fills in the checks, the verdict and what there is to note.
func (r *Report) judge(o *Options) {
	r.Checks = []Check{} // in JSON a list, also when there are none
	for _, t := range o.Thresholds {
		r.Checks = append(r.Checks, t.judge(r.result, r.Measured.Plan, o.Limits.Alpha))
	}
	for _, mode := range r.plan.Modes {
		if c, bad := r.verified(mode); bad {
			r.Checks = append(r.Checks, c)
		}
	}
	if b := o.Baseline; b != nil {
		r.Against = &Against{Program: b.Program, Started: b.Started, CPU: b.Machine.CPU}
		r.Checks = append(r.Checks, o.Limits.Judge(b, r.Measured)...)
		if d := otherMachine(r.Measured.Machine, b.Machine); len(d) > 0 {
			r.Notes = append(r.Notes, "the baseline is of another machine: "+joined(d))
		}
		if r.Measured.URLs != b.URLs {
			r.Notes = append(r.Notes, fmt.Sprintf("the list has %d different URLs, that of the baseline had %d", r.Measured.URLs, b.URLs))
		}
	}
	r.Notes = append(r.Notes, r.result.Notes...)
	r.Notes = append(r.Notes, r.problems()...)
	if note := r.disturbance(); note != "" {
		r.Notes = append(r.Notes, note)
	}
	r.Verdict = r.verdict()
}

// verdict is whether a build fails, else the worst outcome. Without checks it is whether the mode was measured at all.
func (r *Report) verdict() Outcome {
	worst := Held
	rank := map[Outcome]int{Uncertain: 1, Failed: 2, Unmeasured: 3}
	for _, c := range r.Checks {
		if rank[c.Outcome] > rank[worst] {
			worst = c.Outcome
		}
	}
	// A threshold that fails is a finding, whatever else could not be measured: errors that are above theirs
	// leave no other figure.
	if r.Fails() {
		return Failed
	}
	if _, ok := r.Measured.samples("cpu_per_fetch"); !ok && len(r.Checks) == 0 {
		return Unmeasured
	}
	return worst
}

// Fails says whether a build fails for it. What could not be measured is another matter: see Verdict.
func (r *Report) Fails() bool {
	for i := range r.Checks {
		if r.Checks[i].fails(r.Strict) {
			return true
		}
	}
	return false
}

func (r *Report) count(o Outcome) (n int) {
	for _, c := range r.Checks {
		if c.Outcome == o {
			n++
		}
	}
	return n
}

// verified is a check that fails where rounds of a mode are not verified and their errors do not explain it. No
// threshold would see that: such rounds have no figures.
func (r *Report) verified(mode string) (c Check, bad bool) {
	first, n := "", 0
	c = Check{Kind: KindVerified, Name: mode + " verified", Outcome: Failed}
	for i := range r.result.Runs {
		run := &r.result.Runs[i]
		if run.Mode != mode || run.Round == 0 {
			continue
		}
		c.Rounds++
		if unexplained(run) {
			if n++; n == 1 {
				first = run.Problem
			}
		}
	}
	c.Text = fmt.Sprintf("%d of %d rounds are not what the origin says: %s", n, c.Rounds, first)
	return c, n > 0
}

// disturbance says what became of rounds in which something else used the machine, if there were any.
func (r *Report) disturbance() string {
	skip, noisy, made := disturbed(r.result)
	switch {
	case noisy == 0:
		return ""
	case skip == nil:
		return fmt.Sprintf("%d of %d rounds were disturbed and count all the same: too few would be left", noisy, made)
	}
	return fmt.Sprintf("%d of %d rounds were disturbed and are left out", noisy, made)
}

// problems says which runs do not count, and why: the first of each mode in full.
func (r *Report) problems() (notes []string) {
	for _, mode := range r.plan.Modes {
		bad, all, first := 0, 0, ""
		for _, run := range r.result.Runs {
			if run.Mode != mode || run.Round == 0 {
				continue
			}
			all++
			if run.Problem != "" {
				if bad++; bad == 1 {
					first = run.Problem
				}
			}
		}
		if bad > 0 {
			notes = append(notes, fmt.Sprintf("%s: %d of %d rounds do not count; the first of them: %s", mode, bad, all, first))
		}
	}
	return notes
}

// WriteJSON writes it for programs.
func (r *Report) WriteJSON(w io.Writer) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(shown(text), '\n'))
	return err
}

// shown escapes what encoding/json leaves in strings and a terminal would obey: DEL and the C1 controls.
func shown(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for _, c := range string(text) {
		if c >= 0x7f && c < 0xa0 {
			out = fmt.Appendf(out, `\u%04x`, c)
		} else {
			out = utf8.AppendRune(out, c)
		}
	}
	return out
}

// joined joins findings into one sentence.
func joined(s []string) string { return strings.Join(s, "; ") }
