package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"crawl/internal/bench"
)

// row is one run of crawl bench, as it is kept.
type row struct {
	Row      int                `json:"row"`
	Planted  float64            `json:"planted"`   // share of the CPU time of a fetch
	Burden   int64              `json:"burden_ns"` // that is this long
	Baseline int                `json:"baseline"`  // the row it was compared with; -1: it is the first
	Exit     int                `json:"exit"`
	Took     float64            `json:"took"` // seconds
	Rounds   int                `json:"rounds"`
	Fetches  int                `json:"fetches"`
	Measured *bench.Measurement `json:"measured"` // the figures that are judged
}

// results are the rows, and where they are written while they come.
type results struct {
	w    io.Writer
	rows []*row
}

func (r *results) add(x *row) error {
	line, err := json.Marshal(x)
	if err != nil {
		return err
	}
	r.rows = append(r.rows, x)
	_, err = r.w.Write(append(line, '\n'))
	return err
}

// readResults reads what add has written.
func readResults(in io.Reader) (*results, error) {
	r := &results{}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		x := new(row)
		if err := json.Unmarshal(lines.Bytes(), x); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(r.rows)+1, err)
		}
		if x.Row != len(r.rows) || x.Baseline >= x.Row || x.Measured == nil {
			return nil, fmt.Errorf("line %d: not row %d of a proof", len(r.rows)+1, len(r.rows))
		}
		r.rows = append(r.rows, x)
	}
	return r, lines.Err()
}

// judgedOnly leaves the figures that a verdict rests on.
func judgedOnly(m *bench.Measurement) *bench.Measurement {
	out := *m
	out.Figures = nil
	for _, s := range m.Figures {
		if slices.Contains(bench.DefaultFigures(false), s.Figure) {
			out.Figures = append(out.Figures, s)
		}
	}
	return &out
}

// values are those of a figure.
func values(m *bench.Measurement, figure string) []float64 {
	for _, s := range m.Figures {
		if s.Figure == figure {
			return s.Values
		}
	}
	return nil
}
