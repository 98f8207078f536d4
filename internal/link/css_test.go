package link

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// readCSS reads a sheet cut into pieces at the places given, and returns what it refers to.
func readCSS(sheet string, cuts ...int) (found []string) {
	c := cssReader{found: func(ref []byte, kind Kind) { found = append(found, fmt.Sprintf("%v %s", kind, ref)) }}
	for _, cut := range cuts {
		if cut <= len(sheet) {
			c.write([]byte(sheet[:cut]))
			sheet = sheet[cut:]
		}
	}
	c.write([]byte(sheet))
	c.close()
	if c.long > 0 {
		found = append(found, fmt.Sprintf("%d too long", c.long))
	}
	return found
}

func TestCSS(t *testing.T) {
	for sheet, want := range map[string]string{
		"":                                         "",
		"a{b:url(x)}":                              "css x",
		"a{b:URL( \t\nx\r\n )}":                    "css x",
		"url(x y)url(z)":                           "css z",
		"url(x\"y)url(z)":                          "css z",
		"url(x'y\\))url(z)":                        "css z",
		"url(x(y)url(z)":                           "css z",
		"url(x\x01)url(y\x7f)url(z\x00)":           "css z\uFFFD",
		"url()url( )url('')":                       "",
		"url(#a)url('#b')url(c#d)":                 "css c#d",
		"url(\"x y\")url('a\"b')":                  "css x y|css a\"b",
		"url( 'x' format(y))":                      "css x",
		"url('x\ny) url(z)":                        "css z",
		"'url(x)' \"url(y)\" url(z)":               "css z",
		"'a\nurl(x)'":                              "css x",
		"'a\\\nurl(x)' 'b\\\r\n' url(y)":           "css y",
		"'a\\\rb\nurl(x)'":                         "css x",
		"/* url(x) */url(y)/**/url(z)/***/":        "css y|css z",
		"/*/ url(x) */ / * url(y)":                 "css y",
		"/* url(x)":                                "",
		"url/**/(x)":                               "",
		"url (x)":                                  "",
		"curl(x) -url(y) url2(z) url-prefix(a)":    "",
		"1url(x) #url(y) @url(z) _url(a)":          "",
		"1.url(x) 1+url(y) (url(z)":                "css x|css y|css z",
		"\u00fcurl(x) \x00url(y)":                  "",
		"\\75rl(x) u\\72 l(y) ur\\00006c(z)":       "css x|css y|css z",
		"u\\r\\l(x) \\url(y)":                      "css x|css y",
		"ur\\6c\r\n(x) url(a\\62\r\nc)":            "css x|css abc",
		"url(a\\ b) url(\\29 \\)) url('\\'')":      "css a b|css ))|css '",
		"url(\\0) url(\\d800) url(\\110000 x)":     "css \uFFFD|css \uFFFD|css \uFFFDx",
		"url(\\0000411) url('\\e9')":               "css A1|css \u00e9",
		"url(a\\\nb) url(c)":                       "css c",
		"url(\\":                                   "css \uFFFD",
		"url('a\\":                                 "css a",
		"url(x":                                    "css x",
		"url( x ":                                  "css x",
		"url('x":                                   "css x",
		"url(\\78":                                 "css x",
		"<!--url(x)--> url(y)":                     "css x|css y",
		"<!-url(x) <!url(y) <url(z)":               "css y|css z",
		"-->url(x)":                                "css x",
		"@import 'x';":                             "import x",
		"@IMPORT\"x\"":                             "import x",
		"@import/**/ url( y ) print;":              "import y",
		"@import url('z') layer(a) supports(b)":    "import z",
		"@\\69mport 'x'":                           "import x",
		"@import 'a\nb' 'c'":                       "",
		"@import print 'x'; @import; 'y'":          "",
		"@import 'x' url(y)":                       "import x|css y",
		"@imports 'x'; @ import 'y'; @@import 'z'": "import z",
		"@charset \"x\"; @media 'y' {}":            "",
		"@namespace url(x); @namespace s url('y'); url(z)":     "css z",
		"@-moz-document url(x), domain(y) { a { b: url(z) } }": "css z",
		"@import":                      "",
		"'x":                           "",
		"image-set('x' 1x, url(y) 2x)": "css y",
		"a{src:url(a.eot?#iefix)format('x'),url(a.woff)}": "css a.eot?#iefix|css a.woff",
		"url(data:image/svg+xml;utf8,<svg>)":              "css data:image/svg+xml;utf8,<svg>",
		"\\\nurl(x)":                                      "css x",
		"url" + strings.Repeat("x", 100) + "(y)":          "",
		"url(" + strings.Repeat("x", MaxURL+1) + ") url(" + strings.Repeat("y", MaxURL) + ")": "css " + strings.Repeat("y", MaxURL) + "|1 too long",
	} {
		if got := strings.Join(readCSS(sheet), "|"); got != want {
			t.Errorf("%.80q has %.200q, want %.200q", sheet, got, want)
		}
	}
}

// FuzzCSS: a sheet has the same references however it is cut.
func FuzzCSS(f *testing.F) {
	for _, s := range []string{
		"@import 'a'; b{c:url( \"d\" )}", "/*url(*/\\75 rl(x\\29 )", "'a\\\r\n'url(b \\", "<!--@namespace url(a);url(b", "ur\\6c\r\n(\\a\r\n)",
		"url('\\\r\n\n", "<!-u\\\nrl(x", "@-moz-documen\\74 url(x){", "u\\000072\tl(\x00\x7f",
	} {
		f.Add(s, uint16(3), uint16(2))
	}
	f.Fuzz(func(t *testing.T, s string, a, b uint16) {
		whole := readCSS(s)
		if got := readCSS(s, int(a), int(b)); !slices.Equal(got, whole) {
			t.Fatalf("%q has %q, and cut behind %d and %d %q", s, whole, a, b, got)
		}
		cuts := make([]int, len(s))
		for i := range cuts {
			cuts[i] = 1
		}
		if got := readCSS(s, cuts...); !slices.Equal(got, whole) {
			t.Fatalf("%q has %q, and byte for byte %q", s, whole, got)
		}
		if len(whole) > 0 && !strings.Contains(s, "(") && !strings.Contains(s, "@") {
			t.Fatalf("%q has %q", s, whole)
		}
	})
}
