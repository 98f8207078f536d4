package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The measures of every chart, in units of its picture. A picture is as wide as a phone's screen and is
// enlarged by half at most, so that its text stays readable without a second picture for another width.
const (
	chartWidth  = 400.0
	chartHeight = 260.0
	marginLeft  = 58.0
	marginTop   = 24.0
	marginFoot  = 42.0
	lineHeight  = 16.0 // of text, at its largest
	letterWidth = 7.4  // of text at its largest, on the average
)

// looks is how many series can be told apart, by colour and by shape each.
const looks = 8

// figure is what all charts have in common: a caption, a picture with its text alternative, and the same data
// as a table.
type figure struct {
	title, description, note string
	height                   float64
	legend                   []string // names of the parts, in the order of their colours
	data                     *Table
	draw                     func(c *canvas)
}

// html writes the figure. The title of the picture is its name for those who cannot see it.
func (f *figure) html(d *document) {
	id := d.id("c")
	d.put("<figure>\n<figcaption>")
	d.element("strong", f.title)
	d.put("</figcaption>\n")
	if len(f.legend) > 0 {
		d.put("<ul class=\"legend\">")
		for i, name := range f.legend {
			d.put("<li><svg viewBox=\"0 0 14 14\" aria-hidden=\"true\">")
			c := &canvas{d: d, id: id + "l" + strconv.Itoa(i)}
			c.stripes()
			c.part(i, 1, 2, 12, 10, "")
			d.put("</svg> ")
			d.text(name)
			d.put("</li>")
		}
		d.put("</ul>\n")
	}
	d.put("<svg class=\"picture\" viewBox=\"0 0 ", number(chartWidth), " ", number(f.height), "\" role=\"img\" aria-labelledby=\"", id, "t ", id, "d\">\n<title id=\"", id, "t\">")
	d.text(f.title)
	d.put("</title><desc id=\"", id, "d\">")
	d.text(f.description)
	d.put("</desc>\n")
	c := &canvas{d: d, id: id}
	f.draw(c)
	d.put("</svg>\n")
	if f.note != "" {
		d.element(`p class="note"`, f.note)
		d.put("\n")
	}
	if f.data != nil {
		d.put("<details><summary>The figures as a table</summary>\n")
		f.data.html(d)
		d.put("</details>\n")
	}
	d.put("</figure>\n")
}

// canvas draws into a picture.
type canvas struct {
	d  *document
	id string
}

