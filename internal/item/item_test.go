package item

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"crawl/internal/link"
)

var update = flag.Bool("update", false, "write the golden files")

// address is where the documents of tests are.
func address(t testing.TB) *link.URL {
	t.Helper()
	u, err := link.Parse("http://h.example/dir/page?q")
	if err != nil {
		t.Fatal(err)
	}
	return &u
}

func setOf(t testing.TB, schema string, fields ...string) *Set {
	t.Helper()
	s := new(Set)
	for _, f := range fields {
		rest, isXPath := strings.CutPrefix(f, "xpath ")
		parsed, err := ParseField(rest, isXPath)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Add(parsed); err != nil {
			t.Fatal(err)
		}
	}
	if schema != "" {
		if err := s.Load([]byte(schema)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestShop: the items of a page that is not quite right, with all that is wrong with them, as they have always been.
func TestShop(t *testing.T) {
	s := setOf(t, string(readFile(t, "testdata/shop.toml")))
	doc := strings.ReplaceAll(strings.ReplaceAll(string(readFile(t, "testdata/shop.html")), "€", "\x80"), "é", "\xe9")
	r := s.Extract([]byte(doc), "", address(t))
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	var b strings.Builder
	for _, values := range r.Items {
		for i, v := range values {
			fmt.Fprintf(&b, "%s = %#v\n", s.ItemFields()[i], v)
		}
		b.WriteByte('\n')
	}
	for _, f := range r.Faults {
		fmt.Fprintf(&b, "item %d, %s: %s: %q\n", f.Item, f.Field, f.Problem, f.Text)
	}
	var tally Tally
	tally.Add(&r)
	tally.Add(&r)
	fmt.Fprintf(&b, "twice: %d valid, %d invalid: %s\n", tally.Valid, tally.Invalid, tally.Faults())
	const golden = "testdata/shop.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := string(readFile(t, golden)); b.String() != want {
		t.Errorf("%s differs (-update writes it anew): got\n%s\nwant\n%s", golden, b.String(), want)
	}
}

// TestFields: what a field on the command line finds.
func TestFields(t *testing.T) {
	const page = `<title> a
	b </title><base href=http://o.example/x/ target=a><div id=d class="p q">one<br>two<p>three</p><b>fo</b>ur<script>no()</script><style>no</style>` +
		`<!-- no --><template>no</template><noscript>with<i>out</i></noscript></div><a>none</a><a HREF=' y?a=1 '>link&nbsp;</a><a href=mailto:x>mail</a>` +
		`<img alt=""><script>{"a" : [1, 2]}</script><ul><li>1<li>x<li>3</ul><input data-a='@'><svg><a xlink:href=z>s</a></svg>`
	cases := []struct {
		field string
		want  any
	}{
		{"v=title", "a b"},
		{"v=div", "one two three fourwithout"},
		{"v=#d b", "fo"},
		{"v=div@class", "p q"},
		{"v=div@text", "one two three fourwithout"},
		{"v=#d b@html", "<b>fo</b>"},
		{"v=a@href", " y?a=1 "},
		{"v=a@href|url", "http://o.example/x/y?a=1"},
		{"v[]=a@href|string", []any{" y?a=1 ", "mailto:x"}},
		{"v[]=a", []any{"none", "link", "mail", "s"}},
		{"v=img@alt", nil},
		{"v=nothing", nil},
		{"v[]=nothing", nil},
		{"v[]=li@text|int", []any{int64(1), int64(3)}},
		{"v=script@text|json", nil}, // the first is no JSON
		{`v=body > script@text|json`, json.RawMessage(`{"a":[1,2]}`)},
		{`v=input[data-a="@"]@data-a`, "@"},
		{`v=input[data-a='@']`, nil},
		{"v=input:not([data-a='@'])@data-a", nil},
		{"xpath v=//a[2]/@href", "y?a=1"},
		{"xpath v=//title", "a b"},
		{"xpath v=count(//li)", "3"},
		{"xpath v=string(//b)", "fo"},
		{"xpath v=boolean(//nothing)", "false"},
		{"xpath v[]=//li/text()", []any{"1", "x", "3"}},
		{"xpath v=//comment()", "no"},
		{"xpath v=/", "a b one two three fourwithout nonelink mail 1 x 3 s"},
	}
	for _, c := range cases {
		r := setOf(t, "", c.field).Extract([]byte(page), "utf-8", address(t))
		var got any
		if r.Page != nil {
			got = r.Page[0]
		}
		if s, ok := got.(string); ok && c.field == "xpath v=/" {
			got = collapse(s)
		}
		if r.Err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %#v (%v), want %#v", c.field, got, r.Err, c.want)
		}
	}
}

// TestKinds: what is a value of each kind, and what is not.
func TestKinds(t *testing.T) {
	cases := []struct {
		kind, text string
		want       any // nil: it is none
	}{
		{"string", " a  b ", "a b"},
		{"int", "-17", int64(-17)},
		{"int", "9223372036854775807", int64(1<<63 - 1)},
		{"int", "9223372036854775808", nil},
		{"int", "1,000", nil},
		{"int", "1.0", nil},
		{"int", "0x10", nil},
		{"int", "1_000", nil},
		{"float", "51.77", 51.77},
		{"float", "-1E-3", -0.001},
		{"float", "NaN", nil},
		{"float", "Infinity", nil},
		{"float", "1e999", nil},
		{"float", "0x1p-2", nil},
		{"float", "1_0", nil},
		{"float", "1.2.3", nil},
		{"bool", "Yes", true},
		{"bool", "0", false},
		{"bool", "in stock", nil},
		{"url", "../a b", "http://h.example/a%20b"},
		{"url", "#f", "http://h.example/dir/page?q#f"},
		{"url", "javascript:void(0)", nil},
		{"url", "http://[", nil},
		{"date", "2026-02-28", "2026-02-28"},
		{"date", "2026-02-30", nil},
		{"date", "2026-07-28T09:05:07+02:00", "2026-07-28T09:05:07+02:00"},
		{"date", "2026-07-28T09:05:07.25Z", "2026-07-28T09:05:07.25Z"},
		{"date", "2026-07-28 09:05", "2026-07-28T09:05:00"},
		{"date", "Tue, 28 Jul 2026 07:05:07 GMT", "2026-07-28T07:05:07Z"},
		{"date", "Tue, 28 Jul 2026 07:05:07 EST", nil},
		{"date", "July 28, 2026", "2026-07-28"},
		{"date", "28.07.2026", nil},
		{"json", `{"a": "\u00e9", "b":[ 1 ]}`, json.RawMessage(`{"a":"\u00e9","b":[1]}`)},
		{"json", "{'a':1}", nil},
		{"json", "1 2", nil},
	}
	for _, c := range cases {
		s := setOf(t, "[field.v]\nselector='p'\ntype='"+c.kind+"'")
		r := s.Extract([]byte("<p>"+c.text+"</p>"), "", address(t))
		var got any
		if r.Page != nil {
			got = r.Page[0]
		}
		if r.Err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %q: %#v (%v), want %#v", c.kind, c.text, got, r.Err, c.want)
		}
		if wrong := c.want == nil; wrong != (r.Invalid == 1) || wrong == (r.Valid == 1) || wrong != (len(r.Faults) == 1 && r.Faults[0].Problem != "") {
			t.Errorf("%s %q: %d valid, %d invalid, %+v", c.kind, c.text, r.Valid, r.Invalid, r.Faults)
		}
	}
}

