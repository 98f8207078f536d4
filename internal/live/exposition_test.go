package live

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// exposition is a strict reader of the Prometheus text format, version 0.0.4, as far as it is used here. It shares nothing with
// what writes it.
type exposition map[string]*metricFamily

type metricFamily struct {
	kind, help string
	series     []series
}

type series struct {
	name   string // with _bucket, _sum or _count
	labels map[string]string
	value  float64
}

var (
	sampleLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$`)
	labelPair  = regexp.MustCompile(`^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)`)
)

// parseExposition fails on the first thing that is not as it should be.
func parseExposition(text string) (exposition, error) {
	all := exposition{}
	if !strings.HasSuffix(text, "\n") {
		return nil, fmt.Errorf("the last line does not end")
	}
	var current string
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		words := strings.SplitN(line, " ", 4)
		switch {
		case strings.HasPrefix(line, "# HELP ") && len(words) == 4:
			current = words[2]
			if all[current] != nil {
				return nil, fmt.Errorf("%s comes twice", current)
			}
			all[current] = &metricFamily{help: words[3]}
		case strings.HasPrefix(line, "# TYPE ") && len(words) == 4:
			f := all[words[2]]
			if words[2] != current || f.kind != "" || len(f.series) > 0 || !slices.Contains([]string{"counter", "gauge", "histogram"}, words[3]) {
				return nil, fmt.Errorf("out of place: %q", line)
			}
			f.kind = words[3]
		default:
			s, err := parseSample(line)
			if err != nil {
				return nil, err
			}
			family := all[current]
			if family == nil || family.kind == "" || !belongs(s.name, current, family.kind) {
				return nil, fmt.Errorf("not of family %s: %q", current, line)
			}
			key, _, _ := strings.Cut(line, " ")
			if seen[key] {
				return nil, fmt.Errorf("twice: %s", key)
			}
			seen[key] = true
			family.series = append(family.series, s)
		}
	}
	for name, f := range all {
		if err := f.check(name); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func belongs(name, family, kind string) bool {
	if kind != "histogram" {
		return name == family
	}
	return name == family+"_bucket" || name == family+"_sum" || name == family+"_count"
}

func parseSample(line string) (series, error) {
	m := sampleLine.FindStringSubmatch(line)
	if m == nil {
		return series{}, fmt.Errorf("no sample: %q", line)
	}
	s := series{name: m[1], labels: map[string]string{}}
	for rest := m[2]; rest != ""; {
		l := labelPair.FindStringSubmatch(rest)
		if l == nil {
			return series{}, fmt.Errorf("no label at %q in %q", rest, line)
		}
		s.labels[l[1]] = l[2]
		rest = rest[len(l[0]):]
	}
	var err error
	s.value, err = strconv.ParseFloat(m[3], 64)
	return s, err
}

// check holds a family to what its type promises.
func (f *metricFamily) check(name string) error {
	if f.kind == "" || len(f.series) == 0 {
		return fmt.Errorf("%s has no type or no samples", name)
	}
	if (f.kind == "counter") != strings.HasSuffix(name, "_total") {
		return fmt.Errorf("%s is a %s", name, f.kind)
	}
	if f.kind != "histogram" {
		return nil
	}
	edge, count, last := -1.0, -1.0, ""
	figures := map[string]float64{}
	for _, s := range f.series {
		if s.name != name+"_bucket" {
			figures[s.name] = s.value
			continue
		}
		le, err := strconv.ParseFloat(s.labels["le"], 64)
		if err != nil || le <= edge || s.value < count {
			return fmt.Errorf("%s: bucket %v: %v after %v, %v", name, s.labels, s.value, edge, count)
		}
		edge, count, last = le, s.value, s.labels["le"]
	}
	if total, ok := figures[name+"_count"]; !ok || last != "+Inf" || total != count {
		return fmt.Errorf("%s: the count is %v, the last bucket %q has %v", name, total, last, count)
	}
	if _, ok := figures[name+"_sum"]; !ok {
		return fmt.Errorf("%s has no sum", name)
	}
	return nil
}

// value is that of the series with these labels, written as in the text.
func (e exposition) value(name, labels string) (float64, bool) {
	f := e[strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")]
	if f == nil {
		return 0, false
	}
	for _, s := range f.series {
		var parts []string
		for k, v := range s.labels {
			parts = append(parts, fmt.Sprintf("%s=%q", k, v))
		}
		slices.Sort(parts)
		if s.name == name && strings.Join(parts, ",") == labels {
			return s.value, true
		}
	}
	return 0, false
}
