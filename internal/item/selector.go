package item

import (
	"errors"
	"fmt"

	"github.com/andybalholm/cascadia"
	"github.com/antchfx/htmlquery"
	"github.com/antchfx/xpath"
	"golang.org/x/net/html"
)

// selector finds places in a document. The zero value is where it is asked: the element of an item itself.
type selector struct {
	css   cascadia.SelectorGroup
	xpath string // compiled for each document: a compiled one has state, and is not for several at once
}

func newCSS(s string) (sel selector, err error) {
	if sel.css, err = cascadia.ParseGroup(s); err != nil {
		return sel, fmt.Errorf("%q is no CSS selector: %w", s, err)
	}
	return sel, nil
}

func newXPath(s string) (sel selector, err error) {
	if s == "" {
		return sel, errors.New("an XPath is empty")
	}
	if _, err := compileXPath(s); err != nil {
		return sel, fmt.Errorf("%q is no XPath: %w", s, err)
	}
	return selector{xpath: s}, nil
}

// compileXPath turns what the library panics with into an error.
func compileXPath(s string) (x *xpath.Expr, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%v", v)
		}
	}()
	return xpath.Compile(s)
}

func (s *selector) isZero() bool { return s.css == nil && s.xpath == "" }

// place is what a selector has found: an element, or with node nil a text, as the value of an attribute is in XPath.
type place struct {
	node *html.Node
	text string
}

// find finds all places below n, in the order of the document.
func (d *document) find(n *html.Node, s *selector) []place {
	switch {
	case s.css != nil:
		nodes := cascadia.QueryAll(n, s.css)
		places := make([]place, len(nodes))
		for i, n := range nodes {
			places[i].node = n
		}
		return places
	case s.xpath != "":
		return d.findXPath(n, s.xpath)
	}
	return []place{{node: n}}
}

func (d *document) findXPath(n *html.Node, expression string) []place {
	x := d.compiled[expression]
	if x == nil {
		var err error
		if x, err = compileXPath(expression); err != nil { // it compiled at the start
			panic(err)
		}
		d.compiled[expression] = x
	}
	switch v := x.Evaluate(htmlquery.CreateXPathNavigator(n)).(type) {
	case *xpath.NodeIterator:
		var places []place
		for v.MoveNext() {
			at := v.Current().(*htmlquery.NodeNavigator)
			if at.NodeType() == xpath.ElementNode || at.NodeType() == xpath.RootNode {
				places = append(places, place{node: at.Current()})
			} else {
				places = append(places, place{text: at.Value()})
			}
		}
		return places
	case float64:
		return []place{{text: formatFloat(v)}}
	default: // string, bool
		return []place{{text: fmt.Sprint(v)}}
	}
}
