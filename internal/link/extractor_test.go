package link

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const pageURL = "http://h.example/dir/page?x=1"

// reading is what an Extractor says of a document.
type reading struct {
	page  Page
	links []string // KIND URL, ! behind KIND for nofollow; "error" and the reference without a URL
}

func (r reading) String() string { return fmt.Sprintf("%+v\n%s", r.page, strings.Join(r.links, "\n")) }

// read reads a document cut into pieces of the lengths given, and a rest.
func read(t testing.TB, x *Extractor, kind Document, body, label string, cuts ...int) reading {
	t.Helper()
	x.Begin(kind, label)
	rest := []byte(body)
	for _, cut := range cuts {
		cut = min(cut, len(rest))
		piece := slices.Clone(rest[:cut])
		x.Write(piece)
		for i := range piece { // it is not to be kept
			piece[i] = '!'
		}
		rest = rest[cut:]
	}
	x.Write(rest)
	u := mustParse(t, pageURL)
	r := reading{page: x.End(&u)}
	for l := range x.Links {
		s := l.Kind.String()
		if l.NoFollow {
			s += "!"
		}
		if l.Err != nil {
			s += " error " + l.Ref
		} else {
			s += " " + l.URL.String()
		}
		r.links = append(r.links, s)
	}
	if len(r.links) != r.page.Links {
		t.Errorf("%d links, the page says %d", len(r.links), r.page.Links)
	}
	return r
}

// TestElements: what each element refers to, and what is none.
func TestElements(t *testing.T) {
	x, oracle := NewExtractor(ExtractorOptions{Agent: "Bot"}), newExtractor(ExtractorOptions{Agent: "Bot"}, new(tokens))
	for body, want := range map[string]string{
		"<a href=x><A HREF='/y'>":                                                                        "a http://h.example/dir/x|a http://h.example/y",
		"<a href=''><a name=b><a href='#c'><a href='d#e'>":                                               "a http://h.example/dir/page?x=1|a http://h.example/dir/d",
		"<a href=' x\n'><a href='\ny'>":                                                                  "a http://h.example/dir/x|a http://h.example/dir/y",
		"<a href=x><a href=x><a href=y><area href=x>":                                                    "a http://h.example/dir/x|a http://h.example/dir/y|area http://h.example/dir/x",
		"<a href=x rel=nofollow><a rel='a NoFollow' href=y>":                                             "a! http://h.example/dir/x|a! http://h.example/dir/y",
		"<a href=x rel=ugc><area rel=Sponsored href=x>":                                                  "a! http://h.example/dir/x|area! http://h.example/dir/x",
		"<a href=x rel=nofollow><a href=x><a href=y><a href=y rel=nofollow>":                             "a http://h.example/dir/x|a http://h.example/dir/y",
		"<a href='?a=1&amp;b=2'>":                                                                        "a http://h.example/dir/page?a=1&b=2",
		"<a href=http://><a href=//[><a href='http://h:99999/'>":                                         "a error http://|a error //[|a error http://h:99999/",
		"<a href=mailto:a><a href=JavaScript:b><a href='java\nscript:c'><img src=data:,d><a href=tel:1>": "",
		"<a href=HTTP:e><a href='ht\ntps://i/'>":                                                         "a http://h.example/dir/e|a https://i/",
		"<frame src=a><frame src><iframe src=b><iframe src=' '>":                                         "frame http://h.example/dir/a|iframe http://h.example/dir/b",
		"<form action=a><form action=b method=GET><form action=c method=Post><form action=d method=dialog><form><form action=''>":     "form http://h.example/dir/a|form http://h.example/dir/b",
		"<meta http-equiv=Refresh content='3; URL=\"a\"'><meta http-equiv=refresh content=5>":                                         "refresh http://h.example/dir/a",
		"<link rel=canonical href=a><link rel=next href=b><link rel=PREV href=c><link rel=alternate href=d>":                          "canonical http://h.example/dir/a|next http://h.example/dir/b|prev http://h.example/dir/c|alternate http://h.example/dir/d",
		"<link rel='alternate stylesheet' href=a><link rel='shortcut icon' href=b><link rel=preload href=c imagesrcset='d 1x, e 2x'>": "stylesheet http://h.example/dir/a|icon http://h.example/dir/b|preload http://h.example/dir/c|preload http://h.example/dir/d|preload http://h.example/dir/e",
		"<link rel=manifest href=a><link rel=dns-prefetch href=//b><link href=c><link rel=author href=d><link rel=icon href=''>":      "manifest http://h.example/dir/a",
		"<img src=a srcset='b 1x, c 2x'><picture><source srcset='d 1w'></picture>":                                                    "image http://h.example/dir/a|image http://h.example/dir/b|image http://h.example/dir/c|image http://h.example/dir/d",
		"<script src=a></script><script>b</script><embed src=c><object data=d>":                                                       "script http://h.example/dir/a|embed http://h.example/dir/c|object http://h.example/dir/d",
		"<audio src=a><video src=b poster=c><source src=d><track src=e></video>":                                                      "media http://h.example/dir/a|media http://h.example/dir/b|poster http://h.example/dir/c|media http://h.example/dir/d|track http://h.example/dir/e",
		"<input type=IMAGE src=a><input src=b><input type=text src=c>":                                                                "image http://h.example/dir/a",
		"<style>@import 'a'; b{c:url(d)}</style><style>/*</style><style>url(e)</style>":                                               "import http://h.example/dir/a|css http://h.example/dir/d|css http://h.example/dir/e",
		"<style>url('</style><style>url(e)</style>":                                                                                   "css http://h.example/dir/e",
		"<a href=x><base href='/b/'><base href=/c/><img src=y>":                                                                       "a http://h.example/b/x|image http://h.example/b/y",
		"<base><base href=//o/p><a href='#x'>":                                                                                        "a http://o/p",
		"<base href='http://['><a href=x>":                                                                                            "a http://h.example/dir/x",
		"<base href=javascript:x><a href=x>":                                                                                          "a http://h.example/dir/x",
		"<base href=file:///x/><a href=y><a href=http://z/>":                                                                          "a error y|a http://z/",
		"<a href='a b'><a href=\"'\"><a href=\xff>":                                                                                   "a http://h.example/dir/a%20b|a http://h.example/dir/'|a http://h.example/dir/%EF%BF%BD",
	} {
		if got := strings.Join(read(t, x, HTML, body, "utf-8").links, "|"); got != want {
			t.Errorf("%s\nhas  %s\nwant %s", body, got, want)
		}
		if got := strings.Join(read(t, oracle, HTML, body, "utf-8").links, "|"); got != want {
			t.Errorf("%s\nhas, by its tokens,  %s\nwant %s", body, got, want)
		}
	}
}

