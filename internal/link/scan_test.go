package link

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// tagNames and attributeNames are how tests write them.
var (
	tagNames = [...]string{
		tagA: "a", tagArea: "area", tagAudio: "audio", tagBase: "base", tagEmbed: "embed", tagForm: "form", tagFrame: "frame",
		tagHTML: "html", tagIframe: "iframe", tagImg: "img", tagInput: "input", tagLink: "link", tagMeta: "meta", tagObject: "object",
		tagScript: "script", tagSource: "source", tagStyle: "style", tagTitle: "title", tagTrack: "track", tagVideo: "video",
	}
	attributeNames = [nAttributes]string{
		attrAction: "action", attrCharset: "charset", attrContent: "content", attrData: "data", attrHref: "href",
		attrHTTPEquiv: "http-equiv", attrImagesrcset: "imagesrcset", attrLang: "lang", attrMedia: "media", attrMethod: "method",
		attrName: "name", attrPoster: "poster", attrRel: "rel", attrSrc: "src", attrSrcset: "srcset", attrType: "type",
	}
)

// heard is a reader that writes down what it is told, one line for each element and each text, and whether it was told
// in the right order.
type heard struct {
	lines   []string
	words   []byte
	expects tag // the element whose text must come next
	wrong   string
}

func (h *heard) element(e *element) {
	if h.expects != tagNone {
		h.wrong = "an element before the end of a text"
	}
	if e.tag == tagTitle || e.tag == tagStyle {
		h.expects = e.tag
	}
	h.lines = append(h.lines, describe(e))
}

