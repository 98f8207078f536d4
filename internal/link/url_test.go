package link

import (
	"errors"
	"strings"
	"testing"
)

func mustParse(t testing.TB, s string) URL {
	t.Helper()
	u, err := Parse(s)
	if err != nil {
		t.Fatalf("%.80q: %v", s, err)
	}
	return u
}

func TestParts(t *testing.T) {
	type parts struct {
		whole, scheme, host string
		port                uint16
		authority, origin   string
		target, fragment    string
		user, password      string
	}
	for s, want := range map[string]parts{
		"http://example.com/":         {"http://example.com/", "http", "example.com", 80, "example.com", "http://example.com", "/", "", "", ""},
		"http://example.com":          {"http://example.com/", "http", "example.com", 80, "example.com", "http://example.com", "/", "", "", ""},
		"https://example.com:443":     {"https://example.com/", "https", "example.com", 443, "example.com", "https://example.com", "/", "", "", ""},
		"https://example.com:80/a?b":  {"https://example.com:80/a?b", "https", "example.com", 80, "example.com:80", "https://example.com:80", "/a?b", "", "", ""},
		"HTTP://Example.COM:0080/A#B": {"http://example.com/A#B", "http", "example.com", 80, "example.com", "http://example.com", "/A", "B", "", ""},
		"http://h:/x":                 {"http://h/x", "http", "h", 80, "h", "http://h", "/x", "", "", ""},
		"http://h:65535?q":            {"http://h:65535/?q", "http", "h", 65535, "h:65535", "http://h:65535", "/?q", "", "", ""},
		"http://h:0/":                 {"http://h:0/", "http", "h", 0, "h:0", "http://h:0", "/", "", "", ""},
		"http://[::A]:81/?":           {"http://[::a]:81/?", "http", "::a", 81, "[::a]:81", "http://[::a]:81", "/?", "", "", ""},
		"https://[::1]":               {"https://[::1]/", "https", "::1", 443, "[::1]", "https://[::1]", "/", "", "", ""},
		"http://u:p@h:81/a#":          {"http://u:p@h:81/a#", "http", "h", 81, "h:81", "http://h:81", "/a", "", "u", "p"},
		"http://u@h/":                 {"http://u@h/", "http", "h", 80, "h", "http://h", "/", "", "u", ""},
		"https://:p@h/":               {"https://:p@h/", "https", "h", 443, "h", "https://h", "/", "", "", "p"},
		"http://@h/@":                 {"http://h/@", "http", "h", 80, "h", "http://h", "/@", "", "", ""},
		"http://a@b:c d@h/?@":         {"http://a%40b:c%20d@h/?@", "http", "h", 80, "h", "http://h", "/?@", "", "a%40b", "c%20d"},
		"http:\\\\h\\a\\..\\b?c\\d":   {"http://h/b?c\\d", "http", "h", 80, "h", "http://h", "/b?c\\d", "", "", ""},
		"http:h/a":                    {"http://h/a", "http", "h", 80, "h", "http://h", "/a", "", "", ""},
		" \thttp://h/a\nb ":           {"http://h/ab", "http", "h", 80, "h", "http://h", "/ab", "", "", ""},
		"http://h/a#b?c#d e":          {"http://h/a#b?c#d%20e", "http", "h", 80, "h", "http://h", "/a", "b?c#d%20e", "", ""},
		"http://h/../a/./b//c/%2E":    {"http://h/a/b//c/", "http", "h", 80, "h", "http://h", "/a/b//c/", "", "", ""},
		"http://h/\x00\x1b[31m\x7f":   {"http://h/%00%1B[31m%7F", "http", "h", 80, "h", "http://h", "/%00%1B[31m%7F", "", "", ""},
		"http://h/é\"<>^`{}|%zz?é'\"": {"http://h/%C3%A9%22%3C%3E%5E%60%7B%7D|%zz?%C3%A9%27%22", "http", "h", 80, "h", "http://h", "/%C3%A9%22%3C%3E%5E%60%7B%7D|%zz?%C3%A9%27%22", "", "", ""},
	} {
		u := mustParse(t, s)
		fragment, _ := u.Fragment()
		user, password, _ := u.Userinfo()
		got := parts{u.String(), u.Scheme(), u.Host(), u.Port(), u.Authority(), u.Origin(), u.Target(), fragment, user, password}
		if got != want {
			t.Errorf("%q is\n%+v, want\n%+v", s, got, want)
		}
		if u.Secure() != (want.scheme == "https") {
			t.Errorf("%q: secure: %v", s, u.Secure())
		}
	}
}

