package sitemap

import (
	"strings"
	"testing"
)

// FuzzParser: whatever the bytes are and wherever they are split, the result is the same, and it keeps its promises.
func FuzzParser(f *testing.F) {
	for _, c := range documents() {
		f.Add(c.document, uint16(1), uint16(9))
		f.Add(pack(f, c.document), uint16(3), uint16(11))
	}
	f.Fuzz(func(t *testing.T, document string, first, second uint16) {
		o := Options{URL: mustParse(t, "https://www.example.com/maps/index.xml"), Related: true, MaxBytes: 1 << 16, MaxEntries: 20}
		whole := read(o, []byte(document), 1<<30)
		for _, step := range []int{1, int(first) + 1, int(second) + 1} {
			got := read(o, []byte(document), step)
			if got.err != nil && strings.Contains(got.err.Error(), ErrPacked.Error()) {
				continue // how far a broken one can be unpacked depends on how it came
			}
			if got.String() != whole.String() {
				t.Fatalf("%q in steps of %d:\n%s\nwhole:\n%s", document, step, got, whole)
			}
		}
		if whole.err == nil && whole.Format == Unknown {
			t.Fatalf("%q: no format and no error", document)
		}
		if len(whole.list) != whole.Entries || len(whole.lost) != whole.Dropped || whole.Entries+whole.Dropped > 20 || whole.Bytes > 1<<16 {
			t.Fatalf("%q: %s", document, whole)
		}
		for _, e := range whole.list {
			if _, has := e.URL.Fragment(); has || e.URL.Host() == "" || e.Priority < 0 || e.Priority > 1 || e.Modified.Year() > 10_000 {
				t.Fatalf("%q: %s", document, whole)
			}
		}
	})
}