// TestPage: what a document says of itself.
func TestPage(t *testing.T) {
	x := NewExtractor(ExtractorOptions{Agent: "Bot"})
	r := read(t, x, HTML, `<html lang=" de-AT "><title>
		A &amp;  <b> </title><title>two</title><html lang=fr><meta name=Robots content=noindex><meta name=bot content="nofollow">
		<meta name=other content=none><link rel=canonical href=/c#d><link rel=canonical href=/e><base href=/f/><a href=mailto:g><img src=data:h>`, "")
	p := r.page
	canonical, base := p.Canonical.String(), p.Base.String()
	p.Canonical, p.Base = URL{}, URL{}
	want := Page{
		Title: "A & <b>", Lang: "de-AT", Charset: "windows-1252", CharsetFrom: CharsetAssumed,
		Robots: Robots{NoIndex: true, NoFollow: true}, Links: 2, Other: 2,
	}
	if p != want || canonical != "http://h.example/c" || base != "http://h.example/f/" {
		t.Errorf("%+v, %q, %q, want %+v", p, canonical, base, want)
	}
	r = read(t, x, HTML, "<meta name=robots content='bot: none'><title>"+strings.Repeat("é ", 1000)+"x", "utf-8")
	if title := r.page.Title; len(title) != maxTitle-1 || strings.ContainsRune(title, '\uFFFD') {
		t.Errorf("the title has %d bytes: %q", len(title), title)
	}
	if r.page.Lang != "" || r.page.Canonical != (URL{}) || r.page.Base.String() != pageURL {
		t.Errorf("%+v has something of the page before", r.page)
	}
	if r = read(t, x, HTML, "", ""); r.page.Links != 0 || r.page.Title != "" {
		t.Errorf("nothing is %+v", r.page)
	}
}