// TestEmptyParts: what is there and empty is told from what is not there.
func TestEmptyParts(t *testing.T) {
	for s, want := range map[string][2]bool{"http://h/": {}, "http://h/#": {true, false}, "http://:@h/#": {true, false}, "http://u:@h/": {false, true}} {
		u := mustParse(t, s)
		_, hasFragment := u.Fragment()
		_, _, hasUser := u.Userinfo()
		if got := [2]bool{hasFragment, hasUser}; got != want {
			t.Errorf("%q: has fragment and user %v, want %v", s, got, want)
		}
	}
}

func TestWithFragment(t *testing.T) {
	for _, c := range [][3]string{
		{"http://u@h/a?b", "c", "http://u@h/a?b#c"},
		{"http://u@h/a?b#x", "c", "http://u@h/a?b#c"},
		{"http://h/a#x", "", "http://h/a"},
		{"http://h/a", "", "http://h/a"},
	} {
		u := mustParse(t, c[0])
		v := u.WithFragment(c[1])
		if v != mustParse(t, c[2]) || v.Target() != u.Target() {
			t.Errorf("%q with %q is %+v, want %q", c[0], c[1], v, c[2])
		}
		if u != mustParse(t, c[0]) {
			t.Errorf("%q has become %+v", c[0], u)
		}
	}
}

func TestErrors(t *testing.T) {
	for s, want := range map[string]error{
		"":                         ErrScheme,
		"example.com":              ErrScheme,
		"example.com:80":           ErrScheme, // where "example.com" is a scheme
		"/path":                    ErrScheme,
		"//example.com/":           ErrScheme,
		"#f":                       ErrScheme,
		"ftp://example.com/":       ErrScheme,
		"ftp://a b/":               ErrScheme,
		"mailto:a@example.com":     ErrScheme,
		"javascript:alert(1)":      ErrScheme,
		"data:,x":                  ErrScheme,
		"file:///etc/passwd":       ErrScheme,
		"http\x00://h/":            ErrScheme,
		"http://":                  ErrInvalid,
		"http:///":                 ErrInvalid,
		"http://?q":                ErrInvalid,
		"http://:80":               ErrInvalid,
		"http://u@/":               ErrInvalid,
		"http://a b/":              ErrInvalid,
		"http://a%20b/":            ErrInvalid,
		"http://h:65536":           ErrInvalid,
		"http://h:-1":              ErrInvalid,
		"http://h:+1":              ErrInvalid,
		"http://h:x":               ErrInvalid,
		"http://h:80:80":           ErrInvalid,
		"http://[::1]x":            ErrInvalid,
		"http://h/\xff":            ErrEncoding,
		"http://h/?\xc3\x28":       ErrEncoding,
		"http://\xed\xa0\x80/":     ErrEncoding,
		"http://h/\u0000\xfe#\x1b": ErrEncoding,

		"http://h/" + strings.Repeat("a", MaxURL):            ErrTooLong,
		"http://h/?" + strings.Repeat(" ", MaxURL/2) + "x":   ErrTooLong, // when it is escaped
		"http://h/ " + strings.Repeat("/", maxRewritten):     ErrInvalid,
		"http://" + strings.Repeat("@", maxRewritten) + "h":  ErrInvalid,
		"http://" + strings.Repeat(":", maxUserinfo) + "@h/": ErrInvalid,
		"//h@" + strings.Repeat("u", maxUserinfo) + "@h/@?@": ErrInvalid,
	} {
		u, err := Parse(s)
		if !errors.Is(err, want) || u != (URL{}) {
			t.Errorf("%.80q is %+v, %v, want nothing and %v", s, u, err, want)
		}
		if err != nil && (len(err.Error()) > 400 || strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r == 0x7f })) {
			t.Errorf("%.80q: the error is %q", s, err)
		}
	}
}

