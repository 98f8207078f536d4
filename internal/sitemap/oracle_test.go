package sitemap

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
)

// events writes down what a tree is told. Text is that within elements; line ends are as XML has them.
type events struct {
	tree     *tree
	list     []string
	gathered strings.Builder
}

const anyRole role = 1

func (v *events) stay(*element) int { return len(v.tree.frames) }
func (v *events) wants(role) bool   { return true }
func (v *events) failed() error     { return nil }

func (v *events) start(e *element) role {
	line := fmt.Sprintf("<%d %s", e.space, e.local)
	for _, a := range e.attrs {
		line += fmt.Sprintf(" %s=%q", a.name, lineEnds(string(unescape(nil, a.value))))
	}
	v.add(line)
	return anyRole
}

func (v *events) end(role) { v.add(">") }

func (v *events) text(_ role, b []byte, _, refs bool) {
	if refs {
		b = unescape(nil, b)
	}
	v.gathered.Write(b)
}

func (v *events) add(line string) {
	if v.gathered.Len() > 0 {
		v.list = append(v.list, fmt.Sprintf("%q", lineEnds(v.gathered.String())))
		v.gathered.Reset()
	}
	v.list = append(v.list, line)
}

func lineEnds(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// scan gives a document to a scanner, so many bytes at a time.
func scan(document string, step int) (v *events, err error) {
	v = &events{tree: &tree{}}
	v.tree.to = v
	s := scanner{to: v.tree}
	for len(document) > 0 && err == nil {
		n := min(step, len(document))
		piece := []byte(document[:n])
		err = s.write(piece)
		clear(piece)
		document = document[n:]
	}
	return v, err
}

// byStandardLibrary is what encoding/xml makes of a document, whose namespaces are numbered by t; ok is false if it is
// not well-formed. One decoder resolves namespaces, the other has attributes as they are written.
func byStandardLibrary(document string, t *tree) (v *events, ok bool) {
	v = &events{tree: t}
	resolved, raw := xml.NewDecoder(strings.NewReader(document)), xml.NewDecoder(strings.NewReader(document))
	depth := 0
	for {
		token, err := resolved.Token()
		if err != nil {
			return v, errors.Is(err, io.EOF)
		}
		written, err := raw.RawToken()
		if err != nil {
			return v, false
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			space := strings.Replace(token.Name.Space, "http://www.w3.org/XML/1998/namespace", "xml", 1)
			line := fmt.Sprintf("<%d %s", t.intern([]byte(space)), token.Name.Local)
			for _, a := range written.(xml.StartElement).Attr {
				name := a.Name.Local
				if a.Name.Space != "" {
					name = a.Name.Space + ":" + name
				}
				line += fmt.Sprintf(" %s=%q", name, lineEnds(a.Value))
			}
			v.add(line)
		case xml.EndElement:
			depth--
			v.add(">")
		case xml.CharData:
			if depth > 0 {
				v.gathered.Write(token)
			}
		}
	}
}

// outOfReach are documents that are read otherwise on purpose: see the bounds of a tree and of unescape. encoding/xml
// takes "<!>" for the beginning of a declaration, and knows no instructions in one.
func outOfReach(document string) bool {
	return len(document) > maxName*4 || strings.Contains(document, "XML/1998") || strings.Contains(document, "xmlns:xmlns") ||
		regexp.MustCompile(`&#x?0{10}|<![^A-Za-z[-]|<![A-Za-z][^>]*<\?|(?s:<![A-Za-z][^>]*\[.*<\?)`).MatchString(document)
}

// agree checks that the scanner finds in a well-formed document what encoding/xml does, however it is split.
func agree(t *testing.T, document string) (compared bool) {
	t.Helper()
	whole, err := scan(document, 1<<30)
	for _, step := range []int{1, 2, 3, 7} {
		if v, err2 := scan(document, step); fmt.Sprint(v.list, err2) != fmt.Sprint(whole.list, err) {
			t.Fatalf("%q in steps of %d:\n%s %v\nwhole:\n%s %v", document, step, v.list, err2, whole.list, err)
		}
	}
	if err != nil {
		if !errors.Is(err, ErrEntities) || !strings.Contains(strings.ToUpper(document), entity) {
			t.Fatalf("%q: %v", document, err)
		}
		return false
	}
	oracle, ok := byStandardLibrary(document, whole.tree)
	if !ok || outOfReach(document) {
		return false
	}
	if fmt.Sprint(oracle.list) != fmt.Sprint(whole.list) {
		t.Fatalf("%q:\n%s\nencoding/xml has\n%s", document, strings.Join(whole.list, "\n"), strings.Join(oracle.list, "\n"))
	}
	return true
}

// wellFormed are documents that both read.
func wellFormed() []string {
	return []string{
		`<a/>`, `<a></a>`, `<a b="c" d='e"f'/>`, "<a\n b = 'c'\t/>", `<a>x&amp;y&#65;&#x42;&lt;&gt;&quot;&apos;</a>`,
		`<a><![CDATA[<b>&amp;]]]]><![CDATA[>]]></a>`, `<a>x<![CDATA[]]>y<!-- - > -> <b> -->z</a>`,
		`<?xml version="1.0"?><!DOCTYPE a SYSTEM "x>y"><a><?p ? > ?>b</a>`,
		`<!DOCTYPE a [ <!-- ' <!ENTITY --> <!ELEMENT a (b)> <!ATTLIST a b CDATA '>'> ]><a/>`,
		`<a xmlns="u"><b xmlns=""><c/></b><p:d xmlns:p="v" p:e="f"/><p:g/></a>`, `<p:a xmlns:p="http://www.sitemaps.org/schemas/sitemap/0.9"><b/></p:a>`,
		`<a xmlns:x="u&amp;v"><x:b/><y:c xmlns:y='u&#38;v'/></a>`, "<a>\r\n\r</a>", "<é ü='ö'>ä</é>", `<a><b>1</b>2<b>3<c/>4</b>5</a>`, `<a b="&lt;&#10;"/>`,
		`<:a/>`, `<a:/>`, `<xml:a xml:lang="b"/>`, `<a>]]</a>`, `<a>]]<![CDATA[]]]]]]></a>`, `<a><![CDATA[]>]]></a>`, `<a><![CDATA[x]]]></a>`,
	}
}

func TestScannerAgrees(t *testing.T) {
	for _, document := range wellFormed() {
		if !agree(t, document) {
			t.Errorf("%q is not compared", document)
		}
	}
}

// FuzzScanner: in what is well-formed there is what encoding/xml finds, and in anything the same however it is split.
func FuzzScanner(f *testing.F) {
	for _, document := range wellFormed() {
		f.Add(document)
	}
	for _, document := range []string{`<a><b></a>`, `<a b=c d>`, `<a <b>`, `< a>`, `<a>&b;&`, `<!ENTITY a "b">`, `<!DOCTYPE a [<!entity`, `<![CDATA`, `<!->`, `</a>`, `<a "b>"<c>`} {
		f.Add(document)
	}
	f.Fuzz(func(t *testing.T, document string) { agree(t, document) })
}
