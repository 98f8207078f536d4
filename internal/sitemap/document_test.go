package sitemap

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf16"

	"crawl/internal/coding"
	"crawl/internal/link"
)

const (
	sitemapNS = `xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"`
	atomNS    = `xmlns="http://www.w3.org/2005/Atom"`
)

// documentCase is a document at https://www.example.com/maps/index.xml and what is found in it.
type documentCase struct {
	name, document string
	format         Format
	addresses      string // joined with spaces; those outside of /maps/ have "!" before them
	dropped        int
	err            error
}

func documents() []documentCase {
	url := func(inner string) string { return "<urlset " + sitemapNS + "><url>" + inner + "</url></urlset>" }
	loc := "<loc>https://www.example.com/maps/a</loc>"
	const a = "https://www.example.com/maps/a"
	return []documentCase{
		{"plain", url(loc), URLSet, a, 0, nil},
		{"no page", "<urlset/>", URLSet, "", 0, nil},
		{"prefix", `<s:urlset xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9"><s:url><s:loc>` + a + `</s:loc></s:url></s:urlset>`, URLSet, a, 0, nil},
		{"prefix that is not declared", `<s:urlset><s:url><s:loc>` + a + `</s:loc></s:url></s:urlset>`, URLSet, a, 0, nil},
		{"no namespace", "<urlset><url>" + loc + "</url></urlset>", URLSet, a, 0, nil},
		{"namespace in the entry only", "<urlset><url " + sitemapNS + ">" + loc + "</url></urlset>", URLSet, a, 0, nil},
		{"old namespace", `<urlset xmlns="http://www.google.com/schemas/sitemap/0.84"><url>` + loc + "</url></urlset>", URLSet, a, 0, nil},
		{"loc of others", url(`<i:image xmlns:i="http://i/"><i:loc>http://i/1</i:loc></i:image><i:loc xmlns:i="http://i/">http://i/2</i:loc>` + loc), URLSet, a, 0, nil},
		{"loc of others, prefix not declared", url(`<image:loc>http://i/2</image:loc>` + loc), URLSet, a, 0, nil},
		{"loc deeper", url(`<x><loc>http://i/</loc><url>` + loc + `</url></x>` + loc), URLSet, a, 0, nil},
		{"CDATA", url("<loc><![CDATA[https://www.example.com/maps/a?b&c]]></loc>"), URLSet, a + "?b&c", 0, nil},
		{"CDATA in parts", url("<loc>https://www.exa<![CDATA[mple.com/maps/]]>a<![CDATA[?]]]]><![CDATA[]]></loc>"), URLSet, a + "?]]", 0, nil},
		{"references", url("<loc>&#104;ttps://www.example.com/maps/&#x61;?b&amp;c</loc>"), URLSet, a + "?b&c", 0, nil},
		{"ampersands as they are", url("<loc>" + a + "?b&c&copy=d&amp;&</loc>"), URLSet, a + "?b&c&copy=d&&", 0, nil},
		{"comment within", url("<loc>https://www.example.com/<!-- <loc> -->maps/a</loc>"), URLSet, a, 0, nil},
		{"not ASCII", url("<loc>https://www.example.com/maps/\u00e9 \u0440</loc>"), URLSet, "https://www.example.com/maps/%C3%A9%20%D1%80", 0, nil},
		{"white space", url("<loc>\n\t https://www.example.com/maps/\n a \r\n</loc>"), URLSet, "https://www.example.com/maps/%20a", 0, nil},
		{"fragment", url("<loc>" + a + "#b</loc>"), URLSet, a, 0, nil},
		{
			"outside", url("<loc>https://www.example.com/b</loc>") + url("<loc>http://www.example.com/maps/b</loc>") + url("<loc>https://example.com/maps/</loc>") + url("<loc>https://www.example.com/mapsb?/maps/</loc>"),
			URLSet, "!https://www.example.com/b !http://www.example.com/maps/b !https://example.com/maps/ !https://www.example.com/mapsb?/maps/", 0, nil,
		},
		{"relative", url("<loc>a?b</loc>") + url("<loc>/maps/b</loc>") + url("<loc>//x.example/</loc>"), URLSet, a + "?b https://www.example.com/maps/b !https://x.example/", 0, nil},
		{"no scheme", url("<loc>www.example.com/maps/a</loc>") + url("<loc>WWW.x.example</loc>"), URLSet, a + " !https://www.x.example/", 0, nil},
		{"no web address", url("<loc>mailto:a@b</loc>") + url("<loc>http://a b/</loc>") + url("<loc/>") + url("") + url(loc), URLSet, a, 4, nil},
		{"several", url(loc + "<lastmod>2001</lastmod><loc>b</loc><loc>mailto:x</loc><loc>c</loc>"), URLSet, a + " https://www.example.com/maps/b https://www.example.com/maps/c", 1, nil},
		{"end of an entry missing", "<urlset><url>" + loc + "<url><loc>b</loc><url><loc>c</loc></urlset>", URLSet, a + " https://www.example.com/maps/b https://www.example.com/maps/c", 0, nil},
		{"end of a loc missing", "<urlset><url><loc>a<lastmod>2001</lastmod></url><url><loc>b</url></urlset>", URLSet, a + " https://www.example.com/maps/b", 0, nil},
		{"ends that are none", url("</b></loc>" + loc + "</loc></urls>"), URLSet, a, 0, nil},
		{"tag that is none", url("<loc <lastmod>2001</lastmod>" + loc + "< 3 <"), URLSet, a, 0, nil},
		{"cut", "<urlset><url>" + loc + "<lastm", URLSet, a, 0, nil},
		{"cut within an address", "<urlset><url><loc>https://www.example.com/ma", URLSet, "", 0, nil},
		{"cut within CDATA", "<urlset><url><![CDATA[https://www.example.com/ma", URLSet, "", 0, nil},
		{"text instead of loc", "<urlset><url> https://www.example.com<b>/no</b>/maps/a\n</url></urlset>", URLSet, a, 0, nil},
		{"white space and mark before", " \n\ufeff\r\n\ufeff<?xml version='1.0'?>" + url(loc), URLSet, a, 0, nil},
		{"messages before", "Warning: x in a.php\n<br />\n<b>Notice</b>: y<br>\n" + `<?xml version="1.0"?>` + url(loc), URLSet, a, 0, nil},
		{"instructions and comments before", `<?xml version="1.0"?><?xml-stylesheet href="a>b"?><!-- ' <html> -->` + url(loc) + "<!-- x -->", URLSet, a, 0, nil},
		{"document type", `<!DOCTYPE urlset PUBLIC "-//x//" "http://x/x.dtd" [<!ELEMENT a (b)> <!-- <!ENTITY --> <?x <!ENTITY '?> ]>` + url(loc), URLSet, a, 0, nil},
		{"two documents", url(loc) + url("<loc>b</loc>"), URLSet, a + " https://www.example.com/maps/b", 0, nil},
		{"another format behind", url(loc) + "<rss><channel><item><link>http://x/</link></item></channel></rss>", URLSet, a, 0, nil},

		{
			"index", "<sitemapindex " + sitemapNS + "><sitemap><loc>https://x.example/1</loc></sitemap><sitemap><loc>2.xml.gz</loc></sitemap><url><loc>no</loc></url></sitemapindex>",
			Index, "https://x.example/1 https://www.example.com/maps/2.xml.gz", 0, nil,
		},

		{
			"RSS 2.0", `<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><link>http://x/</link><atom:link href="y"/><image><link>http://z/</link></image>` +
				`<item><atom:link href="no"/><link>a</link><guid>b</guid></item><item><guid isPermaLink="true">https://www.example.com/maps/c</guid></item><item><guid>not-a-url</guid></item>` +
				`<item><guid>https://www.example.com/maps/d</guid><link>mailto:x</link></item><item><source url="e"><link>no</link></source><link/><link> f </link><link>g</link></item></channel></rss>`,
			RSS, a + " https://www.example.com/maps/c https://www.example.com/maps/d https://www.example.com/maps/f", 1, nil,
		},
		{"RSS 0.91", `<!DOCTYPE rss SYSTEM "http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss version="0.91"><channel><item><title>&eacute;</title><link>a</link></item></channel></rss>`, RSS, a, 0, nil},
		{"RSS 1.0", `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel rdf:about="x"><link>http://x/</link><items><rdf:Seq><rdf:li resource="y"/></rdf:Seq></items></channel>` +
			`<item rdf:about="https://www.example.com/maps/no"><link>a</link></item><item rdf:about="https://www.example.com/maps/b"/></rdf:RDF>`, RSS, a + " https://www.example.com/maps/b", 0, nil},
		{"RSS 0.90", `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/"><item><link>a</link></item></rdf:RDF>`, RSS, a, 0, nil},
		{"HTML within RSS", `<rss><channel><item><description><p>x<br><a href="y">z<link>no</link></description><link>a</link></item></channel></rss>`, RSS, a, 0, nil},
		{"RSS cut", `<rss><channel><item><guid>https://www.example.com/maps/a</guid><link>https://www.exa`, RSS, a, 0, nil},

		{"Atom", "<feed " + atomNS + `><link href="no"/><id>http://no/</id><entry><id>http://no/</id><link rel="self" href="no"/><link rel="alternate" href="a"/><link href="no"/>` +
			`<source><link href="no"/></source><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><link href="no"/></div></content></entry><entry><link rel="http://www.iana.org/assignments/relation/alternate" href="b&amp;c"/></entry>` +
			`<entry><link rel="edit" href="no"/></entry></feed>`, Atom, a + " https://www.example.com/maps/b&c", 1, nil},
		{"Atom 0.3", `<feed xmlns="http://purl.org/atom/ns#"><entry><link rel="alternate" href="a"/></entry></feed>`, Atom, a, 0, nil},
		{
			"Atom with bases", "<feed " + atomNS + ` xml:base="/b/"><entry xml:base="c/"><link xml:base="d/" href="e"/></entry><entry><link href="f"/></entry></feed>`,
			Atom, "!https://www.example.com/b/c/d/e !https://www.example.com/b/f", 0, nil,
		},

		{"text", "https://www.example.com/maps/a\r\n\r\n  HTTPS://www.example.com/maps/b\t\rhttp://x.example/", Text, a + " https://www.example.com/maps/b !http://x.example/", 0, nil},
		{"text with a mark", "\ufeff\nhttps://www.example.com/maps/a", Text, a, 0, nil},
		{"text with others", "# pages\nwww.example.com/maps/a\nno\nhttp://a b/\n/maps/c\n", Text, a, 3, nil},

		{"empty", "", Unknown, "", 0, ErrFormat},
		{"white space", " \n", Unknown, "", 0, ErrFormat},
		{"prose", "this is no sitemap", Unknown, "", 0, ErrFormat},
		{"HTML", "<!DOCTYPE html><HTML><body><urlset><url>" + loc, Unknown, "", 0, ErrFormat},
		{"other XML", "<a><b/></a>", Unknown, "", 0, ErrFormat},
		{"much other XML", strings.Repeat("<a>", maxStarts+1) + url(loc), Unknown, "", 0, ErrFormat},
		{"tag that does not end", "<urlset", Unknown, "", 0, ErrFormat},
		{"much before", strings.Repeat("junk\n", maxJunk/4+1) + url(loc), Unknown, "", 0, ErrFormat},
		{"a long line before", strings.Repeat("j", maxJunk) + url(loc), Unknown, "", 0, ErrFormat},
		{"binary", "\x00\x01\x02\xff", Unknown, "", 0, ErrFormat},
		{"entities", `<!DOCTYPE urlset [<!ENTITY a "b">]>` + url(loc), Unknown, "", 0, ErrEntities},
		{"external entities", `<?xml version="1.0"?><!DOCTYPE u [<!ELEMENT a (b)><!ENTITY % x SYSTEM "file:///etc/passwd">]>` + url(loc), Unknown, "", 0, ErrEntities},
		{"entities, oddly", "<!dOcTyPe u [<!eNtItY a 'b'>]>" + url(loc), Unknown, "", 0, ErrEntities},
		{"entities behind an entry", url(loc) + `<!ENTITY a "b">` + url(loc), URLSet, a, 0, ErrEntities},
	}
}

