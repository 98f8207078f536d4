package link

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	whatwg "github.com/nlnwa/whatwg-url/url"
)

// FuzzParse: the fast path says what the library says; what is a URL is the same URL when it is parsed once more, and
// can be sent; where net/url takes it for a plain URL too, both see the same.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"http://example.com/a/b?c=d#e", "https://[::1]:8080/", "http://h:80", "http://h\\a", "http://a b", "http://h/é\"<>`{}^",
		"HTTP://A.:1?x", "http://u:p@h", "https://h.example", "http://h/%", "http://1.2.3.4:5/;p=q", "http://h/\x00\xff", "http://0x7f.1/",
		"http://１２７.1/", "https://xn--a/.a/%2e/./..", "http://-1/?'", "http://a..b:0/", "http://[::ffff:1.2.3.4]", "http://h/..a/.?b/../c#`",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if u, ok := plain(s); ok {
			sameAsLibrary(t, u, "", s)
		}
		u, err := Parse(s)
		if err != nil {
			if u != (URL{}) {
				t.Fatalf("%q: %+v beside error %v", s, u, err)
			}
			return
		}
		checkURL(t, u)
		if v, ok := plain(u.String()); ok && v != u {
			t.Fatalf("%q is %+v, and that is %+v", s, u, v)
		}
		differential(t, s, u)
		hostDifferential(t, s, u)
	})
}

// FuzzResolve: resolving never panics; where it takes the short way it ends where the library does; and what comes of
// it is a URL as any other.
func FuzzResolve(f *testing.F) {
	for _, base := range []string{"http://u:p@h:81/a/b/c?q=/x/#f", "https://example.com/", "http://h/a//"} {
		for _, ref := range []string{"", "/d?e", "../x?y", "page.html", "#g", "?h", "//i/j", "./k", "..", "../../..//l", "mailto:m", "\\n", "/.o/%2e", "p:q", "é"} {
			f.Add(base, ref)
		}
	}
	f.Fuzz(func(t *testing.T, base, ref string) {
		u, err := Parse(base)
		if err != nil {
			u = URL{}
		}
		before := u
		if v, ok := u.resolve(ref); ok {
			sameAsLibrary(t, v, u.String(), ref)
		}
		v, err := u.Resolve(ref)
		if u != before {
			t.Fatalf("%q in %+v has become %+v", ref, before, u)
		}
		if err == nil {
			checkURL(t, v)
		} else if v != (URL{}) {
			t.Fatalf("%q in %q: %+v beside error %v", ref, base, v, err)
		}
	})
}

// sameAsLibrary compares what a short way gave with what the library does.
func sameAsLibrary(t *testing.T, u URL, base, s string) {
	t.Helper()
	if v, err := standard(base, s); (err != nil || v != u) && !errors.Is(err, errLaborious) {
		t.Fatalf("%q in %q is %+v, the library has %+v, %v", s, base, u, v, err)
	}
}

// checkURL holds for every URL, however it came about.
func checkURL(t *testing.T, u URL) {
	t.Helper()
	again, err := Parse(u.String())
	if errors.Is(err, errLaborious) {
		return
	}
	if err != nil || again != u {
		t.Fatalf("%+v, and that is %+v, %v", u, again, err)
	}
	rebuilt := u.Scheme() + "://"
	if user, password, ok := u.Userinfo(); ok {
		rebuilt += user
		if password != "" {
			rebuilt += ":" + password
		}
		rebuilt += "@"
	}
	rebuilt += u.Authority() + u.Target()
	if fragment, ok := u.Fragment(); ok {
		rebuilt += "#" + fragment
	}
	if rebuilt != u.String() || u.Origin() != u.Scheme()+"://"+u.Authority() {
		t.Fatalf("%+v is taken apart into %q, of %q", u, rebuilt, u.Origin())
	}
	if strings.ContainsFunc(u.String(), func(r rune) bool { return r <= ' ' || r > '~' }) {
		t.Fatalf("%+v is not visible ASCII", u)
	}
	if u.Host() == "" || strings.ToLower(u.Host()) != u.Host() || strings.ContainsAny(u.Host(), "/?#@\\ %<>[]^|") {
		t.Fatalf("%+v has host %q", u, u.Host())
	}
	if strings.Contains(u.Host(), ":") {
		if addr, err := netip.ParseAddr(u.Host()); err != nil || !addr.Is6() {
			t.Fatalf("%+v has host %q: %v", u, u.Host(), err)
		}
	}
	if !strings.HasPrefix(u.Target(), "/") || strings.Contains(u.Target(), "#") {
		t.Fatalf("%+v has target %q", u, u.Target())
	}
}

// differential compares with net/url, where that takes s as it stands: it keeps backslashes, white space and dot segments, knows
// neither IDNA nor addresses, and encodes some characters that browsers leave to the server.
func differential(t *testing.T, s string, u URL) {
	t.Helper()
	std, err := url.Parse(s)
	if err != nil || strings.ContainsAny(s, "\\\t\r\n") || strings.TrimRight(s, " ") != s || std.Host == "" {
		return
	}
	if u.Scheme() != std.Scheme {
		t.Errorf("%q: the scheme is %q, net/url has %q", s, u.Scheme(), std.Scheme)
	}
	host := strings.ToLower(std.Hostname())
	if _, err := netip.ParseAddr(u.Host()); err == nil || strings.ContainsFunc(host, func(r rune) bool { return r > '~' }) {
		host = u.Host() // written in many ways
	}
	if host != u.Host() {
		t.Errorf("%q: the host is %q, net/url has %q", s, u.Host(), std.Hostname())
	}
	if port := strings.TrimLeft(std.Port(), "0"); port != "" && port != strconv.Itoa(int(u.Port())) {
		t.Errorf("%q: the port is %d, net/url has %q", s, u.Port(), std.Port())
	}
	ours, err := url.ParseRequestURI(u.Target())
	if err != nil {
		if !strings.Contains(err.Error(), "invalid URL escape") {
			t.Errorf("%q: net/url refuses the target %q: %v", s, u.Target(), err)
		}
		return
	}
	path := std.Path
	if path == "" {
		path = "/"
	}
	// What is meant is the same, however it is escaped.
	if ours.Path != path && !hasDots(std.EscapedPath()) {
		t.Errorf("%q: the target %q has path %q, net/url has %q", s, u.Target(), ours.Path, path)
	}
	if a, b := unescape(ours.RawQuery), unescape(std.RawQuery); a != b {
		t.Errorf("%q: the target %q has query %q, net/url has %q", s, u.Target(), a, b)
	}
}

// hasDots reports whether a path has a dot segment.
func hasDots(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if plainly := unescape(segment); plainly == "." || plainly == ".." {
			return true
		}
	}
	return false
}

// hostDifferential compares with the host parser of the library, where that is right: see the head of host.go.
func hostDifferential(t *testing.T, s string, u URL) {
	t.Helper()
	lib, err := whatwg.Parse(s)
	if err != nil || strings.ContainsAny(lib.Hostname()+u.Host(), "+-") || strings.Contains(s, "[[") || strings.Contains(s, "]]") {
		return
	}
	if lib.Hostname() != u.Host() && lib.Hostname() != "["+u.Host()+"]" {
		t.Errorf("%q: the host is %q, the library has %q", s, u.Host(), lib.Hostname())
	}
}
