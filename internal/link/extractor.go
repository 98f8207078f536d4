package link

import (
	"hash/maphash"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
)

// A Document is what is read for its links.
type Document uint8

// The documents that have links.
const (
	HTML Document = iota // also XHTML, which is read the same way
	CSS
)

// DocumentOf is what a media type, in lower case and without parameters, is a name of; ok is false if of nothing that
// has links.
func DocumentOf(mediaType string) (d Document, ok bool) {
	switch mediaType {
	case "text/html", "application/xhtml+xml":
		return HTML, true
	case "text/css":
		return CSS, true
	}
	return 0, false
}

// ExtractorOptions say what is looked for. The zero value is what a crawl wants.
type ExtractorOptions struct {
	Agent     string // our product token: <meta name=Agent> is read as <meta name=robots> is
	Fragments bool   // references are kept with their fragments, and so more of them are different
}

// An Extractor reads documents as they arrive, in stretches, and says at the end of each what links it has. One is for
// many documents, one after the other: Begin, Write as often as there is something, End, then Links as often as
// wanted, up to the next Begin. It is to be used by one task at a time.
//
// References are kept as they are written, each once, up to 8 MiB or 262,144 of them; what is beyond is counted
// (Page.Dropped). They are resolved at the end, for a base element is meant for those before it too.
type Extractor struct {
	options ExtractorOptions
	html    source
	css     cssReader
	style   cssReader // of style elements
	decode  Transcoder
	toHTML  func([]byte)
	toCSS   func([]byte)

	kind  Document
	label string // of the encoding
	head  []byte // until the encoding is known
	need  int    // so many bytes of it
	known bool   // it is
	cs    charset
	from  CharsetSource
	late  bool // all was read in an encoding that was assumed, and the document turned out to be in cs

	refs      refs
	written   string // text of refs, at the end
	canonical int    // its place in refs and 1, or 0
	base      []byte // the first base element's reference
	hasBase   bool
	title     []byte
	titles    int // seen
	lang      []byte
	hasLang   bool
	page      Page
	url       URL
}

// source tells a reader what an HTML document has. It is the scanner, and in tests what that is held against.
type source interface {
	reset(r reader)
	write(p []byte)
	close()
}

// NewExtractor makes an Extractor.
func NewExtractor(o ExtractorOptions) *Extractor { return newExtractor(o, new(scanner)) }

func newExtractor(o ExtractorOptions, html source) *Extractor {
	x := &Extractor{options: o, html: html}
	x.refs.seed = maphash.MakeSeed()
	x.css.found, x.style.found = x.found, x.found
	x.toHTML, x.toCSS = html.write, x.css.write
	return x
}

// Begin begins another document. label is the parameter charset of its Content-Type, "" if there is none.
func (x *Extractor) Begin(kind Document, label string) {
	x.kind, x.label = kind, label
	x.known, x.late, x.head = false, false, x.head[:0]
	x.need = sniffed
	if _, ok := lookupCharset(label); ok {
		x.need = longestMark
	}
	x.refs.reset()
	x.written, x.canonical, x.url = "", 0, URL{}
	x.base, x.title, x.lang = x.base[:0], x.title[:0], x.lang[:0]
	x.hasBase, x.hasLang, x.titles = false, false, 0
	x.page = Page{}
	x.css.long, x.style.long = 0, 0
	x.css.reset()
	x.style.reset()
	if kind == HTML {
		x.html.reset(x)
		x.decode.to = x.toHTML
	} else {
		x.decode.to = x.toCSS
	}
}

// Write takes the next stretch of the document, which may be of any length, and cut anywhere.
func (x *Extractor) Write(p []byte) {
	if !x.known {
		if len(x.head) == 0 && len(p) >= x.need {
			p = p[x.sniff(p[:x.need]):]
		} else {
			n := min(x.need-len(x.head), len(p))
			x.head = append(x.head, p[:n]...)
			if p = p[n:]; len(x.head) < x.need {
				return
			}
			x.writeHead()
		}
	}
	x.decode.Write(p)
}

// sniff settles the encoding by the first bytes of the document.
func (x *Extractor) sniff(head []byte) (bom int) {
	x.known = true
	x.cs, x.from, bom = sniff(x.kind, head, x.label)
	x.decode.reset(x.cs)
	return bom
}

func (x *Extractor) writeHead() {
	bom := x.sniff(x.head)
	x.decode.Write(x.head[bom:])
}

// redeclare is called when the document says in which encoding it is, behind where browsers look first. They begin
// again then; here it goes on as before, and what was read is mended at the end.
func (x *Extractor) redeclare(c charset) {
	x.from = CharsetContent
	x.late = c.name != x.cs.name
	x.cs = c
}