// marked are the addresses of entries, with "!" before those outside.
func marked(r result) string {
	var list []string
	for _, e := range r.list {
		mark := ""
		if e.Outside {
			mark = "!"
		}
		list = append(list, mark+e.URL.String())
	}
	return strings.Join(list, " ")
}

func (c *documentCase) check(t *testing.T, got result) {
	t.Helper()
	if got.Format != c.format || marked(got) != c.addresses || got.Dropped != c.dropped || !errors.Is(got.err, c.err) {
		t.Errorf("got %s\nwant %v %q, %d dropped, %v", got, c.format, c.addresses, c.dropped, c.err)
	}
}

// TestDocuments: every case, split at every place; and the same in UTF-16, and packed.
func TestDocuments(t *testing.T) {
	o := Options{URL: mustParse(t, "https://www.example.com/maps/index.xml?a/b/c")}
	for _, c := range documents() {
		t.Run(c.name, func(t *testing.T) {
			c.check(t, everywhere(t, o, c.document))
			if c.document == "" || c.name == "binary" {
				return
			}
			c.check(t, everywhere(t, o, utf16Bytes("\ufeff"+c.document, true)))
			c.check(t, everywhere(t, o, utf16Bytes("\ufeff"+c.document, false)))
			packed := pack(t, c.document)
			for _, step := range []int{1, 2, 100, 1 << 30} {
				c.check(t, read(o, []byte(packed), step))
			}
		})
	}
}