// TestCSSDocument: a style sheet is relative to itself.
func TestCSSDocument(t *testing.T) {
	x := NewExtractor(ExtractorOptions{})
	read(t, x, HTML, "<base href=/other/><style>url('", "")
	r := read(t, x, CSS, "\xef\xbb\xbf@import 'a.css';b{c:url(d.png?\u00e9);e:url(data:,f)}", "")
	want := "import http://h.example/dir/a.css|css http://h.example/dir/d.png?%C3%A9"
	if got := strings.Join(r.links, "|"); got != want || r.page.Charset != "utf-8" || r.page.Other != 1 {
		t.Errorf("%s, %+v, want %s", got, r.page, want)
	}
	r = read(t, x, CSS, "@charset \"iso-8859-2\";b{c:url(\xb1?\xb1)}", "") // CSS has its queries in UTF-8
	if got := strings.Join(r.links, "|"); got != "css http://h.example/dir/%C4%85?%C4%85" {
		t.Errorf("%s", got)
	}
}

// TestCharsets: whatever a document is in, paths are in UTF-8 and queries in its own encoding.
func TestCharsets(t *testing.T) {
	x := NewExtractor(ExtractorOptions{})
	utf16 := func(s string) (out string) {
		for _, r := range s {
			out += string([]byte{byte(r), byte(r >> 8)})
		}
		return out
	}
	pad := strings.Repeat(" ", 1100)
	for name, c := range map[string]struct{ body, label, title, link, charset string }{
		"utf-8":            {"<title>é</title><a href='é?é#é'>", "utf-8", "é", "%C3%A9?%C3%A9", "utf-8"},
		"broken utf-8":     {"<title>\xe2\x82!</title><a href='\xff\xfe'>", "utf-8", "\uFFFD!", "%EF%BF%BD%EF%BF%BD", "utf-8"},
		"latin":            {"<title>\xe9 \x80</title><a href='\xe9?\xe9'>", "iso-8859-1", "é €", "%C3%A9?%E9", "windows-1252"},
		"assumed":          {"<title>\xe9</title><a href='\xe9?\xe9'>", "", "é", "%C3%A9?%E9", "windows-1252"},
		"references":       {"<title>\xcf&mdash;&#xe9;</title><a href='&eacute;?\xcf&eacute;'>", "windows-1251", "П—é", "%C3%A9?%CF%26%23233%3B", "windows-1251"},
		"prescan":          {"<meta charset=koi8-r><title>\xf0</title><a href='\xf0?\xf0'>", "", "П", "%D0%9F?%F0", "koi8-r"},
		"shift_jis":        {"<title>\x83\x5c</title><a href='\x83\x5c?\x83\x5c'>", "sjis", "ソ", "%E3%82%BD?%83\\", "shift_jis"},
		"gb18030":          {"<title>\x81\x30\x81\x30</title><a href='?\x81\x30\x81\x30'>", "gb18030", "\u0080", "?%810%810", "gb18030"},
		"iso-2022-jp":      {"<title>\x1b$B$\"\x1b(B</title><a href='x?\x1b$B$\"\x1b(By'>", "iso-2022-jp", "あ", "x?%1B$B$%22%1B(By", "iso-2022-jp"},
		"unmappable":       {"<a href='?\x1b$B$\"\x1b(B&#128169;'>", "iso-2022-jp", "", "?%1B$B$%22%1B(B%26%23128169%3B", "iso-2022-jp"},
		"utf-16":           {utf16("\ufeff<title>é</title><a href='é?é'>"), "utf-8", "é", "%C3%A9?%C3%A9", "utf-16le"},
		"utf-16 label":     {utf16("<title>é</title><a href='é?é'>"), "utf-16", "é", "%C3%A9?%C3%A9", "utf-16le"},
		"utf-16 cut off":   {utf16("<title>é</title><a href='x'>") + "\x20", "utf-16", "é", "x", "utf-16le"},
		"late":             {pad + "<a href='\xf0?\xf0'><title>\xf0</title><meta charset=koi8-r>", "", "П", "%D0%9F?%F0", "koi8-r"},
		"late pragma":      {pad + "<meta http-equiv=Content-Type content='text/html; Charset=koi8-r'><title>\xf0</title><a href='\xf0?\xf0'>", "", "П", "%D0%9F?%F0", "koi8-r"},
		"late and far":     {pad + "<meta charset=koi8-r>" + strings.Repeat("\xf0", 9999) + "<title>\xf0</title><a href='\xf0'>", "", "П", "%D0%9F", "koi8-r"},
		"late utf-8":       {pad + "<title>\xc3\xa9</title><meta charset=utf-8><a href='\xc3\xa9?\xc3\xa9'>", "", "é", "%C3%A9?%C3%A9", "utf-8"},
		"late references":  {pad + "<title>\xf0&#x416;</title><meta charset=koi8-r><a href='x'>", "", "ðЖ", "x", "koi8-r"},
		"late utf-8 refs":  {pad + "<title>\xc3\xa9 &mdash; &eacute;\xc3&#x416;</title><meta charset=utf-8><a href='x'>", "", "é — éÃЖ", "x", "utf-8"},
		"too late":         {pad + "<meta charset=koi8-r><title>\xf0</title><a href=x>", "latin1", "ð", "x", "windows-1252"},
		"quotes":           {"<a href=\"?\xe9'&quot;<>&#35;x y\">", "latin1", "", "?%E9%27%22%3C%3E", "windows-1252"},
		"white space":      {"<a href=' ?\xe9\n\xe9 \t'>", "latin1", "", "?%E9%E9", "windows-1252"},
		"base":             {"<base href='?\xe9'><a href=''>", "latin1", "", "page?%E9", "windows-1252"},
		"replacement":      {"<a href=x>", "iso-2022-kr", "", "", "replacement"},
		"x-user-defined":   {"<title>\xe9</title><a href='x'>", "x-user-defined", "\uf7e9", "x", "x-user-defined"},
		"default is ascii": {"<title>x</title><a href='x'>", "", "x", "x", "windows-1252"},
	} {
		want := ""
		switch {
		case strings.HasPrefix(c.link, "?"):
			want = "a http://h.example/dir/page" + c.link
		case c.link != "":
			want = "a http://h.example/dir/" + c.link
		}
		for _, cuts := range [][]int{nil, slices.Repeat([]int{1}, len(c.body)), {1023, 1, 1}, slices.Repeat([]int{7}, len(c.body)/7)} {
			r := read(t, x, HTML, c.body, c.label, cuts...)
			if got := strings.Join(r.links, "|"); r.page.Title != c.title || got != want || r.page.Charset != c.charset {
				t.Errorf("%s: title %q, links %q, charset %s, want %q, %q, %s", name, r.page.Title, got, r.page.Charset, c.title, want, c.charset)
				break
			}
		}
	}
}

