package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// All is all, and not what is rounded up to it.
func TestShare(t *testing.T) {
	for _, c := range []struct {
		n, of int64
		want  string
	}{{0, 0, "–"}, {0, 10, "0%"}, {10, 10, "100%"}, {99999, 100000, ">99.9%"}, {9995, 10000, ">99.9%"}, {9994, 10000, "99.9%"}, {1, 2, "50.0%"}, {1, 1e9, "<0.001%"}} {
		if got := share(c.n, c.of); got != c.want {
			t.Errorf("%d of %d: %q, want %q", c.n, c.of, got, c.want)
		}
	}
}

// What GitHub would take for a mention, an address or a formula is text.
func TestMarkdownOfGitHub(t *testing.T) {
	if got, want := Markdown("@who at https://example.org/ owes $5$ |"), `&#64;who at https&#58;//example.org/ owes \$5\$ \|`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Lists of nothing are lists, and what is beyond a bound is counted.
func TestJSONOfNothing(t *testing.T) {
	c, err := ReadCrawl(strings.NewReader(`{"line":1,"url":"nonsense","class":"input","error":"it is no URL"}`+"\n"), "f", 5, noAdvice)
	if err != nil {
		t.Fatal(err)
	}
	c.classes.others, c.media.others = 3, 4
	var text bytes.Buffer
	var got map[string]any
	if err := errors.Join(c.WriteJSON(&text), json.Unmarshal(text.Bytes(), &got)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"classes", "statuses", "media_types", "phases"} {
		if _, isList := got[name].([]any); !isList {
			t.Errorf("%s is %v", name, got[name])
		}
	}
	if got["other_classes"] != 3. || got["other_media_types"] != 4. {
		t.Errorf("%v, %v", got["other_classes"], got["other_media_types"])
	}
}