// number writes a measure to a tenth: finer than what can be seen, and the same on every machine.
func number(v float64) string {
	v = math.Round(v*10) / 10
	if v == 0 {
		v = 0 // not −0
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	c.d.put(`<line class="`, class, `" x1="`, number(x1), `" y1="`, number(y1), `" x2="`, number(x2), `" y2="`, number(y2), "\"/>\n")
}

// label writes text whose start, middle or end is at x.
func (c *canvas) label(class, anchor string, x, y float64, s string) {
	c.d.put(`<text class="`, class, `" text-anchor="`, anchor, `" x="`, number(x), `" y="`, number(y), `">`)
	c.d.text(s)
	c.d.put("</text>\n")
}

// rect draws a box with a tooltip.
func (c *canvas) rect(class string, x, y, w, h float64, tip string) {
	c.d.put(`<rect class="`, class, `" x="`, number(x), `" y="`, number(y), `" width="`, number(w), `" height="`, number(h), `">`)
	c.tip(tip)
	c.d.put("</rect>\n")
}

func (c *canvas) tip(s string) {
	if s != "" {
		c.d.element("title", s)
	}
}

// path draws a line through points.
func (c *canvas) path(class string, points [][2]float64) {
	var b strings.Builder
	for i, p := range points {
		op := byte('L')
		if i == 0 {
			op = 'M'
		}
		fmt.Fprintf(&b, "%c%s %s", op, number(p[0]), number(p[1]))
	}
	c.d.put(`<path class="`, class, `" d="`, b.String(), "\"/>\n")
}

// stripes defines the patterns that tell the parts of a bar apart without colour.
func (c *canvas) stripes() {
	c.d.put(`<defs><pattern id="`, c.id, `p1" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="f1" width="4" height="4"/><line class="stripe" x1="0" y1="0" x2="0" y2="4"/></pattern>`,
		`<pattern id="`, c.id, `p2" width="4" height="4" patternUnits="userSpaceOnUse"><rect class="f2" width="4" height="4"/><circle class="dot" cx="2" cy="2" r="0.9"/></pattern></defs>`, "\n")
}

// part draws a box of part i of a whole: the first is plain, the second striped, the third dotted, in colours
// of their own.
func (c *canvas) part(i int, x, y, w, h float64, tip string) {
	i %= 3
	fill := ""
	if i > 0 {
		fill = ` fill="url(#` + c.id + "p" + strconv.Itoa(i) + `)"`
	}
	c.d.put(`<rect class="mark part p`, strconv.Itoa(i), `"`, fill, ` x="`, number(x), `" y="`, number(y), `" width="`, number(w), `" height="`, number(h), `">`)
	c.tip(tip)
	c.d.put("</rect>\n")
}

// axes draws the grid, the labels of its lines and the titles of both axes.
func (c *canvas) axes(x, y *ruler) {
	left, right, top, foot := x.from, x.to, y.to, y.from
	for _, t := range y.ticks {
		c.line("grid-line", left, t.at, right, t.at)
		if t.label != "" {
			c.label("tick", "end", left-6, t.at+4, t.label)
		}
	}
	for _, t := range x.ticks {
		c.line("grid-line", t.at, top, t.at, foot)
		if t.label != "" {
			c.label("tick", "middle", t.at, foot+lineHeight, t.label)
		}
	}
	c.line("axis", left, foot, right, foot)
	c.label("axis-title", "start", 2, top-11, y.axis.Title)
	c.label("axis-title", "middle", (left+right)/2, foot+2*lineHeight+4, x.axis.Title)
}

// marker draws the shape of a look, hollow or filled, with a tooltip.
func (c *canvas) marker(look int, x, y float64, hollow bool, tip string) {
	class := "mark shape"
	if hollow {
		class += " hollow"
	}
	const r = 4.2
	var d string
	at := func(dx, dy float64) string { return number(x+dx*r) + " " + number(y+dy*r) }
	switch look % looks {
	case 0:
		c.d.put(`<circle class="`, class, `" cx="`, number(x), `" cy="`, number(y), `" r="`, number(r), `">`)
		c.tip(tip)
		c.d.put("</circle>\n")
		return
	case 1:
		d = "M" + at(-.85, -.85) + "L" + at(.85, -.85) + "L" + at(.85, .85) + "L" + at(-.85, .85) + "Z"
	case 2:
		d = "M" + at(0, -1.2) + "L" + at(1.1, .8) + "L" + at(-1.1, .8) + "Z"
	case 3:
		d = "M" + at(0, -1.25) + "L" + at(1.25, 0) + "L" + at(0, 1.25) + "L" + at(-1.25, 0) + "Z"
	case 4:
		d = "M" + at(0, 1.2) + "L" + at(1.1, -.8) + "L" + at(-1.1, -.8) + "Z"
	case 5: // a cross
		d = "M" + at(-.35, -1.1) + "L" + at(.35, -1.1) + "L" + at(.35, -.35) + "L" + at(1.1, -.35) + "L" + at(1.1, .35) + "L" + at(.35, .35) +
			"L" + at(.35, 1.1) + "L" + at(-.35, 1.1) + "L" + at(-.35, .35) + "L" + at(-1.1, .35) + "L" + at(-1.1, -.35) + "L" + at(-.35, -.35) + "Z"
	case 6: // an hourglass
		d = "M" + at(-1, -1) + "L" + at(1, -1) + "L" + at(-1, 1) + "L" + at(1, 1) + "Z"
	case 7: // a pentagon
		d = "M" + at(0, -1.15) + "L" + at(1.1, -.35) + "L" + at(.7, 1) + "L" + at(-.7, 1) + "L" + at(-1.1, -.35) + "Z"
	}
	c.d.put(`<path class="`, class, `" d="`, d, `">`)
	c.tip(tip)
	c.d.put("</path>\n")
}

// lookClass is the class of a series: colour and dashes follow from it.
func lookClass(look int) string { return "k" + strconv.Itoa(look%looks) }
