package report

import (
	"io"
	"strconv"
	"strings"
)

// A Page is one HTML document: self-contained, without scripts, for a phone as for a desk, in light and dark.
type Page struct {
	Title    string
	Lead     []string // paragraphs under the title
	Sections []Section
	Foot     string // where it comes from
}

// A Section is a heading and what stands under it.
type Section struct {
	Title    string
	Blocks   []Block
	Sections []Section // one level of headings below
}

// A Block is a piece of a page: a paragraph, a table, a chart.
type Block interface {
	html(d *document)
}

// policy lets a page show itself and nothing else: no script, no request. The image is the icon, which is empty, so
// that no browser asks for one.
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

// document is a page while it is written.
type document struct {
	b   []byte
	ids int
}

// put appends markup as it is.
func (d *document) put(parts ...string) {
	for _, p := range parts {
		d.b = append(d.b, p...)
	}
}

// text appends what is to be read, escaped; it may stand in an attribute too.
func (d *document) text(s string) { d.put(escape(s)) }

// element appends text within a tag, which may have attributes.
func (d *document) element(tag, s string) {
	name, _, _ := strings.Cut(tag, " ")
	d.put("<", tag, ">", escape(s), "</", name, ">")
}

// id returns a name that nothing else on the page has.
func (d *document) id(prefix string) string {
	d.ids++
	return prefix + strconv.Itoa(d.ids)
}

// WriteHTML writes the page. Only w can fail.
func (p *Page) WriteHTML(w io.Writer) error {
	d := &document{}
	d.put("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
		`<meta http-equiv="Content-Security-Policy" content="`, policy, "\">\n",
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
		"<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n")
	d.element("title", p.Title)
	d.put("\n<link rel=\"icon\" href=\"data:,\">\n<style>\n", style(), "</style>\n</head>\n<body>\n",
		"<a class=\"skip\" href=\"#main\">Skip to the content</a>\n<header>\n")
	d.element("h1", p.Title)
	for _, s := range p.Lead {
		d.put("\n")
		d.element(`p class="lead"`, s)
	}
	d.put("\n</header>\n")
	d.contents(p.Sections)
	d.put("<main id=\"main\">\n")
	d.sections(p.Sections, 2, "s")
	d.put("</main>\n")
	if p.Foot != "" {
		d.put("<footer>")
		d.element("p", p.Foot)
		d.put("</footer>\n")
	}
	d.put("</body>\n</html>\n")
	_, err := w.Write(d.b)
	return err
}

// contents lists the sections, if there is more than one to choose from.
func (d *document) contents(sections []Section) {
	if len(sections) < 2 {
		return
	}
	d.put("<nav aria-label=\"Contents\">\n<ul>\n")
	for i, s := range sections {
		d.put("<li>")
		d.element(`a href="#s`+strconv.Itoa(i+1)+`"`, s.Title)
		d.put("</li>\n")
	}
	d.put("</ul>\n</nav>\n")
}

// sections writes sections with headings of that level; their ids number them as a book does.
func (d *document) sections(sections []Section, level int, prefix string) {
	heading := "h" + strconv.Itoa(level)
	for i, s := range sections {
		id := prefix + strconv.Itoa(i+1)
		d.put("<section id=\"", id, "\" aria-labelledby=\"", id, "h\">\n")
		d.element(heading+` id="`+id+`h"`, s.Title)
		d.put("\n")
		for _, b := range s.Blocks {
			b.html(d)
		}
		d.sections(s.Sections, min(level+1, 6), id+"-")
		d.put("</section>\n")
	}
}
