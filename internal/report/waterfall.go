package report

import (
	"math"
	"strings"
)

// A Waterfall is a bar for each of some events, from its beginning to its end, in phases.
type Waterfall struct {
	Title       string
	Description string
	Note        string
	Phases      []string // up to three
	Aligned     bool     // each begins at 0, so that they can be compared; else where it was in time
	Labels      bool     // the name of each stands above its bar; else only in the tooltip and the table
	Spans       []Span
}

// A Span is one event. Times are in µs, of the common clock.
type Span struct {
	Name  string
	Begin float64
	Ends  []float64 // of each phase; one that does not move on from the one before took no time
	Bad   bool
}

func (s *Span) end() float64 {
	if len(s.Ends) == 0 {
		return s.Begin
	}
	return max(s.Begin, s.Ends[len(s.Ends)-1])
}

func (w *Waterfall) pitch() float64 {
	if w.Labels {
		return 32
	}
	return 9
}

func (w *Waterfall) html(d *document) {
	height := marginTop + w.pitch()*float64(len(w.Spans)) + marginFoot
	f := &figure{title: w.Title, description: w.Description, note: w.Note, height: height, legend: w.Phases, data: w.table(), draw: w.draw}
	f.html(d)
}

// origin is where a span's bar has its 0.
func (w *Waterfall) origin(s *Span) float64 {
	if w.Aligned {
		return s.Begin
	}
	return w.first()
}

// first is when the first of all begins.
func (w *Waterfall) first() float64 {
	first := math.Inf(1)
	for i := range w.Spans {
		first = min(first, w.Spans[i].Begin)
	}
	return first
}

func (w *Waterfall) draw(c *canvas) {
	c.stripes()
	var ends []float64
	for i := range w.Spans {
		ends = append(ends, w.Spans[i].end()-w.origin(&w.Spans[i]))
	}
	title := "time"
	if w.Aligned {
		title = "time from its beginning"
	}
	foot := marginTop - 8 + w.pitch()*float64(len(w.Spans))
	x := newRuler(Axis{Title: title, Unit: Microseconds}, ends, 8, chartWidth-22, 5)
	for _, t := range x.ticks {
		c.line("grid-line", t.at, marginTop-12, t.at, foot)
		c.label("tick", "middle", min(max(t.at, 6), chartWidth-24), foot+lineHeight, t.label)
	}
	c.line("axis", 8, foot, chartWidth-22, foot)
	c.label("axis-title", "middle", chartWidth/2, foot+2*lineHeight+2, title)
	y := marginTop - 8
	for i := range w.Spans {
		w.drawSpan(c, &w.Spans[i], x, y)
		y += w.pitch()
	}
}

func (w *Waterfall) drawSpan(c *canvas, s *Span, x *ruler, y float64) {
	if w.Labels {
		value := Microseconds.Text(s.end() - s.Begin)
		room := int(math.Floor((chartWidth-20)/letterWidth)) - len([]rune(value)) - 1
		c.label("name", "start", 8, y+13, shorten(s.Name, room))
		c.label("value", "end", chartWidth-8, y+13, value)
		y += 18
	}
	height := min(w.pitch()-2.5, 9)
	origin, from := w.origin(s), s.Begin
	for i, to := range s.Ends {
		if to <= from {
			continue
		}
		a, b := x.at(from-origin), x.at(to-origin)
		c.part(i, a, y, max(b-a, 0.8), height, s.Name+": "+w.phases(s))
		from = to
	}
	if s.Bad {
		c.label("bad", "middle", min(x.at(s.end()-origin)+6, chartWidth-6), y+height, "×")
	}
}

// phases writes what a span's time went into.
func (w *Waterfall) phases(s *Span) string {
	var parts []string
	from := s.Begin
	for i, to := range s.Ends {
		if to > from {
			parts = append(parts, w.Phases[min(i, len(w.Phases)-1)]+" "+Microseconds.Text(to-from))
			from = to
		}
	}
	if s.Bad {
		parts = append(parts, "failed")
	}
	return strings.Join(parts, ", ")
}

func (w *Waterfall) table() *Table {
	t := &Table{Caption: w.Title, Columns: append(append(Left(""), Right("begin")...), Right(w.Phases...)...)}
	t.Columns = append(t.Columns, Column{Title: "total", Number: true})
	first := w.first()
	for i := range w.Spans {
		s := &w.Spans[i]
		cells := []string{s.Name, Microseconds.Text(s.Begin - first)}
		from := s.Begin
		for j := range w.Phases {
			cell := "–"
			if j < len(s.Ends) && s.Ends[j] > from {
				cell, from = Microseconds.Text(s.Ends[j]-from), s.Ends[j]
			}
			cells = append(cells, cell)
		}
		t.Add(append(cells, Microseconds.Text(s.end()-s.Begin))...)
	}
	return t
}