// TestLongest: a URL may be as long as that, to the byte, canonical or not.
func TestLongest(t *testing.T) {
	for _, s := range []string{"http://h/", "http://h/?'", "HTTP://h/?"} {
		grown := len(mustParse(t, s).href) - len(s)
		longest := s + strings.Repeat("a", MaxURL-len(s)-grown)
		if u := mustParse(t, longest); len(u.String()) != MaxURL {
			t.Errorf("%q: %d bytes", s, len(u.String()))
		}
		if _, err := Parse(longest + "a"); !errors.Is(err, ErrTooLong) {
			t.Errorf("%q: one byte more: %v", s, err)
		}
	}
	base := mustParse(t, "http://h/a/b")
	ref := strings.Repeat("a", MaxURL-len("http://h/a/"))
	if u, err := base.Resolve(ref); err != nil || len(u.String()) != MaxURL {
		t.Errorf("%d bytes, %v", len(u.String()), err)
	}
	if _, err := base.Resolve(ref + "a"); !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrTooLong) {
		t.Errorf("one byte more: %v", err)
	}
}

func TestResolve(t *testing.T) {
	const base = "http://u:p@h:81/a/b/c?q=/x/#f"
	for ref, want := range map[string]string{
		"":                   "http://u:p@h:81/a/b/c?q=/x/",
		"#":                  "http://u:p@h:81/a/b/c?q=/x/#",
		"#g":                 "http://u:p@h:81/a/b/c?q=/x/#g",
		"# g":                "http://u:p@h:81/a/b/c?q=/x/#%20g",
		"?":                  "http://u:p@h:81/a/b/c?",
		"?y#z":               "http://u:p@h:81/a/b/c?y#z",
		"d":                  "http://u:p@h:81/a/b/d",
		"d.html?e=../f":      "http://u:p@h:81/a/b/d.html?e=../f",
		"./d":                "http://u:p@h:81/a/b/d",
		"./":                 "http://u:p@h:81/a/b/",
		"./?d":               "http://u:p@h:81/a/b/?d",
		".":                  "http://u:p@h:81/a/b/",
		"..":                 "http://u:p@h:81/a/",
		"../":                "http://u:p@h:81/a/",
		"../d?e":             "http://u:p@h:81/a/d?e",
		"../../d":            "http://u:p@h:81/d",
		"../../../.././d":    "http://u:p@h:81/d",
		"..//d":              "http://u:p@h:81/a//d",
		"../d/../e":          "http://u:p@h:81/a/e",
		"%2e%2E/d":           "http://u:p@h:81/a/d",
		".well-known":        "http://u:p@h:81/a/b/.well-known",
		"...":                "http://u:p@h:81/a/b/...",
		"/":                  "http://u:p@h:81/",
		"/d/e?f#g":           "http://u:p@h:81/d/e?f#g",
		"/.d/%20/.%41":       "http://u:p@h:81/.d/%20/.%41",
		"/d/../e":            "http://u:p@h:81/e",
		"/d e":               "http://u:p@h:81/d%20e",
		"\\d":                "http://u:p@h:81/d",
		"//i/d":              "http://i/d",
		"//i":                "http://i/",
		"///i/d":             "http://i/d",
		"\\/i/d":             "http://i/d",
		"https://i":          "https://i/",
		"http:d":             "http://u:p@h:81/a/b/d",
		"https:d":            "https://d/",
		" d ":                "http://u:p@h:81/a/b/d",
		"/d:e":               "http://u:p@h:81/d:e",
		"d/e:f":              "http://u:p@h:81/a/b/d/e:f",
		"1:f":                "http://u:p@h:81/a/b/1:f", // no scheme begins with a digit
		"mailto:x":           "",
		"javascript:void(0)": "",
		"//":                 "",
		"//a b/":             "",
		"http://[":           "",
	} {
		u := mustParse(t, base)
		v, err := u.Resolve(ref)
		if v.String() != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v, want %q", ref, v.String(), err, want)
		}
		if err == nil && v != mustParse(t, want) {
			t.Errorf("%q is %+v", ref, v)
		}
	}
	var none URL
	if v, err := none.Resolve("/a"); !errors.Is(err, ErrScheme) {
		t.Errorf("without a URL, %+v, %v", v, err)
	}
}
