package bench

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"crawl/internal/compare"
	"crawl/internal/report"
)

// WriteGobench writes every run that counts and has a whole response as a line of Go's benchmark format, which benchstat reads.
// (https://go.dev/design/14313-benchmark-format) One operation is one fetch that did not fail.
func (r *Report) WriteGobench(w io.Writer) error {
	var b strings.Builder
	m, p := r.Measured.Machine, r.Measured.Plan
	for _, c := range [][2]string{
		{"goos", m.OS},
		{"goarch", m.Arch},
		{"pkg", "crawl"},
		{"cpu", m.CPU},
		{"program", r.Measured.Program},
		{"work", r.result.Work.Title},
		{"go", m.Go},
	} {
		if value := strings.TrimSpace(report.Printable(c[1])); value != "" {
			fmt.Fprintf(&b, "%s: %s\n", c[0], value)
		}
	}
	for _, f := range compare.Figures() {
		better := "lower"
		if f.Higher {
			better = "higher"
		}
		name, _ := benchUnit(f)
		fmt.Fprintf(&b, "Unit %s better=%s\n", name, better)
	}
	cpus := m.CPUs
	if m.ClientCPU >= 0 {
		cpus = 1 // it is bound to that one
	}
	for _, mode := range r.plan.Modes {
		for _, run := range series(r.result, mode, p.Concurrency, compare.Figure{}) {
			done := run.Fetches - run.Failures()
			if done < 1 {
				continue
			}
			fmt.Fprintf(&b, "BenchmarkFetch/mode=%s/c=%d-%d %d", mode, p.Concurrency, cpus, done)
			fmt.Fprintf(&b, " %s ns/op", number(run.Wall/float64(done)*1e9))
			for _, f := range compare.Figures() {
				if v, ok := f.Value(run); ok {
					name, times := benchUnit(f)
					fmt.Fprintf(&b, " %s %s", number(v*times), name)
				}
			}
			b.WriteByte('\n')
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// benchUnit is a figure's unit in the benchmark format, and what a value is to be multiplied by. Each figure needs
// one of its own: it is by units that figures are told apart there. ns and B are what benchstat knows to scale.
func benchUnit(f compare.Figure) (name string, times float64) {
	name = strings.ReplaceAll(f.Name, "_", "-")
	stem, perFetch := strings.CutSuffix(name, "-per-fetch")
	switch {
	case f.Unit == "µs" && perFetch:
		return stem + "-ns/op", 1e3
	case f.Unit == "µs":
		return name + "-ns", 1e3
	case f.Unit == "1/s":
		return "fetches/s", 1
	case f.Unit == "MB":
		return name + "-B", 1e6
	case f.Unit == "KB":
		return name + "-B", 1e3
	}
	return name, 1
}

// number writes a value without an exponent, which not all readers of the format take.
func number(v float64) string {
	s := strconv.FormatFloat(v, 'f', 6, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
