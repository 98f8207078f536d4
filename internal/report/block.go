package report

import "strings"

// A Paragraph is running text.
type Paragraph string

func (p Paragraph) html(d *document) {
	d.element("p", string(p))
	d.put("\n")
}

// A Notice is what a reader must not miss, a sentence or more.
type Notice []string

func (n Notice) html(d *document) {
	if len(n) == 0 {
		return
	}
	d.put("<div class=\"notice\" role=\"note\">")
	for _, s := range n {
		d.element("p", s)
	}
	d.put("</div>\n")
}

// A List is short sentences.
type List []string

func (l List) html(d *document) {
	if len(l) == 0 {
		return
	}
	d.put("<ul>\n")
	for _, s := range l {
		d.element("li", s)
		d.put("\n")
	}
	d.put("</ul>\n")
}

// A Fact is a name and its value, with what else there is to say of it.
type Fact struct {
	Name, Value, Note string
}

// Headline is the few figures that somebody looks for first, in large.
type Headline []Fact

func (h Headline) html(d *document) { facts(d, h, "headline") }

// Facts are names and values, one a line.
type Facts []Fact

func (f Facts) html(d *document) { facts(d, f, "facts") }

func facts(d *document, all []Fact, class string) {
	if len(all) == 0 {
		return
	}
	d.put("<dl class=\"", class, "\">\n")
	for _, f := range all {
		d.put("<div>")
		d.element("dt", f.Name)
		d.element("dd", f.Value)
		if f.Note != "" {
			d.element(`dd class="aside"`, f.Note)
		}
		d.put("</div>\n")
	}
	d.put("</dl>\n")
}

// Code is text as it is typed.
type Code string

func (c Code) html(d *document) {
	d.put("<pre tabindex=\"0\" role=\"group\" aria-label=\"Command\"><code>")
	for i, line := range strings.Split(string(c), "\n") {
		if i > 0 {
			d.put("\n")
		}
		d.text(line)
	}
	d.put("</code></pre>\n")
}

// A Grid is blocks, most often charts, side by side where there is room.
type Grid []Block

func (g Grid) html(d *document) {
	d.put("<div class=\"grid\">\n")
	for _, b := range g {
		b.html(d)
	}
	d.put("</div>\n")
}

// A Pile is blocks below each other within a Grid, beside one that is as high as they are together.
type Pile []Block

func (c Pile) html(d *document) {
	d.put("<div class=\"column\">\n")
	for _, b := range c {
		b.html(d)
	}
	d.put("</div>\n")
}