func utf16Bytes(s string, bigEndian bool) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if bigEndian {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

// TestEncodings: what a byte order mark says goes before Content-Type, and that before the XML declaration.
func TestEncodings(t *testing.T) {
	const text, want = "<urlset><url><loc>http://h/\u00e9\u20ac</loc></url></urlset>", "http://h/%C3%A9%E2%82%AC"
	latin := strings.NewReplacer("\u00e9", "\xe9", "\u20ac", "\x80").Replace(text) // windows-1252, as the web means iso-8859-1
	declare := func(label string) string { return "\n <?xml version='1.0' encoding='" + label + "' ?>" }
	for name, c := range map[string]struct{ charset, document string }{
		"none":                       {"", text},
		"declaration":                {"", declare("ISO-8859-1") + latin},
		"declaration, double quotes": {"", `<?xml encoding = "windows-1252"?>` + latin},
		"content type":               {"iso-8859-1", latin},
		"content type goes first":    {"iso-8859-1", declare("utf-8") + latin},
		"mark goes first":            {"iso-8859-1", "\ufeff" + declare("iso-8859-1") + text},
		"unknown":                    {"", declare("x-nothing") + text},
		"empty":                      {"", declare("") + text},
		"no UTF-16":                  {"", declare("utf-16") + text},
		"no UTF-16 either":           {"utf-16be", text},
		"UTF-16 without a mark":      {"", utf16Bytes(text, true)},
		"UTF-16LE without a mark":    {"", utf16Bytes(text, false)},
		"long declaration":           {"", "<?xml version='1.0'" + strings.Repeat(" ", maxPrologue) + "encoding='iso-8859-1'?>" + text},
		"multibyte":                  {"shift_jis", "<urlset><!--\x83\x5c-->" + "<url><loc>http://h/%C3%A9%E2%82%AC</loc></url></urlset>"},
		"text in another":            {"windows-1252", "http://h/\xe9\x80"},
	} {
		t.Run(name, func(t *testing.T) {
			got := everywhere(t, Options{Charset: c.charset}, c.document)
			if got.err != nil || got.addresses() != want {
				t.Errorf("got %s", got)
			}
		})
	}
	// Not valid in its encoding: the entry is dropped, those around it are not.
	got := everywhere(t, Options{}, "<urlset><url><loc>http://h/1</loc></url><url><loc>http://h/\xe9</loc></url><url><loc>http://h/2</loc></url></urlset>")
	if got.addresses() != "http://h/1 http://h/2" || len(got.lost) != 1 || !strings.Contains(got.lost[0], link.ErrEncoding.Error()) {
		t.Errorf("got %s", got)
	}
}

// TestPacked: what is cut short gives what it has, and what is broken is an error of its own.
func TestPacked(t *testing.T) {
	document := "http://h/1\n" + strings.Repeat("http://h/2\n", 3000)
	packed := pack(t, document)
	for _, step := range []int{1, 1000, 1 << 30} {
		if r := read(Options{}, []byte(packed), step); r.err != nil || r.Entries != 3001 || r.Cut || r.Bytes != int64(len(document)) {
			t.Errorf("in steps of %d: %d entries, cut %v, %v", step, r.Entries, r.Cut, r.err)
		}
		if r := read(Options{}, []byte(packed[:len(packed)-20]), step); r.err != nil || r.Entries == 0 || !r.Cut {
			t.Errorf("cut, in steps of %d: %d entries, cut %v, %v", step, r.Entries, r.Cut, r.err)
		}
		broken := packed[:len(packed)-6] + "\x00" + packed[len(packed)-5:]
		if r := read(Options{}, []byte(broken), step); !errors.Is(r.err, ErrPacked) || !errors.Is(r.err, coding.ErrCorrupt) {
			t.Errorf("broken, in steps of %d: %v", step, r.err)
		}
	}
	if r := read(Options{}, []byte(pack(t, packed)), 100); !errors.Is(r.err, ErrFormat) {
		t.Errorf("packed twice: %v", r.err)
	}
	if r := read(Options{}, []byte("\x1f"), 1); !errors.Is(r.err, ErrFormat) {
		t.Errorf("half of what packed ones begin with: %v", r.err)
	}
	if !IsGzip([]byte(packed)) || IsGzip([]byte("\x1f")) || IsGzip([]byte("http")) {
		t.Error("IsGzip")
	}
}

// TestCut: it is known of a document whether it came to its end.
func TestCut(t *testing.T) {
	for document, want := range map[string]bool{
		"<urlset></urlset>": false, "<urlset/>": false, "http://h/": false, "<urlset></urlset><!-- ": false,
		"<urlset>": true, "<urlset><url></url>": true, "<rss><channel></channel": true,
	} {
		if got := everywhere(t, Options{}, document); got.Cut != want || got.err != nil {
			t.Errorf("%q: cut %v, %v, want %v", document, got.Cut, got.err, want)
		}
	}
}