// TestWhiteSpaceOfJSON: that in its strings is as it stands there, whatever has found it.
func TestWhiteSpaceOfJSON(t *testing.T) {
	for _, where := range []string{"selector='script'", "xpath='//script'", "xpath='//script/text()'", "xpath='string(//script)'"} {
		s := setOf(t, "[field.v]\ntype='json'\n"+where)
		r := s.Extract([]byte(`<script> {"a": "b  c"} </script>`), "", address(t))
		if want := json.RawMessage(`{"a":"b  c"}`); r.Page == nil || !reflect.DeepEqual(r.Page[0], want) {
			t.Errorf("%s: %s", where, r.Page)
		}
	}
}

// TestLayouts: a layout of one's own says how much of a date there is.
func TestLayouts(t *testing.T) {
	for _, c := range []struct{ layout, text, want string }{
		{"02.01.2006", "28.07.2026", "2026-07-28"},
		{"02.01.06 15:04", "28.07.26 09:05", "2026-07-28T09:05:00"},
		{"2/1/2006 3:04PM -0700", "28/7/2026 9:05PM +0200", "2026-07-28T21:05:00+02:00"},
	} {
		s := setOf(t, "[field.v]\nselector='p'\ntype='date'\nlayout='"+c.layout+"'")
		if r := s.Extract([]byte("<p>"+c.text), "", address(t)); r.Page == nil || r.Page[0] != c.want {
			t.Errorf("%q as %q: %+v, want %s", c.text, c.layout, r, c.want)
		}
	}
}

