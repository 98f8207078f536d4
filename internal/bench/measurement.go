package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"crawl/internal/compare"
	"crawl/internal/modes"
)

// FormatVersion is the version of the JSON form of a Measurement, so of baselines.
const FormatVersion = 1

// A Measurement is what was found out about one mode. One that is kept in a file is a baseline.
type Measurement struct {
	Version int             `json:"version"`
	Program string          `json:"program"`
	Started time.Time       `json:"started"`
	Machine compare.Machine `json:"machine"`
	Plan    Plan            `json:"plan"`
	Rounds  int             `json:"rounds"` // asked for
	URLs    int             `json:"urls"`   // different ones
	Figures []Samples       `json:"figures"`
}

// A Plan is what has to be the same for two measurements to be comparable.
type Plan struct {
	Mode        string  `json:"mode"`
	Reference   string  `json:"reference,omitempty"` // the mode that ratios are to; "": there are none
	Concurrency int     `json:"concurrency"`
	Fetches     int     `json:"fetches,omitempty"` // 0: as many as take about a second
	Rate        float64 `json:"rate,omitempty"`
	List        string  `json:"list,omitempty"`    // "": the built-in origin
	Size        string  `json:"size,omitempty"`    // of its pages
	Latency     string  `json:"latency,omitempty"` // of its answers
	Poller      string  `json:"poller,omitempty"`
}

// Samples are a figure's values in the rounds that count.
type Samples struct {
	Figure string    `json:"figure"`
	Unit   string    `json:"unit,omitempty"`
	Values []float64 `json:"values"`
	Ratios []float64 `json:"ratios,omitempty"` // to the reference in the same round
}

// measurement takes the figures of a plan's mode out of a result.
func measurement(r *compare.Result, p Plan) *Measurement {
	m := &Measurement{
		Version: FormatVersion, Program: r.Program, Started: r.Started.UTC().Truncate(time.Second), Machine: r.Machine,
		Plan: p, Rounds: r.Rounds, URLs: r.Work.URLs,
	}
	for _, f := range compare.Figures() {
		s := Samples{Figure: f.Name, Unit: f.Unit, Values: compare.Values(series(r, p.Mode, p.Concurrency, f), f)}
		if p.Reference != "" {
			s.Ratios = compare.Ratios(series(r, p.Mode, p.Concurrency, f), series(r, p.Reference, p.Concurrency, f), f)
		}
		if len(s.Values) > 0 {
			m.Figures = append(m.Figures, s)
		}
	}
	return m
}

// samples returns those of a figure.
func (m *Measurement) samples(figure string) (Samples, bool) {
	i := slices.IndexFunc(m.Figures, func(s Samples) bool { return s.Figure == figure })
	if i < 0 {
		return Samples{}, false
	}
	return m.Figures[i], true
}

// Write writes it as a baseline, one figure a line, so that a diff of two can be read.
func (m *Measurement) Write(w io.Writer) error {
	head := *m
	head.Figures = nil
	text, err := json.MarshalIndent(head, "", "  ")
	if err != nil {
		return err
	}
	out := strings.TrimSuffix(string(text), "null\n}") + "["
	for i, s := range m.Figures {
		line, err := json.Marshal(s)
		if err != nil {
			return err
		}
		if i > 0 {
			out += ","
		}
		out += "\n    " + string(line)
	}
	_, err = w.Write(shown([]byte(out + "\n  ]\n}\n")))
	return err
}

// ReadBaseline reads what Write has written.
func ReadBaseline(r io.Reader) (*Measurement, error) {
	m := new(Measurement)
	if err := json.NewDecoder(r).Decode(m); err != nil {
		return nil, fmt.Errorf("not a baseline: %w", err)
	}
	switch {
	case m.Version > FormatVersion:
		return nil, fmt.Errorf("version %d of the format: this program knows %d; make the baseline anew", m.Version, FormatVersion)
	case m.Version < 1 || len(m.Figures) == 0:
		return nil, errors.New("not a baseline: it has no figures")
	case !slices.Contains(modes.Names(), m.Plan.Mode):
		return nil, fmt.Errorf("not a baseline: its mode is %q", m.Plan.Mode)
	}
	return m, nil
}

// differences says in what two plans differ, so that their figures have nothing to do with each other.
func (p Plan) differences(base Plan) (all []string) {
	add := func(what string, is, was any) {
		if is != was {
			all = append(all, fmt.Sprintf("%s is %v, and was %v", what, orNone(is), orNone(was)))
		}
	}
	add("the mode", p.Mode, base.Mode)
	add("the reference", p.Reference, base.Reference)
	add("the concurrency", p.Concurrency, base.Concurrency)
	if p.Fetches > 0 && base.Fetches > 0 { // else they follow from the speed
		add("the number of fetches", p.Fetches, base.Fetches)
	}
	add("the rate", p.Rate, base.Rate)
	if (p.List == "") != (base.List == "") {
		add("the list", p.List, base.List)
	}
	add("the size of pages", p.Size, base.Size)
	add("the latency of the origin", p.Latency, base.Latency)
	add("the poller", p.Poller, base.Poller)
	return all
}

// orNone shows what a plan has.
func orNone(v any) string {
	switch v := v.(type) {
	case string:
		if v == "" {
			return "none"
		}
		return fmt.Sprintf("%q", v)
	case float64:
		if v == 0 {
			return "none"
		}
	}
	return fmt.Sprint(v)
}

// otherMachine says in what two machines differ.
func otherMachine(is, was compare.Machine) (all []string) {
	add := func(what, is, was string) {
		if is != was {
			all = append(all, fmt.Sprintf("%s %q, and was %q", what, is, was))
		}
	}
	add("system", is.OS+"/"+is.Arch, was.OS+"/"+was.Arch)
	add("CPU", is.CPU, was.CPU)
	add("number of CPUs", fmt.Sprint(is.CPUs), fmt.Sprint(was.CPUs))
	add("Go", is.Go, was.Go)
	return all
}
