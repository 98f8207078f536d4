package main

import (
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// linkAttr is where the elements that lead to other documents say to which.
var linkAttr = map[atom.Atom]string{atom.A: "href", atom.Area: "href", atom.Frame: "src", atom.Iframe: "src", atom.Base: "href"}

// links reads documents for links. Its maps live as long as its worker.
type links struct {
	found map[string]struct{} // references of one document, without fragments
	base  string              // of the document; "" if it names none
	count int64               // of references, repetitions and fragments among them
}

// read reads a document to its end.
func (l *links) read(r io.Reader) error {
	clear(l.found)
	l.base = ""
	z := html.NewTokenizer(r)
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() == io.EOF {
				return nil
			}
			return z.Err()
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			if more {
				l.tag(z, atom.Lookup(name))
			}
		}
	}
}

// tag takes the reference of an element, if it is one that has one.
func (l *links) tag(z *html.Tokenizer, element atom.Atom) {
	if element == atom.Meta {
		l.meta(z)
		return
	}
	attr, ok := linkAttr[element]
	if !ok {
		return
	}
	for more := true; more; {
		var key, value []byte
		key, value, more = z.TagAttr()
		if string(key) != attr {
			continue
		}
		if element != atom.Base {
			l.add(value)
		} else if l.base == "" {
			l.base = strings.TrimSpace(string(value))
		}
		return
	}
}

// meta takes the URL of <meta http-equiv=refresh content="0; url=...">.
func (l *links) meta(z *html.Tokenizer) {
	refresh, content := false, ""
	for more := true; more; {
		var key, value []byte
		key, value, more = z.TagAttr()
		switch string(key) {
		case "http-equiv":
			refresh = strings.EqualFold(string(value), "refresh")
		case "content":
			content = string(value)
		}
	}
	if !refresh {
		return
	}
	_, rest, _ := strings.Cut(content, ";")
	if rest = strings.TrimSpace(rest); len(rest) > 4 && strings.EqualFold(rest[:4], "url=") {
		l.add([]byte(strings.Trim(rest[4:], `"' `)))
	}
}

// add keeps a reference, once for each document. A map is asked with string(b) without a copy of b.
func (l *links) add(reference []byte) {
	l.count++
	for i, c := range reference {
		if c == '#' {
			reference = reference[:i]
			break
		}
	}
	if len(reference) == 0 {
		return // the document itself
	}
	if _, old := l.found[string(reference)]; !old {
		l.found[string(reference)] = struct{}{}
	}
}

// resolve appends to out the pages of scheme and host that the document at from leads to.
func (l *links) resolve(out []page, from page, scheme, host string) []page {
	base := from.url
	if l.base != "" {
		if u, err := base.Parse(l.base); err == nil {
			base = u
		}
	}
	for reference := range l.found {
		u, err := base.Parse(strings.TrimSpace(reference))
		if err != nil || u.Scheme != scheme || u.Host != host {
			continue
		}
		if u.Path == "" {
			u.Path = "/"
		}
		out = append(out, page{url: u, text: u.String(), depth: from.depth + 1})
	}
	return out
}
