package report

import (
	"strings"
	"testing"
)

// TestWithoutUserinfo: no report shows the user and the password of a URL, however that is written.
func TestWithoutUserinfo(t *testing.T) {
	for url, want := range map[string]string{
		"http://a/b":                     "http://a/b",
		"http://user:secret@a/b@c?d@e":   "http://a/b@c?d@e",
		"https://user@a":                 "https://a",
		"http://us@er:secret@a":          "http://a",
		`HTTP:\\user:secret@a\b`:         `HTTP:\\a\b`,
		"http:user:secret@a":             "http:a",
		"http:///user:secret@a#@":        "http:///a#@",
		" http://user:secret@a":          " http://a",
		"\x01ht\ttp:/\t/us\ner:secret@a": "\x01ht\ttp:/\t/a",
		"mailto:user@a":                  "mailto:user@a",
		"a@b":                            "a@b",
		"":                               "",
	} {
		if got := WithoutUserinfo(url); got != want {
			t.Errorf("%q: %q, want %q", url, got, want)
		}
	}
	var r record
	if err := r.parse([]byte(`{"url":"http://user:secret@a:81/","class":"ok"}`)); err != nil || strings.Contains(*r.URL, "secret") {
		t.Errorf("%q, %v", *r.URL, err)
	}
}
