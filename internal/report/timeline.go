package report

import (
	"fmt"
	"strings"
)

// A Timeline is counts over time, each as long as a step, one or more of them in front of each other.
type Timeline struct {
	Title       string
	Description string
	Note        string
	Y           string  // what is counted
	Step        float64 // seconds
	Most        float64 // end of the scale, if several charts share one; 0: from the counts
	Span        float64 // the same of the time, in seconds
	Layers      []Layer
}

// A Layer is one count. Later layers stand in front, so they are best parts of the earlier ones.
type Layer struct {
	Name   string
	Counts []float64
	Bad    bool // failures
}

// tableSteps is how many rows the table of a timeline has at most: more are summed up.
const tableSteps = 48

func (t *Timeline) html(d *document) {
	f := &figure{title: t.Title, description: t.Description, note: t.Note, height: 200, data: t.table(), draw: t.draw}
	if len(t.Layers) > 1 {
		for _, l := range t.Layers {
			f.legend = append(f.legend, l.Name)
		}
	}
	f.html(d)
}

func (t *Timeline) draw(c *canvas) {
	c.stripes()
	values := []float64{t.Most}
	steps := 0
	for _, l := range t.Layers {
		values = append(values, l.Counts...)
		steps = max(steps, len(l.Counts))
	}
	span := max(t.Span, t.Step*float64(steps))
	x := newRuler(Axis{Title: "time", Unit: Seconds}, []float64{span}, marginLeft, chartWidth-14, 5)
	x.end = span // the last step ends at the edge
	x.ticks = nil
	full := newRuler(x.axis, []float64{span}, 0, 1, 5)
	for _, k := range full.ticks {
		if v := k.at * full.end; v <= span*(1+1e-9) {
			x.mark(v, k.label)
		}
	}
	y := newRuler(Axis{Title: t.Y, Unit: Count}, values, 200-marginFoot, marginTop, 4)
	c.axes(x, y)
	for i := range t.Layers {
		t.drawLayer(c, i, x, y)
	}
}

// drawLayer draws a count as a step line with the area under it filled.
func (t *Timeline) drawLayer(c *canvas, i int, x, y *ruler) {
	l := &t.Layers[i]
	if len(l.Counts) == 0 {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "M%s %s", number(x.at(0)), number(y.from))
	previous := -1.0
	for j, v := range l.Counts {
		if v != previous {
			if previous >= 0 {
				fmt.Fprintf(&b, "H%s", number(x.at(float64(j)*t.Step)))
			}
			fmt.Fprintf(&b, "V%s", number(y.at(v)))
			previous = v
		}
	}
	fmt.Fprintf(&b, "H%sV%sZ", number(x.at(float64(len(l.Counts))*t.Step)), number(y.from))
	fill := ""
	if i > 0 {
		fill = fmt.Sprintf(` fill="url(#%sp%d)"`, c.id, min(i, 2))
	}
	c.d.put(fmt.Sprintf(`<path class="mark area p%d"%s d="%s">`, i%3, fill, b.String()))
	c.tip(l.Name + ": " + Count.Text(maximum(l.Counts)) + " at most")
	c.d.put("</path>\n")
}

func maximum(v []float64) (most float64) {
	for _, x := range v {
		most = max(most, x)
	}
	return most
}

// table shows the largest count of each stretch of time.
func (t *Timeline) table() *Table {
	steps := 0
	tab := &Table{Caption: t.Title, Columns: Right("from")}
	for _, l := range t.Layers {
		tab.Columns = append(tab.Columns, Column{Title: l.Name, Number: true})
		steps = max(steps, len(l.Counts))
	}
	each := max(1, (steps+tableSteps-1)/tableSteps)
	if each > 1 {
		tab.Note = fmt.Sprintf("Each row is %d steps of %s, and the most of any of them.", each, Seconds.Text(t.Step))
	}
	for i := 0; i < steps; i += each {
		cells := []string{Seconds.Text(float64(i) * t.Step)}
		for _, l := range t.Layers {
			cells = append(cells, Count.Text(maximum(l.Counts[min(i, len(l.Counts)):min(i+each, len(l.Counts))])))
		}
		tab.Add(cells...)
	}
	return tab
}