// TestPageIsOptional: a page that has none of the fields of a schema is no item; one that has any is, and lacks what it lacks.
func TestPageIsOptional(t *testing.T) {
	s := setOf(t, "[field.a]\nselector='.a'\nrequired=true\n[field.b]\nselector='.b'\n[field.c]\nselector='.c'\ndefault='x'")
	for _, c := range []struct {
		page           string
		valid, invalid int
		want           []any
	}{
		{"<p>nothing", 0, 0, nil},
		{"<p class=a>1", 1, 0, []any{"1", nil, "x"}},
		{"<p class=b>2", 0, 1, []any{nil, "2", "x"}},
	} {
		r := s.Extract([]byte(c.page), "", address(t))
		if r.Valid != c.valid || r.Invalid != c.invalid || !reflect.DeepEqual(r.Page, c.want) || len(r.Faults) != c.invalid {
			t.Errorf("%s: %+v", c.page, r)
		}
	}
}

// TestPageBesides: what is taken out of every page makes none of them an item: of that the schema decides alone, its defaults too.
func TestPageBesides(t *testing.T) {
	s := setOf(t, "[field.a]\nselector='.a'\nrequired=true\n[field.c]\nselector='.c'\ndefault='x'", "t=title", "n=.n@text|int")
	for _, c := range []struct {
		page                   string
		valid, invalid, faults int
		want                   []any
	}{
		{"<title>T</title>", 0, 0, 0, []any{"T", nil, nil, nil}},
		{"<title>T</title><p class=a>1", 1, 0, 0, []any{"T", nil, "1", "x"}},
		{"<p class=a>1<p class=n>z", 1, 0, 1, []any{nil, nil, "1", "x"}},
		{"<p class=n>z", 0, 0, 1, []any{nil, nil, nil, nil}},
		{"<p class=c>2", 0, 1, 1, []any{nil, nil, nil, "2"}},
		{"<p>", 0, 0, 0, nil},
	} {
		r := s.Extract([]byte(c.page), "", address(t))
		if r.Valid != c.valid || r.Invalid != c.invalid || !reflect.DeepEqual(r.Page, c.want) || len(r.Faults) != c.faults {
			t.Errorf("%s: %+v", c.page, r)
		}
	}
	if got := s.Fields(); !slices.Equal(got, []string{"t", "n", "a", "c"}) {
		t.Errorf("fields: %q", got)
	}
}

// TestLimits: what is too large, too deep or too much is an error of the document, and what is wrong too often is counted.
func TestLimits(t *testing.T) {
	all := setOf(t, "", "v[]=*@html")
	if r := all.Extract([]byte(strings.Repeat("<div>", 300)+strings.Repeat("x", 100_000)), "", address(t)); !errors.Is(r.Err, errTooMuch) || r.Page != nil {
		t.Errorf("300 times 100 KB: %v", r.Err)
	}
	if r := all.Extract([]byte(strings.Repeat("<div>", 600)), "", address(t)); r.Err == nil || !strings.Contains(r.Err.Error(), "512") {
		t.Errorf("600 levels: %v", r.Err)
	}
	if r := all.Extract(make([]byte, MaxDocument+1), "utf-8", address(t)); !errors.Is(r.Err, ErrTooLarge) {
		t.Errorf("a byte too many: %v", r.Err)
	}
	if r := setOf(t, "", "v[]=b").Extract([]byte(strings.Repeat("<b></b>", maxText/valueCost+1)), "", address(t)); !errors.Is(r.Err, errTooMuch) {
		t.Errorf("many that are empty: %v", r.Err)
	}
	if r := setOf(t, "each='b'\n[field.v]\nselector='i'").Extract([]byte(strings.Repeat("<b></b>", maxItems+1)), "", address(t)); !errors.Is(r.Err, errTooMany) || r.Items != nil {
		t.Errorf("an item too many: %v", r.Err)
	}
	r := setOf(t, "each='p'\n[field.v]\ntype='int'").Extract([]byte(strings.Repeat("<p>"+strings.Repeat("é", 150), maxFaults+5)), "utf-8", address(t))
	if len(r.Faults) != maxFaults || r.More != 5 || r.Invalid != maxFaults+5 {
		t.Errorf("%d faults and %d more, %d invalid", len(r.Faults), r.More, r.Invalid)
	}
	if text := r.Faults[0].Text; text != strings.Repeat("é", 100)+"…" {
		t.Errorf("%q", text)
	}
	var tally Tally
	tally.Add(&r)
	if got := tally.Faults(); got != "v: 100 not an int; and 5 more" {
		t.Error(got)
	}
}