// TestField: what a Link field has is relative to the document, and no link is twice.
func TestField(t *testing.T) {
	x := NewExtractor(ExtractorOptions{})
	x.Begin(HTML, "")
	x.Field(`<a>; rel=canonical, <b>; rel="next nofollow", <c>; rel=me, <mailto:d>; rel=alternate`)
	x.Field(`<b>; rel="next"`)
	x.Write([]byte("<base href=/x/><link rel=next href=b>"))
	u := mustParse(t, pageURL)
	p := x.End(&u)
	var got []string
	for l := range x.Links {
		got = append(got, fmt.Sprint(l.Kind, " ", l.URL.String(), " ", l.NoFollow))
	}
	want := []string{"canonical http://h.example/dir/a false", "next http://h.example/dir/b false", "next http://h.example/x/b false"}
	if !slices.Equal(got, want) || p.Canonical.String() != "http://h.example/dir/a" || p.Other != 1 {
		t.Errorf("%q, %+v, want %q", got, p, want)
	}
	for i := range p.Links {
		if l := x.Link(i); x.Kind(i) != l.Kind || !strings.HasPrefix(want[i], l.Kind.String()+" "+l.URL.String()) {
			t.Errorf("%d: %v, %+v", i, x.Kind(i), l)
		}
	}
}

