package fetch

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"crawl/internal/http1"
)

func TestParseURL(t *testing.T) {
	long := strings.Repeat("a", 63)
	for s, want := range map[string]URL{
		"http://example.com":              {"example.com", 80, "example.com", "/"},
		"http://example.com/":             {"example.com", 80, "example.com", "/"},
		"HTTP://Example.COM/A":            {"example.com", 80, "example.com", "/A"},
		"http://example.com:80/":          {"example.com", 80, "example.com", "/"},
		"http://example.com:/x":           {"example.com", 80, "example.com", "/x"},
		"http://example.com:0080/":        {"example.com", 80, "example.com", "/"},
		"http://example.com:8080/":        {"example.com", 8080, "example.com:8080", "/"},
		"http://example.com:08080":        {"example.com", 8080, "example.com:8080", "/"},
		"http://example.com:65535":        {"example.com", 65535, "example.com:65535", "/"},
		"http://example.com.":             {"example.com.", 80, "example.com.", "/"},
		"http://x_y-z.example":            {"x_y-z.example", 80, "x_y-z.example", "/"},
		"http://" + long + ".test":        {long + ".test", 80, long + ".test", "/"},
		"http://127.0.0.1:81":             {"127.0.0.1", 81, "127.0.0.1:81", "/"},
		"http://[::1]":                    {"::1", 80, "[::1]", "/"},
		"http://[::1]:80/":                {"::1", 80, "[::1]", "/"},
		"http://[::A]:81/":                {"::a", 81, "[::a]:81", "/"},
		"http://[2001:db8::1]:8080/x":     {"2001:db8::1", 8080, "[2001:db8::1]:8080", "/x"},
		"http://h/a/b?c=d&e=f":            {"h", 80, "h", "/a/b?c=d&e=f"},
		"http://h?q":                      {"h", 80, "h", "/?q"},
		"http://h/?":                      {"h", 80, "h", "/?"},
		"http://h#f":                      {"h", 80, "h", "/"},
		"http://h/a#f?g/h":                {"h", 80, "h", "/a"},
		"http://h/a?b#c":                  {"h", 80, "h", "/a?b"},
		"http://h/a b\"c<d>é?e f\"g<h>ü#": {"h", 80, "h", "/a%20b%22c%3Cd%3E%C3%A9?e%20f%22g%3Ch%3E%C3%BC"},
		"http://h/a\"b":                   {"h", 80, "h", "/a%22b"},
		"http://h/<>":                     {"h", 80, "h", "/%3C%3E"},
		"http://h/a%20b%zz%":              {"h", 80, "h", "/a%20b%zz%"},
		"http://h/a%20b c":                {"h", 80, "h", "/a%20b%20c"},
		"http://h/../a/./b//c":            {"h", 80, "h", "/../a/./b//c"},
		"http://h\\a\\b?c\\d":             {"h", 80, "h", "/a/b?c\\d"},
		"http://h/@:;,=!$&'()*+~|^`{}[]":  {"h", 80, "h", "/@:;,=!$&'()*+~|^`{}[]"},
		"http://h/?u=http://x@y/":         {"h", 80, "h", "/?u=http://x@y/"},
		"http://h/\u00a0":                 {"h", 80, "h", "/%C2%A0"},
	} {
		if got, err := ParseURL(s); err != nil || got != want {
			t.Errorf("%q is %+v, %v, want %+v", s, got, err, want)
		}
	}
}