// Field adds the links of a Link field of the response.
func (x *Extractor) Field(value string) {
	for l := range ParseLinkHeader(value) {
		if l.Kind != KindNone {
			x.add([]byte(l.Ref), l.Kind, l.NoFollow, refUTF8|refField)
		}
	}
}

// found is called with what CSS refers to.
func (x *Extractor) found(p []byte, kind Kind) { x.add(p, kind, false, refUTF8) }

// add keeps a reference, unless it is of a scheme that is not fetched.
func (x *Extractor) add(p []byte, kind Kind, nofollow bool, flags refFlags) {
	p = trimURL(p)
	if !x.options.Fragments {
		p = cutFragment(p)
	}
	switch isHTTP, has := schemeOf(p); {
	case has && !isHTTP:
		x.page.Other++
		return
	case len(p) > MaxURL:
		x.page.Dropped++
		return
	}
	if nofollow {
		flags |= refNoFollow
	}
	place, ok := x.refs.add(p, kind, flags)
	if !ok {
		x.page.Dropped++
	} else if kind == KindCanonical && x.canonical == 0 {
		x.canonical = place + 1
	}
}

// End is the end of the document, which was found at u. It returns what the page is.
func (x *Extractor) End(u *URL) Page {
	if !x.known {
		x.writeHead()
	}
	x.decode.Close()
	if x.kind == HTML {
		x.html.close()
	} else {
		x.css.close()
	}
	return x.conclude(u)
}

// conclude says what the page is, when all of it has been read.
func (x *Extractor) conclude(u *URL) Page {
	x.url = *u
	x.written = string(x.refs.text)
	p := &x.page
	p.Charset, p.CharsetFrom = x.cs.name, x.from
	p.Links = len(x.refs.list)
	p.Dropped += x.css.long + x.style.long
	p.Base = x.resolveBase()
	p.Title = collapse(x.mend(string(x.title)), maxTitle)
	p.Lang = collapse(x.mend(string(x.lang)), maxLang)
	if x.canonical > 0 {
		p.Canonical, _, _ = x.resolve(&x.refs.list[x.canonical-1])
	}
	return *p
}

// Links yields the links of the document, Page.Links of them, in the order in which they appear first. URLs are made as
// they are yielded, which is most of the work.
func (x *Extractor) Links(yield func(Link) bool) {
	for i := range x.refs.list {
		if !yield(x.Link(i)) {
			return
		}
	}
}

// Link is the i-th of them, from 0.
func (x *Extractor) Link(i int) Link {
	r := &x.refs.list[i]
	l := Link{Kind: r.kind, NoFollow: r.flags&refNoFollow != 0}
	l.URL, l.Ref, l.Err = x.resolve(r)
	return l
}

// Kind is that of the i-th of them. It costs nothing: who does not want such links need not have their URLs made.
func (x *Extractor) Kind(i int) Kind { return x.refs.list[i].kind }

// Page is what End has returned.
func (x *Extractor) Page() Page { return x.page }

// resolve makes the URL of a reference.
func (x *Extractor) resolve(r *ref) (u URL, s string, err error) {
	s = x.mend(x.written[r.begin:r.end])
	base, cs := &x.page.Base, x.cs
	if r.flags&refField != 0 {
		base = &x.url
	}
	if r.flags&refUTF8 != 0 {
		cs = utf8Charset()
	}
	u, err = base.resolveIn(s, cs)
	if err == nil && s != "" && strings.HasPrefix(u.href, s) { // it may be a part of x.written, all of which it would keep alive
		u.href = strings.Clone(u.href)
	}
	return u, s, err
}

// resolveBase is the document base URL of the HTML standard. It is the zero URL if relative references are of a scheme that
// is none of ours.
func (x *Extractor) resolveBase() URL {
	if !x.hasBase {
		return x.url
	}
	s := x.mend(string(x.base))
	if isHTTP, has := schemeOf(x.base); has && !isHTTP {
		if name := strings.ToLower(s); strings.HasPrefix(name, "data:") || strings.HasPrefix(name, "javascript:") {
			return x.url
		}
		return URL{}
	}
	u, err := x.url.resolveIn(s, x.cs)
	if err != nil {
		return x.url
	}
	return u
}

// mend is s as valid UTF-8.
func (x *Extractor) mend(s string) string {
	if x.late && !isASCII(s) {
		s = reread(s, x.cs)
	}
	if !utf8.ValidString(s) {
		s, _ = unicode.UTF8.NewDecoder().String(s)
	}
	return s
}
