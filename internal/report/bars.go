package report

import "math"

// Bars is a list of names with a bar each, the name above its bar so that it may be long.
type Bars struct {
	Title       string
	Description string
	Note        string
	Unit        Unit
	Bars        []Bar
}

// A Bar is one of them.
type Bar struct {
	Name  string
	Value float64
	Text  string // instead of the value in its unit
	Tip   string // what else there is to say
	Bad   bool   // a failure: another colour, and a pattern
}

const barPitch = 34.0

func (b *Bars) html(d *document) {
	f := &figure{title: b.Title, description: b.Description, note: b.Note, height: 6 + barPitch*float64(len(b.Bars)), data: b.table(), draw: b.draw}
	f.html(d)
}

func (b *Bar) text(u Unit) string {
	if b.Text != "" {
		return b.Text
	}
	return u.Text(b.Value)
}

func (b *Bars) draw(c *canvas) {
	c.stripes()
	most := 0.0
	for _, bar := range b.Bars {
		most = max(most, bar.Value)
	}
	if most <= 0 {
		most = 1
	}
	for i := range b.Bars {
		bar := &b.Bars[i]
		y, value := 2+barPitch*float64(i), bar.text(b.Unit)
		room := int(math.Floor((chartWidth-12)/letterWidth)) - len([]rune(value)) - 1
		c.label("name", "start", 2, y+14, shorten(bar.Name, max(8, room)))
		c.label("value", "end", chartWidth-2, y+14, value)
		c.rect("track", 2, y+20, chartWidth-4, 7, "")
		tip := bar.Name + ": " + value
		if bar.Tip != "" {
			tip += ". " + bar.Tip
		}
		part := 0
		if bar.Bad {
			part = 1
		}
		c.part(part, 2, y+20, max(1, (chartWidth-4)*bar.Value/most), 7, tip)
	}
}

func (b *Bars) table() *Table {
	t := &Table{Caption: b.Title, Columns: append(Left(""), Column{Title: "value", Number: true}, Column{Title: "", Long: true})}
	for i := range b.Bars {
		t.Add(b.Bars[i].Name, b.Bars[i].text(b.Unit), b.Bars[i].Tip)
	}
	return t
}
