package fetch

import (
	"strings"
	"testing"

	"crawl/internal/http1"
)

func TestParseContentType(t *testing.T) {
	for raw, want := range map[string][2]string{
		"":                                    {"", ""},
		"text/html":                           {"text/html", ""},
		"Text/HTML; Charset=UTF-8":            {"text/html", "utf-8"},
		"text/html;charset=utf-8":             {"text/html", "utf-8"},
		"text/html ; charset = \"utf-8\" ":    {"text/html", "utf-8"},
		"text/html; charset='utf-8'":          {"text/html", "utf-8"},
		"text/html; a=b; charset=koi8-r; c=d": {"text/html", "koi8-r"},
		"text/html; charset=a; charset=b":     {"text/html", "a"},
		"text/html; charset=; charset=b":      {"text/html", "b"},
		"text/html; charset":                  {"text/html", ""},
		"text/html;;; charset=x":              {"text/html", "x"},
		"text/html; xcharset=x":               {"text/html", ""},
		"application/vnd.x+json":              {"application/vnd.x+json", ""},
		"text":                                {"", ""},
		"text/":                               {"", ""},
		"/html":                               {"", ""},
		"text/html/x":                         {"", ""},
		"te xt/html":                          {"", ""},
		"text/html, text/plain":               {"", ""},
		"*/*; charset=x":                      {"*/*", "x"},
		"; charset=x":                         {"", "x"},
		"text/\u212aml":                       {"", ""}, // whose lower case is in ASCII
		"text/html; a=\"b;charset=c\"; charset=d":    {"text/html", "d"},
		"text/html; a=\"b\\\";charset=c\";charset=d": {"text/html", "d"},
		"text/html; charset=\"utf-8":                 {"text/html", "utf-8"},
		"text/html\x1b[1m":                           {"", ""},
		"text/html; charset=\x1b[1mutf-8":            {"text/html", ""},
		"text/ht\xffml; charset=\"utf 8\"":           {"", ""},
		"\ttext/html\t;\tcharset=iso-8859-1\t":       {"text/html", "iso-8859-1"},
	} {
		c := parseContentType(raw)
		if c.mediaType != want[0] || c.charset != want[1] || c.raw != raw {
			t.Errorf("%q is %+v, want %q, %q", raw, c, want[0], want[1])
		}
	}
}

// FuzzContentType: it never panics, and what it finds are tokens in lower case, found in what was given.
func FuzzContentType(f *testing.F) {
	for _, s := range []string{"text/html; charset=utf-8", "a/b;c=d;charset=\"e\"", ";;==", "TEXT/X ; CHARSET = 'Y'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		c := parseContentType(raw)
		kind, sub, _ := strings.Cut(c.mediaType, "/")
		if c.mediaType != "" && (!http1.ValidToken(kind) || !http1.ValidToken(sub)) || c.charset != "" && !http1.ValidToken(c.charset) {
			t.Fatalf("%q is %+v", raw, c)
		}
		for _, s := range []string{c.mediaType, c.charset} {
			if s != strings.ToLower(s) || !strings.Contains(strings.ToLower(raw), s) {
				t.Fatalf("%q is %+v", raw, c)
			}
		}
		if again := parseContentType(c.mediaType + ";charset=" + c.charset); again.mediaType != c.mediaType || again.charset != strings.Trim(c.charset, "'") && again.charset != c.charset {
			t.Fatalf("%q is %+v, and that is %+v", raw, c, again)
		}
	})
}
