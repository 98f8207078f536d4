package item

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/antchfx/xpath"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"crawl/internal/link"
)

// MaxDocument is the largest document that is taken apart, in bytes, decoded: its tree takes some ten times that.
const MaxDocument = 16 << 20

// maxItems and maxFaults bound what is kept of one document.
const (
	maxItems  = 100_000
	maxFaults = 100
)

// ErrTooLarge says that a document is longer than MaxDocument.
var ErrTooLarge = errors.New("the page is longer than 16 MiB")

var errTooMany = errors.New("the page has more than 100,000 items")

// A Set is what is looked for in documents: fields of a page, and items of which a page may have many. Add and Load make it;
// then it does not change, and is for several documents at once.
type Set struct {
	page   []*Field // of Add
	each   selector // of items; the zero value: a page is one, if it has any of fields
	fields []*Field // of Load: those of an item
}

// Fields are the names of the fields of a page, in the order of Result.Page.
func (s *Set) Fields() []string {
	if s.HasItems() {
		return names(s.page)
	}
	return append(names(s.page), names(s.fields)...)
}

// HasItems reports whether pages have items besides.
func (s *Set) HasItems() bool { return !s.each.isZero() }

// ItemFields are the names of the fields of each item, in the order of Result.Items.
func (s *Set) ItemFields() []string { return names(s.fields) }

// Add adds a field of pages.
func (s *Set) Add(f *Field) error {
	if has(s.page, f.Name) {
		return fmt.Errorf("there are two fields %q", f.Name)
	}
	s.page = append(s.page, f)
	return nil
}

// A Result is what was taken out of a document.
type Result struct {
	Page   []any   // values of the page's fields, nil where there is none; nil: it has none at all
	Items  [][]any // likewise, for each item
	Faults []Fault
	More   int   // faults that were not kept
	Err    error // why nothing was taken out

	Valid, Invalid int // items, or with a schema without "each" the page, if it has any of its fields
}

// A Fault is a value that is none, or one that is missing.
type Fault struct {
	Field   string
	Item    int    // which of Result.Items, from 0; -1: the page
	Text    string // that is no value, its first 200 bytes; "" if it is missing
	Problem string
}

// document is one of them while it is taken apart.
type document struct {
	root     *html.Node
	at       *link.URL
	baseURL  *link.URL // nil: not known yet
	left     int       // bytes that may be taken out
	compiled map[string]*xpath.Expr
	result   Result
}

// Extract takes a document apart that was found at a URL. label is the parameter charset of its Content-Type.
func (s *Set) Extract(doc []byte, label string, at *link.URL) (result Result) {
	defer func() {
		switch v := recover(); v {
		case nil:
		case errTooMuch, errTooMany:
			result = Result{Err: v.(error)}
		default: // of a library: what it could not do is not worth the crawl
			result = Result{Err: fmt.Errorf("the page cannot be taken apart: %s", begin(fmt.Sprint(v)))}
		}
	}()
	text, _ := link.Decode(link.HTML, label, doc)
	if len(text) > MaxDocument {
		return Result{Err: ErrTooLarge}
	}
	root, err := html.ParseWithOptions(bytes.NewReader(text), html.ParseOptionEnableScripting(false))
	if err != nil {
		return Result{Err: errors.New(strings.TrimPrefix(err.Error(), "html: "))}
	}
	d := &document{root: root, at: at, left: maxText, compiled: map[string]*xpath.Expr{}}
	s.readPage(d)
	s.readItems(d)
	return d.result
}

func (s *Set) readPage(d *document) {
	at := place{node: d.root}
	values, found := d.values(s.page, at, -1, false)
	if !s.HasItems() && len(s.fields) > 0 {
		before := len(d.result.Faults) + d.result.More
		item, isItem := d.values(s.fields, at, -1, true)
		if isItem {
			d.count(before)
		}
		values, found = append(values, item...), found || isItem
	}
	if found {
		d.result.Page = values
	}
}

func (s *Set) readItems(d *document) {
	if !s.HasItems() {
		return
	}
	for i, p := range d.find(d.root, &s.each) {
		if i == maxItems {
			panic(errTooMany)
		}
		before := len(d.result.Faults) + d.result.More
		values, _ := d.values(s.fields, p, i, false)
		d.result.Items = append(d.result.Items, values)
		d.count(before)
	}
}

// count counts the item that was read since there were so many faults.
func (d *document) count(before int) {
	if len(d.result.Faults)+d.result.More == before {
		d.result.Valid++
	} else {
		d.result.Invalid++
	}
}

// values are those of fields at a place. If nothing was found there, and isOptional, there are none, and nothing is missed.
func (d *document) values(fields []*Field, p place, item int, isOptional bool) (values []any, found bool) {
	faults, more := len(d.result.Faults), d.result.More
	for _, f := range fields {
		v, ok := f.value(d, p, func(text, problem string) {
			if len(d.result.Faults) == maxFaults {
				d.result.More++
				return
			}
			d.result.Faults = append(d.result.Faults, Fault{f.Name, item, begin(text), problem})
		})
		values = append(values, v)
		found = found || ok
	}
	if isOptional && !found {
		d.result.Faults, d.result.More = d.result.Faults[:faults], more
		clear(values) // of defaults
	}
	return values, found
}

// base is what URLs in the document are relative to.
func (d *document) base() *link.URL {
	if d.baseURL == nil {
		d.baseURL = d.at
		if ref, ok := baseElement(d.root); ok {
			if u, err := d.at.Resolve(ref); err == nil {
				d.baseURL = &u
			}
		}
	}
	return d.baseURL
}

// baseElement is the href of the first base element that has one.
func baseElement(n *html.Node) (href string, ok bool) {
	if n.DataAtom == atom.Base && n.Namespace == "" {
		for _, a := range n.Attr {
			if a.Key == "href" {
				return a.Val, true
			}
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if href, ok := baseElement(c); ok {
			return href, true
		}
	}
	return "", false
}