func TestParseURLErrors(t *testing.T) {
	for s, want := range map[string]error{
		"":                       errNoScheme,
		"example.com":            errNoScheme,
		"/path":                  errNoScheme,
		"http:/example.com":      errNoScheme,
		"http:example.com":       errNoScheme,
		" http://example.com":    errNoScheme,
		"ftp://example.com":      errNoScheme,
		"https://example.com":    errHTTPS,
		"HTTPS://example.com":    errHTTPS,
		"http://":                errHost,
		"http:///path":           errHost,
		"http://?q":              errHost,
		"http://:80":             errHost,
		"http://a..b":            errHost,
		"http://.a":              errHost,
		"http://.":               errHost,
		"http://a b/":            errHost,
		"http://\u212aelvin/":    errHost, // whose lower case is in ASCII
		"http://a%20b/":          errHost,
		"http://münchen.de/":     errHost,
		"http://a\r\nb/":         errHost,
		"http://a\x00/":          errHost,
		"http://[::1":            errHost,
		"http://[]/":             errHost,
		"http://[1.2.3.4]/":      errHost,
		"http://[fe80::1%eth0]/": errHost,
		"http://[fe80::1%25lo]/": errHost,
		"http://::1/":            errHost,
		"http://h:0":             errPort,
		"http://h:65536":         errPort,
		"http://h:-1":            errPort,
		"http://h:+1":            errPort,
		"http://h:x":             errPort,
		"http://h:80:80":         errHost,
		"http://[::1]x":          errPort,
		"http://user@h/":         errUserinfo,
		"http://user:pass@h/":    errUserinfo,
		"http://h@/":             errUserinfo,
		"http://h/a\tb":          errCharacters,
		"http://h/a\nb":          errCharacters,
		"http://h/a\x7fb":        errCharacters,
		"http://h/\x00":          errCharacters,
		"http://h/\xff":          errEncoding,
		"http://h/?\xc3\x28":     errEncoding,
		"http://" + strings.Repeat("a", 64) + ".test":         errHost,
		"http://" + strings.Repeat("abcdefghi.", 26) + "test": errHost,
		"http://" + strings.Repeat("abcdefghi.", 25) + "test": errHost, // 254 bytes
		"http://h/" + strings.Repeat("a", MaxURL):             errTooLong,
	} {
		u, err := ParseURL(s)
		if !errors.Is(err, want) || u != (URL{}) {
			t.Errorf("%.80q is %+v, %v, want nothing and %v", s, u, err, want)
		}
		if err != nil && len(err.Error()) > 400 {
			t.Errorf("%.80q: the error has %d bytes", s, len(err.Error()))
		}
	}
}

// FuzzParseURL: it never panics; what it accepts can be sent, and is what it was taken for when it is parsed once
// more; where net/url, too, takes it for a plain URL, both see the same.
func FuzzParseURL(f *testing.F) {
	for _, s := range []string{
		"http://example.com/a/b?c=d#e", "http://[::1]:8080/", "http://h:80", "http://h\\a", "http://a b", "http://h/é\"<>`{}",
		"HTTP://A.:1?x", "http://u@h", "https://h", "http://h/%", "http://1.2.3.4:5/;p=q", "http://h/\x00\xff",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseURL(s)
		if err != nil {
			if u != (URL{}) {
				t.Errorf("%q: %+v beside error %v", s, u, err)
			}
			return
		}
		if u.Authority != strings.ToLower(u.Authority) || strings.HasSuffix(u.Authority, ":80") && !strings.HasSuffix(u.Authority, "::80") {
			t.Fatalf("%q is %+v, and one host has several authorities", s, u)
		}
		if !http1.ValidTarget(u.Target) || !http1.ValidHost(u.Authority) || u.Target[0] != '/' || u.Port == 0 || u.Host == "" || u.Authority == "" {
			t.Fatalf("%q is %+v, which cannot be sent", s, u)
		}
		if strings.ContainsAny(u.Host, "/?#@\\ ") || strings.ContainsFunc(u.Target, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Fatalf("%q is %+v", s, u)
		}
		again, err := ParseURL("http://" + u.Authority + u.Target)
		if err != nil || again != u {
			t.Fatalf("%q is %+v, and that is %+v, %v", s, u, again, err)
		}
		differential(t, s, u)
	})
}

// differential compares with net/url, where that takes s as it stands: it keeps backslashes, and encodes some
// characters that we leave to the server.
func differential(t *testing.T, s string, u URL) {
	std, err := url.Parse(s)
	if err != nil || strings.ContainsAny(s, "\\") {
		return
	}
	host := strings.ToLower(std.Hostname())
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() {
		host = u.Host // written in many ways
	}
	if host != u.Host {
		t.Errorf("%q: the host is %q, net/url has %q", s, u.Host, std.Hostname())
	}
	if port := strings.TrimLeft(std.Port(), "0"); port != "" && port != fmt.Sprint(u.Port) {
		t.Errorf("%q: the port is %d, net/url has %q", s, u.Port, std.Port())
	}
	ours, err := url.ParseRequestURI(u.Target)
	if err != nil {
		t.Errorf("%q: net/url refuses the target %q: %v", s, u.Target, err)
		return
	}
	path := std.Path
	if path == "" {
		path = "/"
	}
	// What is meant is the same, however it is escaped.
	if ours.Path != path {
		t.Errorf("%q: the target %q has path %q, net/url has %q", s, u.Target, ours.Path, path)
	}
	if a, b := unescaped(ours.RawQuery), unescaped(std.RawQuery); a != b {
		t.Errorf("%q: the target %q has query %q, net/url has %q", s, u.Target, a, b)
	}
}

func unescaped(query string) string {
	if s, err := url.PathUnescape(query); err == nil {
		return s
	}
	return query
}

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
