//go:build unix

package fetch

import (
	"slices"
	"strings"
	"testing"

	"crawl/internal/http1"
	"crawl/internal/suites"
)

// mediaVector is a case of the suites mime (input, output) or ct-headers (headers, mime).
type mediaVector struct {
	ID       string   `json:"id"`
	Input    string   `json:"input"`
	Output   *string  `json:"output"`
	Headers  []string `json:"headers"`
	Mime     string   `json:"mime"`
	Encoding *string  `json:"encoding"`
}

// mediaVectors reads one of the suites, with a Content-Type field or several in each case.
func mediaVectors(t *testing.T, name string, least int) []mediaVector {
	t.Helper()
	list := suites.Read[mediaVector](t, name, least)
	for i := range list {
		if v := &list[i]; v.Headers == nil { // of the suite mime: one field
			v.Headers = []string{v.Input}
			if v.Output != nil {
				v.Mime = *v.Output
			}
		}
	}
	return list
}

// missed are the cases of both suites that we read otherwise, each with its reason. There are none. What the suites
// cannot see: parameters other than charset are not kept, and a charset that no encoding can be called by is none.
var missed = map[string]string{}

// TestMediaSuites: type and charset are those of the MIME Sniffing and Fetch standards, of one field and of several.
func TestMediaSuites(t *testing.T) {
	for name, least := range map[string]int{"mime.jsonl": 34, "ct-headers.jsonl": 8} {
		for _, v := range mediaVectors(t, name, least) {
			t.Run(v.ID, func(t *testing.T) {
				essence, _, _ := strings.Cut(v.Mime, ";")
				mediaType, charset := mediaOf(v.Headers)
				encoding := encodingOf(charset)
				right := mediaType == essence && (v.Encoding == nil && encoding == "" || v.Encoding != nil && encoding == *v.Encoding)
				if _, known := missed[v.ID]; right == known {
					t.Errorf("%q is %q with charset %q, want %q and %v; missed: %v", v.Headers, mediaType, charset, v.Mime, v.Encoding, known)
				}
			})
		}
	}
}

// mediaOf takes in these values as fields of a head, or where a head cannot have such, without one.
func mediaOf(values []string) (mediaType, charset string) {
	if slices.ContainsFunc(values, func(s string) bool { return strings.ContainsAny(s, "\r\n") }) {
		c := parseContentType(strings.Join(values, ", "))
		return c.mediaType, c.charset
	}
	raw := "HTTP/1.1 200 OK\r\nX: y\r\n"
	for _, value := range values {
		raw += "content-TYPE: " + value + "\r\nX: y\r\n"
	}
	b := &buffer{res: &Response{}}
	if err := b.head.Parse([]byte(raw+"\r\n"), http1.Limits{}); err != nil {
		return err.Error(), ""
	}
	b.noteMediaType()
	return b.res.MediaType, b.res.Charset
}

// encodingOf is the name of the encoding that a label means, for the labels of the suites.
func encodingOf(label string) string {
	return map[string]string{"gbk": "GBK", "windows-1252": "windows-1252", "windows-1254": "windows-1254"}[label]
}

