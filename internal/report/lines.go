package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Lines is a chart of one or more series over a common axis, each point with its spread, if it has one.
type Lines struct {
	Title       string
	Description string // what is to be seen, with figures, for those who cannot see it
	Note        string
	X, Y        Axis
	Series      []Series
}

// A Series is one line of a chart.
type Series struct {
	Name   string
	Look   int  // its colour and shape: the same number looks the same in every chart
	Strong bool // the line that others are measured by
	Points []Point
}

// A Point is a value at a place. Low and High are its spread, if they are not equal.
type Point struct {
	X, Y      float64
	Low, High float64
	Hollow    bool // not what was asked for: see the note
	Bare      bool // a bend of the line only: no mark, and not in the table
}

func (l *Lines) html(d *document) {
	f := &figure{title: l.Title, description: l.Description, note: l.Note, height: chartHeight, data: l.table(), draw: l.draw}
	f.html(d)
}

// shown are the points that the axes have a place for.
func (l *Lines) shown(s *Series) []Point {
	var all []Point
	for _, p := range s.Points {
		if l.X.Scale.shows(p.X) && l.Y.Scale.shows(p.Y) {
			all = append(all, p)
		}
	}
	return all
}

func (l *Lines) draw(c *canvas) {
	var xs, ys []float64
	longest := 0
	for i := range l.Series {
		longest = max(longest, len([]rune(l.Series[i].Name)))
		for _, p := range l.shown(&l.Series[i]) {
			xs, ys = append(xs, p.X), append(ys, p.Y)
			if p.Low < p.High {
				ys = append(ys, p.Low, p.High)
			}
		}
	}
	right := chartWidth - 10
	if len(l.Series) > 1 {
		right = chartWidth - 27 - letterWidth*float64(min(longest, 14))
	}
	x := newRuler(l.X, xs, marginLeft, right, 6)
	y := newRuler(l.Y, ys, chartHeight-marginFoot, marginTop, 6)
	c.axes(x, y)
	for _, strong := range [...]bool{false, true} { // what others are measured by stands in front
		for i := range l.Series {
			if l.Series[i].Strong == strong {
				l.drawSeries(c, &l.Series[i], x, y)
			}
		}
	}
	if len(l.Series) > 1 {
		l.drawNames(c, x, y)
	}
}

func (l *Lines) drawSeries(c *canvas, s *Series, x, y *ruler) {
	points := l.shown(s)
	class := lookClass(s.Look)
	if s.Strong {
		class += " main"
	}
	c.d.put(`<g class="`, class, "\">\n")
	path := make([][2]float64, len(points))
	for i, p := range points {
		path[i] = [2]float64{x.at(p.X), y.at(p.Y)}
		if p.Low < p.High {
			at, low, high := path[i][0], y.at(p.Low), y.at(p.High)
			c.line("whisker", at, low, at, high)
			c.line("whisker", at-2.5, low, at+2.5, low)
			c.line("whisker", at-2.5, high, at+2.5, high)
		}
	}
	if len(path) > 1 {
		c.path("line", path)
	}
	for i, p := range points {
		if !p.Bare {
			c.marker(s.Look, path[i][0], path[i][1], p.Hollow, fmt.Sprintf("%s, %s: %s", s.Name, l.place(p.X), l.value(p)))
		}
	}
	c.d.put("</g>\n")
}

// drawNames writes the names of the series at the right edge, near their last points and clear of each other.
func (l *Lines) drawNames(c *canvas, x, y *ruler) {
	type name struct {
		series       *Series
		fromX, fromY float64
		at           float64
	}
	var names []*name
	for i := range l.Series {
		if points := l.shown(&l.Series[i]); len(points) > 0 {
			last := points[len(points)-1]
			names = append(names, &name{&l.Series[i], x.at(last.X), y.at(last.Y), y.at(last.Y)})
		}
	}
	slices.SortStableFunc(names, func(a, b *name) int { return cmp.Compare(a.at, b.at) })
	at := make([]float64, len(names))
	for i, n := range names {
		at[i] = n.at
	}
	apart(at, lineHeight, marginTop, chartHeight-marginFoot)
	for i, n := range names {
		c.d.put(`<g class="`, lookClass(n.series.Look), "\">\n")
		edge := x.to + 15
		c.line("leader", n.fromX, n.fromY, edge-6, at[i])
		c.marker(n.series.Look, edge, at[i], false, "")
		class := "name"
		if n.series.Strong {
			class += " strong"
		}
		c.label(class, "start", edge+7, at[i]+4, shorten(n.series.Name, 14))
		c.d.put("</g>\n")
	}
}

// apart moves sorted places so that they are at least gap from each other, as little as that takes, and within
// the bounds as far as there is room.
func apart(at []float64, gap, low, high float64) {
	for i := range at {
		at[i] = min(max(at[i], low), high)
	}
	for range 2 * len(at) { // each pass spreads what still touches about its middle
		moved := false
		for i := 1; i < len(at); i++ {
			if overlap := gap - (at[i] - at[i-1]); overlap > 0.01 {
				at[i-1] -= overlap / 2
				at[i] += overlap / 2
				moved = true
			}
		}
		if !moved {
			break
		}
	}
	for i := range at {
		if at[i] = max(at[i], low); i > 0 {
			at[i] = max(at[i], at[i-1]+gap)
		}
	}
	for i, limit := len(at)-1, high; i >= 0; i, limit = i-1, limit-gap {
		at[i] = min(at[i], limit)
	}
}

// place writes a value of the common axis.
func (l *Lines) place(x float64) string {
	if l.X.Scale == Tail {
		return "p" + strings.TrimSuffix(fmt.Sprintf("%.6g", 100*x), ".0")
	}
	return l.X.Unit.short(x)
}

// value writes a point with its spread.
func (l *Lines) value(p Point) string {
	s := l.Y.Unit.Text(p.Y)
	if p.Low < p.High {
		s += " (" + l.Y.Unit.Text(p.Low) + " to " + l.Y.Unit.Text(p.High) + ")"
	}
	if p.Hollow {
		s += " *"
	}
	return s
}

// table has a row for each place and a column for each series.
func (l *Lines) table() *Table {
	t := &Table{Caption: l.Title, Columns: Right(l.X.Title)}
	var places []float64
	for _, s := range l.Series {
		t.Columns = append(t.Columns, Column{Title: s.Name, Number: true})
		for _, p := range s.Points {
			if !p.Bare && !math.IsNaN(p.X) {
				places = append(places, p.X)
			}
		}
	}
	slices.Sort(places)
	for _, x := range slices.Compact(places) {
		cells := []string{l.place(x)}
		for _, s := range l.Series {
			cell := "–"
			if i := slices.IndexFunc(s.Points, func(p Point) bool { return p.X == x && !p.Bare }); i >= 0 {
				cell = l.value(s.Points[i])
			}
			cells = append(cells, cell)
		}
		t.Add(cells...)
	}
	return t
}
