package sitemap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"crawl/internal/link"
)

// TestFields: what is said of a page, in any order and format.
func TestFields(t *testing.T) {
	for name, c := range map[string]struct{ document, want string }{
		"sitemap": {
			`<urlset ` + sitemapNS + ` xmlns:news="http://n/"><url><priority> 0.8</priority><lastmod>2005-01-02</lastmod><news:priority>0.1</news:priority><loc>http://h/</loc><changefreq>
			Daily </changefreq></url></urlset>`,
			"http://h/ 2005-01-02T00:00:00Z daily 0.8",
		},
		"not readable": {`<urlset><url><loc>http://h/</loc><lastmod>today</lastmod><changefreq>often</changefreq><priority>9</priority></url></urlset>`, "http://h/ 0001-01-01T00:00:00Z  0.5"},
		"RSS":          {`<rss><channel><item><link>http://h/</link><pubDate>Sun, 06 Sep 2009 16:20:00 +0200</pubDate></item></channel></rss>`, "http://h/ 2009-09-06T14:20:00Z  0.5"},
		"RSS 1.0": {
			`<r:RDF xmlns:r="http://r/" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><item><link>http://h/</link><dc:date>2009-09-06T16:20Z</dc:date></item></r:RDF>`,
			"http://h/ 2009-09-06T16:20:00Z  0.5",
		},
		"Atom, updated first": {
			"<feed " + atomNS + `><entry><updated>2003-12-13T18:30:02Z</updated><published>2002-12-13T18:30:02Z</published><link href="http://h/"/></entry></feed>`,
			"http://h/ 2003-12-13T18:30:02Z  0.5",
		},
		"Atom, updated last": {
			"<feed " + atomNS + `><entry><published>2002-12-13T18:30:02Z</published><link href="http://h/"/><updated>2003-12-13T18:30:02Z</updated></entry></feed>`,
			"http://h/ 2003-12-13T18:30:02Z  0.5",
		},
		"Atom, published only": {"<feed " + atomNS + `><entry><published>2002-12-13T18:30:02Z</published><link href="http://h/"/></entry></feed>`, "http://h/ 2002-12-13T18:30:02Z  0.5"},
	} {
		t.Run(name, func(t *testing.T) {
			got := everywhere(t, Options{}, c.document)
			if got.err != nil || got.Entries != 1 || !strings.HasPrefix(got.String(), c.want+" outside=false\n") {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
		})
	}
	// Nothing of an entry is left for the next.
	got := everywhere(t, Options{Related: true}, `<urlset xmlns:x="http://www.w3.org/1999/xhtml"><url><loc>http://h/1</loc><lastmod>2001</lastmod><changefreq>daily</changefreq><priority>1</priority>`+
		`<x:link rel="alternate" href="http://h/x"/></url><url><loc>http://h/2</loc></url></urlset>`)
	if e := got.list[1]; !e.Modified.IsZero() || e.Frequency != Unspecified || e.Priority != DefaultPriority || len(e.Related) != 0 {
		t.Errorf("got %s", got)
	}
}

func TestRelated(t *testing.T) {
	const xhtml = `xmlns:xhtml="http://www.w3.org/1999/xhtml"`
	for name, c := range map[string]struct{ document, want string }{
		"languages": {
			"<urlset " + xhtml + `><url><xhtml:link rel="alternate" hreflang="de" href="/de?a&amp;b"/><loc>http://h/</loc><xhtml:link href="mailto:x" rel="alternate"/><xhtml:link hreflang='x-default' href='/' rel='Alternate'></xhtml:link>` +
				`<xhtml:link rel="stylesheet" href="/no"/><link rel="alternate" href="/no"/></url></urlset>`,
			"alternate:de:http://h/de?a&b alternate:x-default:http://h/",
		},
		"RSS":  {`<rss><channel><item><link>http://h/</link><enclosure url=" /a.mp3 " length="1"/></item></channel></rss>`, "enclosure::http://h/a.mp3"},
		"Atom": {"<feed " + atomNS + `><entry><link href="/"/><link href="/b" hreflang="fr"/><link rel="enclosure" href="/a.mp3"/><link rel="self" href="/no"/></entry></feed>`, "alternate:fr:http://h/b enclosure::http://h/a.mp3"},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{URL: mustParse(t, "http://h/sitemap.xml")}
			if got := everywhere(t, o, c.document); len(got.list) != 1 || len(got.list[0].Related) != 0 {
				t.Errorf("not asked for, %s", got)
			}
			o.Related = true
			if got := everywhere(t, o, c.document); len(got.list) != 1 || !strings.Contains(got.String(), "outside=false "+c.want+"\n") {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestLimits: bytes and entries are counted to the last one, packed or not.
func TestLimits(t *testing.T) {
	document := "<urlset>" + strings.Repeat("<url><loc>http://h/</loc></url>", 10) + "</urlset>"
	for _, packed := range []bool{false, true} {
		content := document
		if packed {
			content = pack(t, document)
		}
		for _, step := range []int{1, 50, 1 << 30} {
			if r := read(Options{MaxEntries: 10, MaxBytes: int64(len(document))}, []byte(content), step); r.err != nil || r.Entries != 10 {
				t.Errorf("packed %v, in steps of %d: at the limit, %d entries, %v", packed, step, r.Entries, r.err)
			}
			if r := read(Options{MaxEntries: 9}, []byte(content), step); !errors.Is(r.err, ErrEntries) || r.Entries != 9 {
				t.Errorf("packed %v, in steps of %d: %d entries, %v", packed, step, r.Entries, r.err)
			}
			limit := int64(strings.LastIndex(document, "</url>")) // the last entry has its address, and is not at its end
			if r := read(Options{MaxBytes: limit}, []byte(content), step); !errors.Is(r.err, ErrBytes) || r.Entries != 9 || r.Summary.Bytes != limit {
				t.Errorf("packed %v, in steps of %d: %d entries, %d bytes, %v", packed, step, r.Entries, r.Summary.Bytes, r.err)
			}
		}
	}
	if r := everywhere(t, Options{MaxEntries: 2}, "http://h/\nno\nno\nhttp://h/"); !errors.Is(r.err, ErrEntries) || r.Entries != 1 || r.Dropped != 1 {
		t.Errorf("dropped ones count: %s", r)
	}
}

// TestLongValues: an address may be as long as a URL may be, however it is written; what is longer is dropped, and the
// entries around it are not.
func TestLongValues(t *testing.T) {
	longest := "http://h/" + strings.Repeat("a", link.MaxURL-len("http://h/"))
	for name, c := range map[string]struct {
		address string
		fits    bool
	}{
		"longest":    {longest, true},
		"too long":   {longest + "a", false},
		"far longer": {longest + longest + longest + longest, false},
		"in CDATA":   {"<![CDATA[" + longest + "]]>", true},
		"in pieces":  {longest[:30000] + "<!-- -->" + longest[30000:], true},
		"many":       {strings.Repeat("<![CDATA["+longest+"]]>", 5), false},
		"no ends":    {strings.Repeat("&amp", 3*maxValue), false},
	} {
		document := []byte("<urlset><url><loc>http://h/1</loc></url><url><loc>" + c.address + "</loc></url><url>" + c.address + "</url><url><loc>http://h/2</loc></url></urlset>")
		for _, step := range []int{1000, 30011, 1 << 30} {
			r := read(Options{}, document, step)
			want := map[bool]int{true: 4, false: 2}[c.fits]
			if r.err != nil || r.Entries != want || r.Entries+r.Dropped != 4 || r.list[0].URL.String() != "http://h/1" || r.list[want-1].URL.String() != "http://h/2" {
				t.Errorf("%s, in steps of %d: %d entries, %d dropped, %v", name, step, r.Entries, r.Dropped, r.err)
			}
		}
	}
	if r := read(Options{}, []byte(longest+"\n"+strings.Repeat(longest, 5)+"\nhttp://h/2"), 999); r.Entries != 2 || len(r.lost) != 1 || !strings.Contains(r.lost[0], ErrLongAddress.Error()) {
		t.Errorf("text: %d entries, %v", r.Entries, r.err)
	}
}

// TestLongTags: a tag of any length is an element, and what it says in its beginning counts.
func TestLongTags(t *testing.T) {
	long := strings.Repeat("x", 2*maxTag)
	for _, document := range []string{
		`<urlset><url><loc>http://h/</loc><image data="` + long + `"/><image data="` + long + `"></image><` + long + `><loc>http://no/</loc></` + long + `></url></urlset>`,
		`<feed><entry><link href="http://h/" title="` + long + `"/><img src="` + long + `"><link href="http://no/"/></img></entry></feed>`,
	} {
		for _, step := range []int{777, maxTag, 1 << 30} {
			if r := read(Options{}, []byte(document), step); r.err != nil || r.addresses() != "http://h/" || r.Dropped != 0 || r.Cut {
				t.Errorf("%.30q in steps of %d: %d entries, %d dropped, cut %v, %v", document, step, r.Entries, r.Dropped, r.Cut, r.err)
			}
		}
	}
}

// endless writes so many bytes of a document that never ends, and returns how much memory the parser holds then.
func endless(t *testing.T, begin, again string, size int) (held int64) {
	t.Helper()
	entries := 0
	p := NewParser(Options{Related: true, MaxBytes: 1 << 40, MaxEntries: 1 << 40}, func(*Entry) { entries++ })
	memory := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	stretch := []byte(strings.Repeat(again, 1+(64<<10)/len(again)))
	before := memory()
	if _, err := p.Write([]byte(begin)); err != nil {
		t.Fatal(err)
	}
	for n := 0; n < size; n += len(stretch) {
		if _, err := p.Write(stretch); err != nil {
			t.Fatalf("%.40q: %v", again, err)
		}
	}
	held = memory() - before
	runtime.KeepAlive(p)
	p.Stop()
	return held
}

// TestMemory: whatever a document is made of, what a parser holds has a bound.
func TestMemory(t *testing.T) {
	for name, c := range map[string][2]string{
		"entries":    {"<urlset>", "<url><loc>http://h/</loc></url>"},
		"an address": {"<urlset><url><loc>", "x"},
		"CDATA":      {"<urlset><url><loc><![CDATA[", "]]"},
		"a tag":      {"<urlset><a ", `b="c" `},
		"a comment":  {"<urlset><!--", "--"},
		"elements":   {"<urlset>", "<a xmlns:b='c'>"},
		"namespaces": {"<urlset>", "<a xmlns='" + strings.Repeat("u", 100) + "'><b:c/></a>"},
		"alternates": {`<urlset><url>`, `<a:link xmlns:a="http://www.w3.org/1999/xhtml" rel="alternate" href="http://h/"/>`},
		"links":      {"<feed><entry>", `<link href="http://h/"/>`},
		"text":       {"http://h/\n", "http://h/\n"},
		"a line":     {"http://h/", "x"},
		"a doctype":  {"<!DOCTYPE ", "<[('"},
		"blanks":     {"", " \n"},
	} {
		t.Run(name, func(t *testing.T) {
			const most = 3 << 20
			if held := endless(t, c[0], c[1], 16<<20); held > most {
				t.Errorf("%d bytes are held, want at most %d", held, most)
			}
		})
	}
}

// TestNamespacesBeyondTheBound: those that are not told apart any more are nobody's.
func TestNamespacesBeyondTheBound(t *testing.T) {
	var b strings.Builder
	b.WriteString("<urlset xmlns='http://x/'><url><loc>http://h/1</loc></url>")
	for i := range 2 * maxNamespaces {
		fmt.Fprintf(&b, "<a xmlns='http://n/%d'/>", i)
	}
	b.WriteString("<url xmlns='http://y/'><loc>http://no/</loc></url><url><loc>http://h/2</loc></url></urlset>")
	if r := everywhere(t, Options{}, b.String()); r.addresses() != "http://h/1 http://h/2" {
		t.Errorf("got %s", r)
	}
}

// TestDeep: elements deeper than is kept count of do not upset those that are not.
func TestDeep(t *testing.T) {
	deep := strings.Repeat("<p>", 2*maxDepth) + "x" + strings.Repeat("</p>", 2*maxDepth)
	r := read(Options{}, []byte("<rss><channel><item><description>"+deep+"</description><link>http://h/1</link></item><item><link>http://h/2</link></item></channel></rss>"), 100)
	if r.err != nil || r.addresses() != "http://h/1 http://h/2" || r.Cut {
		t.Errorf("got %s", r)
	}
}

// TestBombs: a billion laughs, and a packed one, end at once.
func TestBombs(t *testing.T) {
	laughs := `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">` + strings.Repeat(`<!ENTITY lol1 "&lol;&lol;&lol;">`, 100_000) + `]><urlset><url><loc>&lol1;</loc></url></urlset>`
	if r := read(Options{}, []byte(laughs), 100); !errors.Is(r.err, ErrEntities) || r.Entries != 0 {
		t.Errorf("got %s", r)
	}
	bomb := pack(t, "<urlset>"+strings.Repeat(" ", 64<<20))
	if r := read(Options{MaxBytes: 8 << 20}, []byte(bomb), 1<<30); !errors.Is(r.err, ErrBytes) && !errors.Is(r.err, ErrPacked) {
		t.Errorf("got %s", r)
	}
}

// TestSteps: what is fed is taken in steps, each of which leads to few entries, however small they are and however well they are
// packed; and all of it is taken.
func TestSteps(t *testing.T) {
	const entries = 100_000
	for name, c := range map[string]struct{ begin, each, end string }{
		"text": {"", "http://h\n", ""}, "XML": {"<urlset>", "<url><loc>http://h<url>", ""}, "index": {"<sitemapindex>", "<sitemap>http://h", "</sitemapindex>"},
	} {
		document := c.begin + strings.Repeat(c.each, entries) + c.end
		for kind, content := range map[string]string{"plain": document, "packed": pack(t, document)} {
			n := 0
			p := NewParser(Options{}, func(*Entry) { n++ })
			p.Feed([]byte(content))
			steps := 0
			for more := true; more; steps++ {
				before := n
				var err error
				if more, err = p.Next(); err != nil {
					t.Fatal(err)
				}
				if n-before > 512 {
					t.Fatalf("%s, %s: %d entries in one step", name, kind, n-before)
				}
			}
			if err := p.Close(); err != nil || n != entries {
				t.Errorf("%s, %s: %d entries of %d in %d steps, %v", name, kind, n, entries, steps, err)
			}
		}
	}
}

// TestOrder: what is written to, closed or stopped out of order says so.
func TestOrder(t *testing.T) {
	p := NewParser(Options{}, func(*Entry) {})
	if n, err := p.Write([]byte("http://h/")); n != 9 || err != nil {
		t.Error(n, err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := p.Close(); err == nil {
		t.Error("closed twice")
	}
	if n, err := p.Write([]byte("x")); n != 0 || err == nil {
		t.Error("written to when closed")
	}
	p.Stop()
	p = NewParser(Options{}, func(*Entry) {})
	if _, err := p.Write([]byte(pack(t, "http://h/"))); err != nil {
		t.Error(err)
	}
	p.Stop()
	p.Stop()
	p = NewParser(Options{}, func(*Entry) { t.Error("an entry of HTML") })
	_, first := p.Write([]byte("<html>"))
	_, second := p.Write([]byte("<urlset><url><loc>http://h/</loc></url>"))
	if !errors.Is(first, ErrFormat) || second != first || p.Close() != first || !strings.Contains(first.Error(), `"html"`) {
		t.Error(first, second)
	}
}

// TestAtOnce: an entry leaves when it is complete, not later.
func TestAtOnce(t *testing.T) {
	for _, pieces := range [][]string{
		{"<urlset><url><loc>http://h/</loc></url", ">"},
		{"http://h/", "\n"},
		{"<rss><channel><item><link>http://h/</link></item", ">"},
		{"<feed><entry><link href='http://h/'/></entry", ">"},
		{"<urlset><url><loc>http://h/</loc><loc>b</loc", ">"},
	} {
		entries := 0
		p := NewParser(Options{}, func(*Entry) { entries++ })
		for i, piece := range pieces {
			if _, err := p.Write([]byte(piece)); err != nil || entries != i {
				t.Errorf("%q: %d entries after %q, %v", pieces, entries, piece, err)
			}
		}
		p.Stop()
	}
}

// plainSet is a sitemap for encoding/xml.
type plainSet struct {
	XMLName xml.Name `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []struct {
		Loc        string  `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 loc"`
		Lastmod    string  `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 lastmod"`
		Changefreq string  `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 changefreq"`
		Priority   float64 `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 priority"`
	} `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 url"`
}

// bigSitemap is a well-formed sitemap with images and languages.
func bigSitemap(n int) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<urlset " + sitemapNS + ` xmlns:image="http://www.google.com/schemas/sitemap-image/1.1" xmlns:xhtml="http://www.w3.org/1999/xhtml">` + "\n")
	for i := range n {
		fmt.Fprintf(&b, "  <url>\n    <loc>https://www.example.com/articles/2024/05/a-title-of-some-length?id=%d&amp;lang=en</loc>\n    <lastmod>2024-05-%02dT12:00:00+02:00</lastmod>\n    <changefreq>weekly</changefreq>\n    <priority>0.%d</priority>\n", i, 1+i%28, i%10)
		if i%3 == 0 {
			fmt.Fprintf(&b, "    <image:image><image:loc>https://cdn.example.com/%d.jpg</image:loc></image:image>\n    <xhtml:link rel=\"alternate\" hreflang=\"de\" href=\"https://www.example.com/de/%d\"/>\n", i, i)
		}
		b.WriteString("  </url>\n")
	}
	b.WriteString("</urlset>\n")
	return b.String()
}

// TestStandardLibrary: a whole sitemap has the entries that encoding/xml finds.
func TestStandardLibrary(t *testing.T) {
	document := bigSitemap(1000)
	var want plainSet
	if err := xml.Unmarshal([]byte(document), &want); err != nil {
		t.Fatal(err)
	}
	got := read(Options{}, []byte(document), 1000)
	if got.err != nil || len(got.list) != len(want.URLs) || len(got.list) != 1000 {
		t.Fatalf("%d entries, want %d, %v", len(got.list), len(want.URLs), got.err)
	}
	for i, e := range got.list {
		w := want.URLs[i]
		modified, err := time.Parse(time.RFC3339, w.Lastmod)
		if err != nil {
			t.Fatal(err)
		}
		if e.URL.String() != w.Loc || !e.Modified.Equal(modified) || e.Frequency.String() != w.Changefreq || e.Priority != w.Priority {
			t.Errorf("entry %d is %+v, want %+v", i, e, w)
		}
	}
}

// TestAllocations: an entry costs its URL, and a related address its URL and its language.
func TestAllocations(t *testing.T) {
	entry := "<url><loc>https://www.example.com/a?b&amp;c#d</loc><lastmod>2024-05-01T12:00:00+02:00</lastmod><changefreq>weekly</changefreq><priority>0.7</priority><i:i xmlns:i='http://i/'/></url>"
	for name, c := range map[string]struct {
		begin, again string
		want         float64
	}{
		"sitemap": {"<urlset>", entry, 1},
		"related": {"<urlset>", strings.Replace(entry, "</url>", `<x:link xmlns:x="http://www.w3.org/1999/xhtml" rel="alternate" hreflang="de" href="https://www.example.com/de"/></url>`, 1), 3},
		"RSS":     {"<rss><channel>", "<item><title>x</title><link>https://www.example.com/a</link><guid>y</guid><pubDate>Sun, 06 Sep 2009 16:20:00 +0000</pubDate></item>", 1},
		"Atom":    {"<feed>", `<entry><link rel="alternate" href="https://www.example.com/a"/><updated>2003-12-13T18:30:02Z</updated></entry>`, 1},
		"text":    {"http://h/\n", "https://www.example.com/a\n", 1},
	} {
		p := NewParser(Options{Related: true, URL: mustParse(t, "https://www.example.com/sitemap.xml")}, func(*Entry) {})
		write := func(b []byte) {
			if _, err := p.Write(b); err != nil {
				t.Fatal(err)
			}
		}
		write([]byte(c.begin + c.again))
		again := []byte(c.again)
		if got := testing.AllocsPerRun(200, func() { write(again) }); got != c.want {
			t.Errorf("%s: %v allocations an entry, want %v", name, got, c.want)
		}
		p.Stop()
	}
}

// BenchmarkParser reads a sitemap that arrives in pieces of 16 KB; BenchmarkStandard is what encoding/xml takes, once
// for its tokens alone and once for a struct of the entries.
func BenchmarkParser(b *testing.B) {
	document := []byte(bigSitemap(20_000))
	text := bytes.Repeat([]byte("https://www.example.com/articles/2024/05/a-title-of-some-length?id=4711\n"), 20_000)
	for name, content := range map[string][]byte{"xml": document, "gzip": []byte(pack(b, string(document))), "text": text} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			size := int64(0)
			for b.Loop() {
				p := NewParser(Options{URL: mustParse(b, "https://www.example.com/sitemap.xml")}, func(*Entry) {})
				for rest := content; len(rest) > 0; {
					n := min(len(rest), 16<<10)
					if _, err := p.Write(rest[:n]); err != nil {
						b.Fatal(err)
					}
					rest = rest[n:]
				}
				if err := p.Close(); err != nil || p.Summary().Entries != 20_000 {
					b.Fatal(err)
				}
				size = p.Summary().Bytes
			}
			b.SetBytes(size)
		})
	}
}

func BenchmarkStandard(b *testing.B) {
	document := []byte(bigSitemap(20_000))
	b.Run("tokens", func(b *testing.B) {
		b.SetBytes(int64(len(document)))
		b.ReportAllocs()
		for b.Loop() {
			d := xml.NewDecoder(bytes.NewReader(document))
			for err := error(nil); err == nil; _, err = d.RawToken() {
			}
		}
	})
	b.Run("struct", func(b *testing.B) {
		b.SetBytes(int64(len(document)))
		b.ReportAllocs()
		for b.Loop() {
			var v plainSet
			if err := xml.Unmarshal(document, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
}
