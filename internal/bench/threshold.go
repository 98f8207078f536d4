package bench

import (
	"fmt"
	"slices"
	"strings"

	"crawl/internal/compare"
	"crawl/internal/modes"
)

// A Threshold is a limit that a figure is to keep, as users write it:
//
//	p95<500ms                        FIGURE OP VALUE
//	cpu_per_fetch<1.5x:goroutine     FIGURE OP FACTORx:MODE
//
// The second is a limit to the ratio of two modes in the same round.
type Threshold struct {
	Text   string // as it was written, without blanks
	Figure string // of compare.Figures
	Op     string // < <= > >=
	Value  float64
	Mode   string // that the figure is divided by; "": Value is in the figure's unit
}

// Holds says whether a value is within the limit.
func (t Threshold) Holds(v float64) bool {
	switch t.Op {
	case "<":
		return v < t.Value
	case "<=":
		return v <= t.Value
	case ">":
		return v > t.Value
	}
	return v >= t.Value
}

// aliases are other names of figures, for those who write thresholds by hand.
func aliases() map[string]string {
	return map[string]string{"cpu": "cpu_per_fetch", "memory": "peak_memory", "p99.9": "p999"}
}

// figureNamed knows the aliases too.
func figureNamed(name string) (compare.Figure, bool) {
	if other, ok := aliases()[name]; ok {
		name = other
	}
	return compare.FigureNamed(name)
}

// ParseThresholds reads thresholds with commas between them. An error names the expression, and the byte in it
// from which on it is not understood.
func ParseThresholds(text string) ([]Threshold, error) {
	var all []Threshold
	for _, part := range strings.Split(text, ",") {
		t, at, err := parseThreshold(part)
		if err != nil {
			if rest := strings.TrimSpace(part[at:]); rest != "" && rest != strings.TrimSpace(part) {
				return nil, fmt.Errorf("threshold %q, at %q: %w", strings.TrimSpace(part), rest, err)
			}
			return nil, fmt.Errorf("threshold %q: %w", strings.TrimSpace(part), err)
		}
		all = append(all, t)
	}
	return all, nil
}

// parseThreshold returns the byte at which an error is.
func parseThreshold(s string) (t Threshold, at int, err error) {
	op := strings.IndexAny(s, "<>")
	if op < 0 {
		return t, 0, fmt.Errorf("must be FIGURE<VALUE, with < <= > or >=, as p95<500ms")
	}
	name := strings.TrimSpace(s[:op])
	f, ok := figureNamed(name)
	if !ok {
		return t, 0, fmt.Errorf("no figure %q: choose from %s", name, strings.Join(FigureNames(), ", "))
	}
	value := op + 1
	if strings.HasPrefix(s[value:], "=") {
		value++
	}
	t = Threshold{Figure: f.Name, Op: s[op:value]}
	text := strings.TrimSpace(s[value:])
	t.Text = name + t.Op + text
	factor, mode, ratio := strings.Cut(text, "x:")
	if !ratio {
		t.Value, err = parseValue(text, f)
		return t, value, err
	}
	if t.Mode = mode; !slices.Contains(modes.Names(), mode) {
		return t, value + strings.Index(s[value:], "x:") + len("x:"), fmt.Errorf("no mode %q: choose from %s", mode, strings.Join(modes.Names(), ", "))
	}
	t.Value, err = parseNumber(factor)
	return t, value, err
}

// FigureNames are all that can be judged, and their aliases behind them.
func FigureNames() []string {
	var names []string
	for _, f := range compare.Figures() {
		names = append(names, f.Name)
	}
	for alias := range aliases() {
		names = append(names, alias)
	}
	slices.Sort(names[len(names)-len(aliases()):])
	return names
}

// figures returns the figures of that name, each once, in the order of the names.
func figures(names []string) ([]compare.Figure, error) {
	var all []compare.Figure
	for _, name := range names {
		f, ok := figureNamed(strings.TrimSpace(name))
		if !ok {
			return nil, fmt.Errorf("no figure %q: choose from %s", name, strings.Join(FigureNames(), ", "))
		}
		if !slices.ContainsFunc(all, func(g compare.Figure) bool { return g.Name == f.Name }) {
			all = append(all, f)
		}
	}
	return all, nil
}