func (h *heard) text(t tag, p []byte, last bool) {
	if h.expects != t {
		h.wrong = "a text that no element announced"
	}
	h.words = append(h.words, p...)
	if last {
		if t == tagStyle { // the scanner gives it as it is written
			h.words = bytes.ReplaceAll(bytes.ReplaceAll(h.words, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
			h.words = bytes.ReplaceAll(h.words, []byte("\x00"), []byte("\ufffd"))
		}
		h.lines = append(h.lines, fmt.Sprintf("%s: %q", tagNames[t], h.words))
		h.words, h.expects = h.words[:0], tagNone
	}
}

// describe writes an element as a line: its name, and its attributes in the order of their numbers.
func describe(e *element) string {
	var b strings.Builder
	b.WriteString(tagNames[e.tag])
	for a := range nAttributes {
		if value, ok := e.get(a); ok {
			fmt.Fprintf(&b, " %s=%q", attributeNames[a], value)
		}
	}
	return b.String()
}

// scanWhole is what a new scanner says of a document that comes in stretches.
func scanWhole(t testing.TB, stretches ...[]byte) []string {
	t.Helper()
	var s scanner
	var h heard
	s.reset(&h)
	for _, p := range stretches {
		q := slices.Clone(p) // which is overwritten, as it is not the scanner's to keep
		s.write(q)
		for i := range q {
			q[i] = '#'
		}
	}
	s.close()
	if h.expects != tagNone {
		h.wrong = "a text without its end"
	}
	if h.wrong != "" {
		t.Fatalf("%q: %s: %q", bytes.Join(stretches, []byte("|")), h.wrong, h.lines)
	}
	return h.lines
}

// checkSplits requires that the document in whole is want, and in any two parts, in three about each place, and byte by byte.
func checkSplits(t *testing.T, document string, want []string) {
	t.Helper()
	check := func(stretches ...[]byte) {
		t.Helper()
		if got := scanWhole(t, stretches...); !slices.Equal(got, want) {
			t.Fatalf("%q:\ngot  %q\nwant %q", stretches, got, want)
		}
	}
	p := []byte(document)
	check(p)
	each := make([][]byte, len(p))
	for i := range p {
		each[i] = p[i : i+1]
		check(p[:i], p[i:])
		check(p[:i], p[i:i+1], p[i+1:])
		check(p[:i], p[i:min(i+7, len(p))], p[min(i+7, len(p)):])
	}
	check(each...)
}

// TestScanner: what the hard cases are, however the document is split, and as the oracle has them too.
func TestScanner(t *testing.T) {
	for _, c := range scanCases {
		t.Run(c.name, func(t *testing.T) {
			for _, document := range c.documents {
				checkSplits(t, document, c.want)
				if got := tokenize(document); !slices.Equal(got, c.want) {
					t.Errorf("%q: the oracle has\n     %q\nwant %q", document, got, c.want)
				}
			}
		})
	}
}

// TestReset: nothing of a document is left for the next one, wherever it ends.
func TestReset(t *testing.T) {
	var s scanner
	for _, c := range scanCases {
		for _, document := range c.documents {
			for i := range len(document) {
				var h heard
				s.reset(&h)
				s.write([]byte(document[:i]))
				if i%2 == 0 {
					s.close()
				}
				h = heard{}
				s.reset(&h)
				s.write([]byte(`<a href=x&amp;><title>y</title><svg><a href=z></svg>`))
				s.close()
				if want := []string{`a href="x&"`, `title`, `title: "y"`}; !slices.Equal(h.lines, want) {
					t.Fatalf("behind %q: %q, want %q", document[:i], h.lines, want)
				}
			}
		}
	}
}

// TestLongTags: a tag is looked at up to its limit, and ends where it ends, also when it is split.
func TestLongTags(t *testing.T) {
	long := strings.Repeat("x", maxTag)
	room := func(n int) string { return strings.Repeat(" ", n) }
	for name, c := range map[string]struct {
		document string
		want     []string
	}{
		"value too long":       {`<a rel=b href="` + long + `"><a href=c>`, []string{`a rel="b"`, `a href="c"`}},
		"value in the name":    {`<` + long + ` href="><a href=b>"><a href=c>`, []string{`a href="c"`}},
		"key too long":         {`<a rel=b ` + long + `="><a>" href=d><a href=c>`, []string{`a rel="b"`, `a href="c"`}},
		"unquoted too long":    {`<a rel=b href=` + long + ` media=d><a href=c>`, []string{`a rel="b"`, `a href="c"`}},
		"end tag":              {`<title>a</title ` + long + `=">"><a href=c>`, []string{`title`, `title: "a"`, `a href="c"`}},
		"end tag in svg":       {`<svg></` + long + `></svg ` + long + `=">"><a href=c>`, []string{`a href="c"`}},
		"style":                {`<style media=b href="` + long + `"><a></style>`, []string{`style media="b"`, `style: "<a>"`}},
		"uninteresting":        {`<p class="` + long + `><a href=b>"><a href=c>`, []string{`a href="c"`}},
		"in svg":               {`<svg><path d="` + long + `><p>"/><a href=b></svg><a href=c>`, []string{`a href="c"`}},
		"self-closing":         {`<svg/ d="` + long + `"/><a href=c>`, []string{`a href="c"`}},
		"name of foreign":      {`<svg><` + long + `><a href=b></` + long + `></svg><a href=c>`, []string{`a href="c"`}},
		"the last that fits":   {`<a href=b rel="` + strings.Repeat("y", maxTag-len(`<a href=b rel="" `)) + `" media=d><a href=c>`, []string{`a href="b" rel="` + strings.Repeat("y", maxTag-len(`<a href=b rel="" `)) + `"`, `a href="c"`}},
		"the first that fails": {`<a href=b rel="` + strings.Repeat("y", maxTag-len(`<a href=b rel="`)) + `" media=d><a href=c>`, []string{`a href="b"`, `a href="c"`}},
		"whole and at limit":   {`<a href=b` + room(maxTag-len(`<a href=b>`)) + `><a href=c>`, []string{`a href="b"`, `a href="c"`}},
		"references":           {`<a href=b&amp; rel="&amp;` + long + `"><a href=c>`, []string{`a href="b&"`, `a href="c"`}},
	} {
		t.Run(name, func(t *testing.T) {
			p := []byte(c.document)
			for _, size := range []int{len(p), len(p) - 15, maxTag + 1, maxTag, maxTag - 1, 1000, 1} {
				if got := scanWhole(t, slices.Collect(slices.Chunk(p, size))...); !slices.Equal(got, c.want) {
					t.Fatalf("in stretches of %d: %.300q, want %.300q", size, got, c.want)
				}
			}
		})
	}
}

// TestDeepNesting: elements that are not kept, as there are too many, do no harm when they are closed in order.
func TestDeepNesting(t *testing.T) {
	for _, c := range [][2]string{{"<g>", "</g>"}, {"<g><desc>", "</desc></g>"}, {"<svg>", "</svg>"}, {"<desc><svg>", "</svg></desc>"}} {
		for _, depth := range []int{maxOpen/2 - 1, maxOpen, 3 * maxOpen} {
			document := "<svg>" + strings.Repeat(c[0], depth) + "<g><a href=0></a></g>" + strings.Repeat(c[1], depth) + "</svg><a href=1>"
			got := scanWhole(t, []byte(document))
			if len(got) == 0 || got[len(got)-1] != `a href="1"` {
				t.Errorf("%d of %s: %q", depth, c[0], got)
			}
			if want := tokenize(document); !slices.Equal(got, want) {
				t.Errorf("%d of %s: %q, the oracle has %q", depth, c[0], got, want)
			}
		}
	}
}

// TestNumberWithoutEnd: the digits of a reference in a title need not be kept.
func TestNumberWithoutEnd(t *testing.T) {
	zeros, nines := strings.Repeat("0", 5000), strings.Repeat("9", 5000)
	for document, want := range map[string]string{
		"&#" + zeros + "65;": "A", "&#x" + zeros + "41": "A", "&#x" + zeros + nines + ";": "\ufffd", "&#" + nines: "\ufffd",
		"&#" + zeros: "\ufffd", "&#" + zeros + "1114112;": "\ufffd", "&#" + zeros + "1114111;": "\U0010ffff", "&#" + zeros + "65z": "Az",
	} {
		want := []string{"title", fmt.Sprintf("title: %q", want)}
		for _, size := range []int{10000, 64, 65, 7, 1} {
			var s scanner
			var h heard
			s.reset(&h)
			for p := range slices.Chunk([]byte("<title>"+document), size) {
				s.write(p)
				if size <= joint && cap(s.carry) > maxKept {
					t.Fatalf("%.20q: the scanner keeps %d bytes", document, cap(s.carry))
				}
			}
			s.close()
			if !slices.Equal(h.lines, want) {
				t.Errorf("%.20q in stretches of %d: %q, want %q", document, size, h.lines, want)
			}
		}
	}
}

// nobody is a reader that does not read.
type nobody struct{ n int }

func (r *nobody) element(e *element)     { r.n += int(e.tag) }
func (r *nobody) text(tag, []byte, bool) { r.n++ }

// TestScannerAllocations: a scanner that has seen such a document allocates nothing for the next one, split or not, and between
// tags it holds little, whatever it has seen.
func TestScannerAllocations(t *testing.T) {
	var s scanner
	var r nobody
	page := bytes.Repeat(generatedPage(), 2)
	for _, size := range []int{len(page), 4096, 100, 1} {
		if allocs := testing.AllocsPerRun(3, func() {
			s.reset(&r)
			for p := range slices.Chunk(page, size) {
				s.write(p)
			}
			s.close()
		}); allocs != 0 {
			t.Errorf("in stretches of %d: %v allocations for a page, want none", size, allocs)
		}
	}
	s.reset(&r)
	big := []byte(`<a href="` + strings.Repeat("&eacute;", 20000) + `"><title>` + strings.Repeat("&eacute;", 20000) + `<b>` + strings.Repeat("<svg>", 500))
	for p := range slices.Chunk(big, 1000) {
		s.write(p)
	}
	s.close()
	if n := cap(s.carry) + cap(s.decoded) + cap(s.nested.stack); n > 3*maxKept {
		t.Errorf("the scanner holds %d bytes", n)
	}
}

// TestNames: every name that has a meaning is found, in any case, and no other.
func TestNames(t *testing.T) {
	for tag, name := range tagNames {
		for _, name := range []string{name, strings.ToUpper(name)} {
			if name != "" && (!mayMatter([]byte(name)) || int(kindOf([]byte(name)).tag) != tag) {
				t.Errorf("%s is not known", name)
			}
		}
	}
	for _, name := range []string{"svg", "math", "template", "noembed", "noframes", "noscript", "plaintext", "textarea", "xmp", "image"} {
		if !mayMatter([]byte(name)) || kindOf([]byte(name)) == (kind{}) {
			t.Errorf("%s is not known", name)
		}
	}
	for a, name := range attributeNames {
		for _, name := range []string{name, strings.ToUpper(name)} {
			if got, ok := attributeOf([]byte(name)); !ok || int(got) != a {
				t.Errorf("%s is attribute %d, %v", name, got, ok)
			}
		}
	}
	for _, name := range []string{"hrefs", "hre", "h\x32ef", "data-", "sr\x03", "\x13rc", "httpxequiv", "é"} {
		if _, ok := attributeOf([]byte(name)); ok {
			t.Errorf("%q is an attribute", name)
		}
	}
	if !utf8.ValidString(references) {
		t.Error("references are no text")
	}
}
