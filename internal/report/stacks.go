package report

import "fmt"

// Stacks is bars made of parts, in groups, all on one scale, each with its name and the sum beside it.
type Stacks struct {
	Title       string
	Description string
	Note        string
	Unit        Unit
	Parts       []string // up to three, in the order of the values
	Groups      []Group
}

// A Group is bars that are compared with each other.
type Group struct {
	Name string
	Bars []Stack
}

// A Stack is one bar. Low and High are the spread of its sum, if they are not equal.
type Stack struct {
	Name      string
	Values    []float64
	Low, High float64
	Strong    bool
}

func (s *Stack) sum() (sum float64) {
	for _, v := range s.Values {
		sum += v
	}
	return sum
}

const (
	stackPitch = 18.0
	groupHead  = 24.0
)

func (s *Stacks) html(d *document) {
	height := 8.0
	for _, g := range s.Groups {
		height += groupHead + stackPitch*float64(len(g.Bars)) + 6
	}
	f := &figure{title: s.Title, description: s.Description, note: s.Note, height: height, legend: s.Parts, data: s.table(), draw: s.draw}
	f.html(d)
}

func (s *Stacks) draw(c *canvas) {
	c.stripes()
	most, longest := 0.0, 0
	for _, g := range s.Groups {
		for i := range g.Bars {
			most = max(most, g.Bars[i].sum(), g.Bars[i].High)
			longest = max(longest, len([]rune(g.Bars[i].Name)))
		}
	}
	if most <= 0 {
		most = 1
	}
	left := 12 + letterWidth*float64(min(longest, 14))
	scale := (chartWidth - left - 62) / most
	y := 4.0
	for _, g := range s.Groups {
		c.label("group", "start", 2, y+15, g.Name)
		c.line("grid-line", 2, y+groupHead-4, chartWidth-2, y+groupHead-4)
		y += groupHead
		for i := range g.Bars {
			s.drawStack(c, &g, &g.Bars[i], left, y, scale)
			y += stackPitch
		}
		y += 6
	}
}

func (s *Stacks) drawStack(c *canvas, g *Group, b *Stack, left, y, scale float64) {
	class := "name"
	if b.Strong {
		class += " strong"
	}
	c.label(class, "end", left-6, y+12.5, shorten(b.Name, 14))
	x := left
	for i, v := range b.Values {
		w := v * scale
		c.part(i, x, y+3, max(w, 0.5), stackPitch-6, fmt.Sprintf("%s, %s: %s %s", b.Name, g.Name, s.Parts[min(i, len(s.Parts)-1)], s.Unit.Text(v)))
		x += w
	}
	end := x
	if b.Low < b.High {
		low, high, mid := left+b.Low*scale, left+b.High*scale, y+stackPitch/2
		c.line("whisker ink", low, mid, high, mid)
		c.line("whisker ink", low, mid-3, low, mid+3)
		c.line("whisker ink", high, mid-3, high, mid+3)
		end = max(end, high)
	}
	c.label("value", "start", end+5, y+12.5, s.Unit.Text(b.sum()))
}

func (s *Stacks) table() *Table {
	t := &Table{Caption: s.Title, Columns: append(Left("", ""), Right(append(append([]string{}, s.Parts...), "together", "spread")...)...)}
	for _, g := range s.Groups {
		for i := range g.Bars {
			b := &g.Bars[i]
			cells := []string{g.Name, b.Name}
			for _, v := range b.Values {
				cells = append(cells, s.Unit.Text(v))
			}
			spread := ""
			if b.Low < b.High {
				spread = s.Unit.Text(b.Low) + " to " + s.Unit.Text(b.High)
			}
			t.Rows = append(t.Rows, Row{Cells: append(cells, s.Unit.Text(b.sum()), spread), Strong: b.Strong})
		}
	}
	return t
}