// TestBounds: what is beyond the bounds is counted, and the next document has room again.
func TestBounds(t *testing.T) {
	x := NewExtractor(ExtractorOptions{})
	var b strings.Builder
	const many = 300_000
	for i := range many {
		fmt.Fprintf(&b, "<a href=%d>", i)
	}
	if p := pageOf(t, x, b.String()); p.Links != maxRefs || p.Dropped != many-maxRefs {
		t.Errorf("many: %+v", p)
	}
	b.Reset()
	for i := range 1000 {
		fmt.Fprintf(&b, "<a href='%d%s'><a href=%d>", i, strings.Repeat("x", 10_000), i)
	}
	if p := pageOf(t, x, b.String()); p.Dropped == 0 || p.Links+p.Dropped != 2000 || p.Links < maxRefsText/10_010*2 {
		t.Errorf("long: %+v", p)
	}
	if p := pageOf(t, x, "<a href="+strings.Repeat("x", MaxURL+1)+"><a href=y><base href="+strings.Repeat("z", 2*MaxURL)+">"); p.Links != 1 || p.Dropped != 1 {
		t.Errorf("one: %+v", p)
	}
	if cap(x.refs.text) > refsKept {
		t.Errorf("%d bytes are kept", cap(x.refs.text))
	}
}

func pageOf(t *testing.T, x *Extractor, body string) Page {
	t.Helper()
	x.Begin(HTML, "")
	x.Write([]byte(body))
	u := mustParse(t, pageURL)
	return x.End(&u)
}

// TestFragments: they are kept if that is asked for.
func TestFragments(t *testing.T) {
	r := read(t, NewExtractor(ExtractorOptions{Fragments: true}), HTML, "<a href=x#1><a href=x#2><a href=#3>", "")
	want := "a http://h.example/dir/x#1|a http://h.example/dir/x#2|a http://h.example/dir/page?x=1#3"
	if got := strings.Join(r.links, "|"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestKinds: each has a name of its own, and assets are at the end.
func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for k := range nKinds {
		if name := k.String(); name == "" || seen[name] {
			t.Errorf("kind %d is %q", k, name)
		}
		seen[k.String()] = true
		if want := k >= KindStylesheet; k.IsAsset() != want {
			t.Errorf("%v: asset %v, want %v", k, k.IsAsset(), want)
		}
	}
	if KindIframe.IsAsset() || !KindImport.IsAsset() || !KindImage.IsAsset() {
		t.Error("assets")
	}
}

// FuzzExtractor: a document is the same however it is cut, and whatever was read before.
func FuzzExtractor(f *testing.F) {
	for _, s := range []string{
		"<title>a&amp;\xe9</title><a href='b?\xe9#c' rel=nofollow><base href=//d/e>", "<meta charset=shift_jis><a href='\x83\x5c'>",
		"\xff\xfe<\x00a\x00 \x00h\x00r\x00e\x00f\x00=\x00x\x00>\x00", "<style>@import 'a';url( b)</style><img srcset='c 1x, d 2x' src=e>",
		"\xef\xbb\xbf<meta http-equiv=refresh content='0;url=a'><link rel='next' href=http:b>", "\x1b$B<a href='\x1b(B?\x1b$B$\"'>",
		"<form action=a><base href=mailto:b><html lang=c><object data=d><video poster=e src=f>",
	} {
		for i, label := range []string{"", "utf-8", "iso-2022-jp", "gb18030"} {
			f.Add([]byte(s), label, uint16(5+i), uint16(9), i == 2)
		}
	}
	x := NewExtractor(ExtractorOptions{Agent: "bot"})
	f.Fuzz(func(t *testing.T, b []byte, label string, cut, then uint16, css bool) {
		kind := HTML
		if css {
			kind = CSS
		}
		if len(b) > 1<<16 {
			return
		}
		body := string(b)
		whole := read(t, x, kind, body, label).String()
		if got := read(t, x, kind, body, label, int(cut), int(then)).String(); got != whole {
			t.Fatalf("%q is\n%s\nand cut behind %d and %d\n%s", b, whole, cut, then, got)
		}
		if got := read(t, NewExtractor(ExtractorOptions{Agent: "bot"}), kind, body, label, slices.Repeat([]int{1}, len(b))...).String(); got != whole {
			t.Fatalf("%q is\n%s\nand byte for byte\n%s", b, whole, got)
		}
	})
}