func TestParseContentType(t *testing.T) {
	for raw, want := range map[string][2]string{
		"":                                           {"", ""},
		"text/html":                                  {"text/html", ""},
		"Text/HTML; Charset=UTF-8":                   {"text/html", "utf-8"},
		"text/html;charset=utf-8":                    {"text/html", "utf-8"},
		"text/html ; charset=\"utf-8\" ":             {"text/html", "utf-8"},
		"text/html; charset = utf-8":                 {"text/html", ""}, // a name cannot end in a space
		"text/html; charset='utf-8'":                 {"text/html", "'utf-8'"},
		"text/html; a=b; charset=koi8-r; c=d":        {"text/html", "koi8-r"},
		"text/html; charset=a; charset=b":            {"text/html", "a"},
		"text/html; charset=; charset=b":             {"text/html", "b"},
		"text/html; charset=\"\"; charset=b":         {"text/html", ""},
		"text/html; charset=a b; charset=c":          {"text/html", ""}, // the first counts, whatever it is
		"text/html; charset":                         {"text/html", ""},
		"text/html; charset; charset=b":              {"text/html", "b"},
		"text/html;;; charset=x":                     {"text/html", "x"},
		"text/html; xcharset=x":                      {"text/html", ""},
		"text/html; charset=ISO_8859-1:1987":         {"text/html", "iso_8859-1:1987"},
		"application/vnd.x+json":                     {"application/vnd.x+json", ""},
		"text":                                       {"", ""},
		"text/":                                      {"", ""},
		"/html":                                      {"", ""},
		"text/html/x":                                {"", ""},
		"te xt/html":                                 {"", ""},
		"*/*; charset=x":                             {"", ""},
		"; charset=x":                                {"", ""},
		"text/\u212aml":                              {"", ""}, // whose lower case is in ASCII
		"text/html; \u212aharset=x":                  {"text/html", ""},
		"text/html; a=\"b;charset=c\"; charset=d":    {"text/html", "d"},
		"text/html; a=\"b\\\";charset=c\";charset=d": {"text/html", "d"},
		"text/html; charset=\"utf\\-8":               {"text/html", "utf-8"},
		"text/html; charset=\"utf\\-8\" x; a=b":      {"text/html", "utf-8"},
		"text/html; charset=\"utf-8\\":               {"text/html", ""}, // a backslash stands for itself at the end
		"text/html\x1b[1m":                           {"", ""},
		"text/html; charset=\x1b[1mutf-8":            {"text/html", ""},
		"text/ht\xffml; charset=\"utf 8\"":           {"", ""},
		"\ttext/html\t;\tcharset=iso-8859-1\t":       {"text/html", "iso-8859-1"},
		// Several in one field are as several fields.
		"text/html, text/plain":                               {"text/plain", ""},
		"text/html; charset=x, text/plain":                    {"text/plain", ""},
		"text/html; charset=x, text/html; a=b":                {"text/html", "x"},
		"text/html, text/html; charset=x, text/html":          {"text/html", ""}, // so it stands in the standard
		"text/html;charset=x, text/html;charset=y, TEXT/html": {"text/html", "x"},
		"text/html; charset=x, nonsense, */*; charset=y,":     {"text/html", "x"},
		"text/html; a=\",\\\",text/plain\";charset=z":         {"text/html", "z"},
		",,": {"", ""},
	} {
		c := parseContentType(raw)
		if c.mediaType != want[0] || c.charset != want[1] || c.raw != raw {
			t.Errorf("%q is %+v, want %q, %q", raw, c, want[0], want[1])
		}
	}
}

// TestMediaTypeAgain: a second response like the first costs nothing.
func TestMediaTypeAgain(t *testing.T) {
	b := &buffer{res: &Response{}}
	if err := b.head.Parse([]byte("HTTP/1.1 200 OK\r\nContent-Type: Text/HTML; Charset=UTF-8\r\n\r\n"), http1.Limits{}); err != nil {
		t.Fatal(err)
	}
	b.noteMediaType()
	if n := testing.AllocsPerRun(100, b.noteMediaType); n != 0 || b.res.MediaType != "text/html" || b.res.Charset != "utf-8" {
		t.Errorf("%v allocations, for %q, %q", n, b.res.MediaType, b.res.Charset)
	}
}

// FuzzContentType: it never panics, what it finds are tokens in lower case, and they mean the same again.
func FuzzContentType(f *testing.F) {
	for _, s := range []string{"text/html; charset=utf-8", "a/b;c=d;charset=\"e\"", ";;==", "TEXT/X ; CHARSET = 'Y'", "a/b;charset=c,a/b", "a/b;c=\"\\\",d/e\";charset=\"f\\g"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		c := parseContentType(raw)
		kind, sub, _ := strings.Cut(c.mediaType, "/")
		if c.mediaType != "" && (!http1.ValidToken(kind) || !http1.ValidToken(sub)) || c.charset != "" && (c.mediaType == "" || !http1.ValidToken(strings.ReplaceAll(c.charset, ":", "-"))) {
			t.Fatalf("%q is %+v", raw, c)
		}
		for _, s := range []string{c.mediaType, c.charset} {
			if s != strings.ToLower(s) || !strings.Contains(strings.ToLower(raw), s) && !strings.Contains(raw, `\`) {
				t.Fatalf("%q is %+v", raw, c)
			}
		}
		if again := parseContentType(c.mediaType + ";charset=" + c.charset); again.mediaType != c.mediaType || again.charset != c.charset {
			t.Fatalf("%q is %+v, and that is %+v", raw, c, again)
		}
	})
}
