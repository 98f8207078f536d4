package item

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxText is how much is taken out of one document, in bytes. Elements lie within each other, so all of "*" could be 512
// times the document.
const maxText = 4 << 20

// valueCost is what a value costs besides its bytes, so that empty ones are bounded too.
const valueCost = 16

var errTooMuch = errors.New("more than 4 MiB would be taken out of the page")

// spend takes n bytes of what may be taken out. It panics with errTooMuch, which Extract recovers.
func (d *document) spend(n int) {
	if d.left -= n; d.left < 0 {
		panic(errTooMuch)
	}
}

// read is what a place says: its text as a reader sees it, its HTML, or an attribute. What is empty is not there.
func (d *document) read(p place, f *Field) (s string, ok bool) {
	d.spend(valueCost)
	switch {
	case p.node == nil:
		d.spend(len(p.text))
		s = f.collapse(p.text)
	case f.attr == attrText:
		s = f.collapse(d.textOf(p.node))
	case f.attr == attrHTML:
		w := &htmlWriter{document: d}
		if html.Render(w, p.node) != nil {
			return "", false // of what cannot be written as HTML
		}
		s = w.b.String()
	default:
		for _, a := range p.node.Attr {
			if a.Key == f.attr && a.Namespace == "" {
				d.spend(len(a.Val))
				s = a.Val
				break
			}
		}
	}
	return s, s != ""
}

type htmlWriter struct {
	document *document
	b        strings.Builder
}

func (w *htmlWriter) Write(p []byte) (int, error) {
	w.document.spend(len(p))
	return w.b.Write(p)
}

// textOf is the text of an element. What is no text to a reader (scripts, styles, templates) counts only where it is asked
// for itself.
func (d *document) textOf(n *html.Node) string {
	var b strings.Builder
	d.appendText(&b, n, true)
	return b.String()
}

func (d *document) appendText(b *strings.Builder, n *html.Node, isAsked bool) {
	switch n.Type {
	case html.TextNode:
		d.spend(len(n.Data))
		b.WriteString(n.Data)
		return
	case html.ElementNode:
		if !isAsked && (n.DataAtom == atom.Script || n.DataAtom == atom.Style || n.DataAtom == atom.Template) {
			return
		}
	case html.DocumentNode:
	default:
		return
	}
	parts := !isAsked && separates(n.DataAtom)
	if parts {
		b.WriteByte(' ')
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		d.appendText(b, c, false)
	}
	if parts {
		b.WriteByte(' ')
	}
}

// separates reports whether a reader sees what is before and behind such an element apart.
func separates(a atom.Atom) bool {
	switch a {
	case atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Body, atom.Br, atom.Button, atom.Caption, atom.Dd, atom.Details,
		atom.Dialog, atom.Div, atom.Dl, atom.Dt, atom.Fieldset, atom.Figcaption, atom.Figure, atom.Footer, atom.Form, atom.H1, atom.H2,
		atom.H3, atom.H4, atom.H5, atom.H6, atom.Head, atom.Header, atom.Hgroup, atom.Hr, atom.Iframe, atom.Img, atom.Legend, atom.Li, atom.Main,
		atom.Menu, atom.Nav, atom.Ol, atom.Optgroup, atom.Option, atom.P, atom.Pre, atom.Section, atom.Select, atom.Summary, atom.Table,
		atom.Tbody, atom.Td, atom.Textarea, atom.Tfoot, atom.Th, atom.Thead, atom.Title, atom.Tr, atom.Ul:
		return true
	}
	return false
}

// collapse is for a text that the field has: in JSON it is strings where white space counts.
func (f *Field) collapse(s string) string {
	if f.kind == JSON {
		return strings.TrimSpace(s)
	}
	return collapse(s)
}

// collapse makes one space of every stretch of white space, and none at the ends.
func collapse(s string) string {
	if isCollapsed(s) {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

func isCollapsed(s string) bool {
	before := ' '
	for _, r := range s {
		if unicode.IsSpace(r) && (r != ' ' || before == ' ') {
			return false
		}
		before = r
	}
	return s == "" || before != ' '
}

// begin is the beginning of s, for a message.
func begin(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	n := most
	for n > most-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
