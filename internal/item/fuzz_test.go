package item

import (
	"testing"
)

// FuzzLoad: whatever a schema says, it is a set of fields or an error, and such a set reads a page.
func FuzzLoad(f *testing.F) {
	f.Add(readFile(f, "testdata/shop.toml"), readFile(f, "testdata/shop.html"))
	f.Add([]byte("each_xpath='//p'\n[field.a]\nxpath='count(.//b)+1'\ntype='int'\ndefault=3"), []byte("<p><b>1"))
	f.Add([]byte("[field.a]\nselector=':is(a,b):has(c)'\nmany=true\ntype='date'\nlayout='2006'"), []byte("<a><c>2006"))
	f.Fuzz(func(t *testing.T, schema, page []byte) {
		s := new(Set)
		if err := s.Load(schema); err != nil {
			if err.Error() == "" {
				t.Error("an error without a text")
			}
			return
		}
		check(t, s, s.Extract(page, "", address(t)))
	})
}

// FuzzExtract: whatever a page is, there is a result within its bounds.
func FuzzExtract(f *testing.F) {
	f.Add(readFile(f, "testdata/shop.html"), "")
	f.Add([]byte("<table><tr><p><a href=x><math><annotation-xml><svg></table><frameset>"), "utf-8")
	f.Add([]byte("\xff\xfe<\x00p\x00"), "utf-16")
	shop := string(readFile(f, "testdata/shop.toml"))
	f.Fuzz(func(t *testing.T, page []byte, label string) {
		s := setOf(t, shop, "t=title", "all[]=*", "html=body@html", "link[]=a@href|url", "json=script@text|json", "xpath n=count(//*)", "xpath x[]=//@*", "xpath f=//p[following-sibling::a]")
		check(t, s, s.Extract(page, label, address(t)))
	})
}

// check checks that a result is one of s.
func check(t *testing.T, s *Set, r Result) {
	t.Helper()
	if r.Err != nil {
		if r.Page != nil || r.Items != nil || r.Valid+r.Invalid > 0 {
			t.Errorf("an error, and %+v", r)
		}
		return
	}
	if r.Page != nil && len(r.Page) != len(s.Fields()) || len(r.Faults) > maxFaults {
		t.Errorf("%+v", r)
	}
	for _, i := range r.Items {
		if len(i) != len(s.ItemFields()) {
			t.Errorf("an item of %d fields, want %d", len(i), len(s.ItemFields()))
		}
	}
	if s.HasItems() && r.Valid+r.Invalid != len(r.Items) {
		t.Errorf("%d valid, %d invalid of %d", r.Valid, r.Invalid, len(r.Items))
	}
	for _, f := range r.Faults {
		if f.Item >= len(r.Items) || f.Item < -1 || f.Problem == "" || f.Item < 0 && r.Page == nil {
			t.Errorf("%+v", f)
		}
	}
}
