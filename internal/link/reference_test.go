package link

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"testing"
)

// TestReferences: the table is sorted, as looking things up in it needs; it is complete, by number; and each entry is what the
// standard library decodes, which lacks two.
func TestReferences(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(references, "\n"), "\n")
	if len(lines) != 2231 { // as many as section 13.5 has
		t.Errorf("%d references", len(lines))
	}
	var names []string
	for _, line := range lines {
		name, points, _ := strings.Cut(line, " ")
		names = append(names, name)
		want := html.UnescapeString("&" + name)
		switch name {
		case "nGt;":
			want = "≫⃒"
		case "nLt;":
			want = "≪⃒"
		}
		if got := string(appendPoints(nil, points)); got != want {
			t.Errorf("&%s is %q, want %q", name, got, want)
		}
		if got := lookup([]byte(name)); got != points {
			t.Errorf("&%s is looked up as %q, want %q", name, got, points)
		}
		bare := strings.TrimSuffix(name, ";")
		if bare == name && len(name) > longestBare || len(name) > longestName {
			t.Errorf("&%s is longer than what is looked for", name)
		}
		for _, s := range []string{"&" + name, "&" + name + "x", "&" + bare + "=", "&" + bare + "1;"} {
			for _, attribute := range []bool{true, false} {
				got, n := appendText(nil, []byte(s), attribute, true)
				if want := unescapeOne(s[1:], attribute); string(got) != want || n != len(s) {
					t.Errorf("%q (in an attribute: %v) is %q, %d, want %q", s, attribute, got, n, want)
				}
			}
		}
	}
	if !slices.IsSorted(names) {
		t.Error("the table is not sorted")
	}
	for _, name := range []string{"", ";", "a", "zzz", "amp ", "amp;c", "AElig c6", "~"} {
		if got := lookup([]byte(name)); got != "" {
			t.Errorf("&%s is looked up as %q", name, got)
		}
	}
}

// TestNumericReferences: every number is what the standard library makes of it, and of windows-1252.
func TestNumericReferences(t *testing.T) {
	for n := range 0x110100 {
		for _, format := range []string{"&#%d;", "&#x%x;", "&#X%06X"} {
			s := fmt.Sprintf(format, n)
			if got, _ := appendText(nil, []byte(s), true, true); string(got) != html.UnescapeString(s) {
				t.Fatalf("%s is %q, want %q", s, got, html.UnescapeString(s))
			}
			if n > 0x10000 && n < 0x10ff00 && n%97 != 0 {
				break
			}
		}
	}
}
