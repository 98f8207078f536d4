package cookies

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// step sets fields from a URL, then looks at what is sent to others.
type step struct {
	url    string
	fields []string
	want   map[string]string // what is sent, by URL
}

// TestJar: who gets which cookie.
func TestJar(t *testing.T) {
	cases := []struct {
		name  string
		steps []step
	}{
		{"host only", []step{{"http://a.example.org/", []string{"a=1"}, map[string]string{
			"http://a.example.org/": "a=1", "https://a.example.org/x": "a=1", "http://example.org/": "", "http://b.a.example.org/": "", "http://xa.example.org/": "",
		}}}},
		{"the port does not count", []step{{"http://example.org:8080/", []string{"a=1"}, map[string]string{"http://example.org:9090/": "a=1", "https://example.org/": "a=1"}}}},
		{"case and last dot of a host", []step{{"http://Example.ORG./", []string{"a=1", "b=2; Domain=EXAMPLE.org"}, map[string]string{"http://example.org/": "a=1; b=2", "http://EXAMPLE.org./": "a=1; b=2"}}}},
		{"domain", []step{{"http://a.b.example.org/", []string{"a=1; Domain=b.example.org", "b=2; Domain=.example.org"}, map[string]string{
			"http://a.b.example.org/": "a=1; b=2", "http://b.example.org/": "a=1; b=2", "http://c.example.org/": "b=2", "http://example.org/": "b=2", "http://xexample.org/": "", "http://org/": "",
		}}}},
		{"domain of somebody else", []step{{"http://a.example.org/", []string{"a=1; Domain=b.example.org", "b=2; Domain=example.com", "c=3; Domain=b.a.example.org", "d=4; Domain=ample.org"}, map[string]string{
			"http://a.example.org/": "", "http://b.example.org/": "", "http://example.com/": "", "http://b.a.example.org/": "", "http://ample.org/": "",
		}}}},
		{"public suffix", []step{
			{"http://a.co.uk/", []string{"a=1; Domain=co.uk", "b=2; Domain=uk", "c=3; Domain=a.co.uk"}, map[string]string{"http://a.co.uk/": "c=3", "http://b.co.uk/": "", "http://co.uk/": "", "http://x.a.co.uk/": "c=3"}},
			{"http://me.github.io/", []string{"a=1; Domain=github.io"}, map[string]string{"http://me.github.io/": "", "http://you.github.io/": ""}},
			{"http://github.io/", []string{"a=1; Domain=github.io"}, map[string]string{"http://github.io/": "a=1", "http://you.github.io/": ""}}, // for the suffix as a host
			{"http://localhost/", []string{"a=1; Domain=localhost"}, map[string]string{"http://localhost/": "a=1", "http://x.localhost/": ""}},
		}},
		{"addresses have no subdomains", []step{
			{"http://127.0.0.1/", []string{"a=1", "b=2; Domain=127.0.0.1", "c=3; Domain=0.0.1"}, map[string]string{"http://127.0.0.1/": "a=1; b=2", "http://1.127.0.0.1/": "", "http://0.0.1/": ""}},
			{"http://0.0.1/", []string{"a=1; Domain=0.0.1"}, map[string]string{"http://127.0.0.1/": "a=1; b=2", "http://0.0.1/": "a=1"}},
			{"http://[::1]:8080/", []string{"a=1", "b=2; Domain=::1"}, map[string]string{"http://[::1]/": "a=1; b=2", "http://[::2]/": ""}},
		}},
		{"an empty Domain undoes one before it", []step{{"http://a.example.org/", []string{"a=1; Domain=example.org; Domain="}, map[string]string{"http://a.example.org/": "a=1", "http://example.org/": ""}}}},
		{"default path", []step{
			{"http://example.org/x/y/z?q=/", []string{"a=1"}, map[string]string{
				"http://example.org/x/y": "a=1", "http://example.org/x/y/": "a=1", "http://example.org/x/y?q": "a=1", "http://example.org/x/yy": "", "http://example.org/x/Y": "", "http://example.org/x/": "",
			}},
			{"http://example.com/x", []string{"a=1", "b=2; Path=x"}, map[string]string{"http://example.com/": "a=1; b=2", "http://example.com/y": "a=1; b=2"}},
		}},
		{"path", []step{{"http://example.org/", []string{"a=1; Path=/x/", "b=2; Path=/x", "c=3; Path=/"}, map[string]string{
			"http://example.org/x": "b=2; c=3", "http://example.org/x/": "a=1; b=2; c=3", "http://example.org/xy": "c=3",
		}}}},
		{"longer paths first, then what was there first", []step{{"http://example.org/", []string{"a=1", "b=2; Path=/x", "c=3", "d=4; Path=/x", "a=5", "e=6; Path=/x/y"}, map[string]string{"http://example.org/x/y": "e=6; b=2; d=4; a=5; c=3"}}}},
		{"one name, several cookies", []step{{"http://a.example.org/", []string{"a=1", "a=2; Domain=a.example.org", "a=3; Domain=example.org", "a=4; Path=/x"}, map[string]string{"http://a.example.org/x": "a=4; a=1; a=2; a=3", "http://b.a.example.org/": "a=2; a=3"}}}},
		{"names differ by case", []step{{"http://example.org/", []string{"a=1", "A=2"}, map[string]string{"http://example.org/": "a=1; A=2"}}}},
		{"Secure", []step{{"https://example.org/", []string{"a=1; Secure", "b=2"}, map[string]string{"https://example.org/": "a=1; b=2", "http://example.org/": "b=2"}}}},
		{"Secure from plain HTTP", []step{{"http://example.org/", []string{"a=1; Secure"}, map[string]string{"https://example.org/": ""}}}},
		{"this machine is secure", []step{
			{"http://localhost:8080/", []string{"a=1; Secure", "__Host-b=2; Secure; Path=/"}, map[string]string{"http://localhost/": "a=1; __Host-b=2", "https://localhost/": "a=1; __Host-b=2"}},
			{"http://a.localhost/", []string{"a=1; Secure"}, map[string]string{"http://a.localhost/": "a=1"}},
			{"http://127.1.2.3/", []string{"a=1; Secure"}, map[string]string{"http://127.1.2.3/": "a=1"}},
			{"http://[::1]/", []string{"a=1; Secure"}, map[string]string{"http://[::1]/": "a=1"}},
			{"http://127.example.org/", []string{"a=1; Secure"}, map[string]string{"http://127.example.org/": "", "https://127.example.org/": ""}},
			{"http://alocalhost/", []string{"a=1; Secure"}, map[string]string{"https://alocalhost/": ""}},
			{"http://128.0.0.1/", []string{"a=1; Secure"}, map[string]string{"https://128.0.0.1/": ""}},
		}},
		{"a Secure cookie stays as it is", []step{
			{"https://a.example.org/", []string{"a=1; Secure; Path=/x"}, nil},
			{"http://a.example.org/", []string{"a=2; Path=/x", "a=3; Path=/x/y", "a=4; Domain=example.org; Path=/x", "a=5; Path=/x; Max-Age=0"}, map[string]string{"https://a.example.org/x/y": "a=1", "http://a.example.org/x/y": ""}},
			{"http://b.example.org/", []string{"a=2; Domain=example.org; Path=/x"}, map[string]string{"https://a.example.org/x": "a=1"}},
			{"http://b.a.example.org/", []string{"a=2; Path=/x"}, map[string]string{"https://b.a.example.org/x": ""}},
			// These hide nothing: another path, another name, or from a secure connection.
			{"http://a.example.org/", []string{"a=6; Path=/", "b=7; Path=/x"}, map[string]string{"https://a.example.org/x": "a=1; b=7; a=6"}},
			{"https://a.example.org/", []string{"a=8; Path=/x"}, map[string]string{"http://a.example.org/x": "a=8; b=7; a=6"}},
		}},
		{"prefixes", []step{
			{"https://a.example.org/", []string{
				"__Secure-a=1; Secure; Domain=example.org; Path=/x", "__Secure-b=2", "__Host-c=3; Secure; Path=/", "__Host-d=4; Secure", "__Host-e=5; Path=/",
				"__Host-f=6; Secure; Path=/; Domain=a.example.org", "__Host-g=7; Secure; Path=/x", "__host-h=8; Path=/", "__SECURE-i=9", "_Host-j=0",
			}, map[string]string{"https://a.example.org/x": "__Secure-a=1; __Host-c=3; _Host-j=0", "https://example.org/x": "__Secure-a=1"}},
			{"http://example.com/", []string{"__Secure-a=1; Secure", "__Host-a=1; Secure; Path=/", "__Secure-a=1"}, map[string]string{"https://example.com/": ""}},
		}},
		{"SameSite has no effect", []step{{"http://example.org/", []string{"a=1; SameSite=Strict", "b=2; SameSite=Lax", "c=3; SameSite=None", "d=4; samesite=what"}, map[string]string{"http://example.org/": "a=1; b=2; c=3; d=4"}}}},
		{"Max-Age counts more than Expires", []step{{"http://example.org/", []string{
			"a=1; Max-Age=100; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "b=2; Expires=Thu, 01 Jan 2970 00:00:00 GMT; Max-Age=0", "c=3; Max-Age=0; Max-Age=10", "d=4; Max-Age=10; Max-Age=0",
			"e=5; Max-Age=0; Max-Age=x", "f=6; Max-Age=+1", "g=7; Max-Age=-", "h=8; Max-Age=99999999999999999999", "i=9; Max-Age=-99999999999999999999",
			"j=0; Max-Age=18446744073709551616", "k=1; Max-Age=9223372036854775807",
		}, map[string]string{"http://example.org/": "a=1; c=3; f=6; g=7; h=8; j=0; k=1"}}}},
		{"a date that is none does not count", []step{{"http://example.org/", []string{"a=1; Expires=yesterday", "b=2; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Expires=yesterday"}, map[string]string{"http://example.org/": "a=1"}}}},
		{"an end in the past takes a cookie away", []step{{"http://example.org/", []string{"a=1", "b=2", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}, map[string]string{"http://example.org/": "b=2"}}}},
		{"control characters", []step{{"http://example.org/", []string{"a=1\x00", "b=\x7f", "c=3; x=\x01", "d=4\r\nX: y", "e\t=5", "f=6\t;\tPath=/", "g=7\t7", "h\th=8", "i=9; Path=/\t/"}, map[string]string{"http://example.org/": "e=5; f=6"}}}},
		{"bytes as they come", []step{{"http://example.org/", []string{"a=\"x y\"", "\xff=\xfe\x80", "c=a,b=c\\\"", "d=  e  f  "}, map[string]string{"http://example.org/": "a=\"x y\"; \xff=\xfe\x80; c=a,b=c\\\"; d=e  f"}}}},
		{"hosts that are none", []step{
			{"http://a..example.org/", []string{"a=1"}, map[string]string{"http://a..example.org/": ""}},
			{"http://./", []string{"a=1"}, map[string]string{"http://./": ""}},
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			j := New()
			for _, s := range c.steps {
				j.set(t, s.url, s.fields...)
				for to, want := range s.want {
					j.want(t, to, want)
				}
			}
		})
	}
}

// TestHost: a host with a port, or with what a jar file could not hold, is nobody's.
func TestHost(t *testing.T) {
	for _, host := range []string{"", ".", "..", "a:80", "127.0.0.1:80", "[::1]:80", "a b", "a\tb", "a\nb", "a/b", "#a", "a@b", "a%41", "é.org", "[a]:"} {
		j := New()
		j.Set(true, host, "/", "a=1", now())
		if got := j.AppendHeader(nil, true, host, "/", now()); len(got) != 0 || j.Len() != 0 {
			t.Errorf("%q is sent %q", host, got)
		}
	}
}

// TestDomainMatch: RFC 6265 section 5.1.3.
func TestDomainMatch(t *testing.T) {
	for _, c := range []struct {
		host, domain string
		want         bool
	}{
		{"a.b", "a.b", true},
		{"x.a.b", "a.b", true},
		{"y.x.a.b", "a.b", true},
		{"xa.b", "a.b", false},
		{"a.b", "x.a.b", false},
		{"a.b", "", false},
		{"127.0.0.1", "127.0.0.1", true},
		{"127.0.0.1", "0.0.1", false},
		{"::1", "::1", true},
	} {
		if got := domainMatches(c.host, c.domain); got != c.want {
			t.Errorf("%q and %q: %v", c.host, c.domain, got)
		}
	}
}

// TestExpiry: to the second.
func TestExpiry(t *testing.T) {
	j := New()
	j.set(t, "http://example.org/", "a=1; Max-Age=60", "b=2; Expires=Fri, 02 Jan 2026 03:05:06 GMT", "c=3")
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{0, "a=1; b=2; c=3"}, {59 * time.Second, "a=1; b=2; c=3"}, {60 * time.Second, "b=2; c=3"}, {61 * time.Second, "c=3"}, {1e6 * time.Hour, "c=3"}} {
		if got := j.headerAt(t, "http://example.org/", now().Add(c.after)); got != c.want {
			t.Errorf("after %v it sends %q, want %q", c.after, got, c.want)
		}
	}
	if j.Len() != 3 {
		t.Errorf("%d cookies", j.Len())
	}
	// What has expired goes when something is set, and does not come back with its age.
	j.setAt(t, "http://example.org/", "a=9", now().Add(time.Hour))
	if got := j.headerAt(t, "http://example.org/", now()); got != "c=3; a=9" || j.Len() != 2 {
		t.Errorf("%d cookies are left, sent are %q", j.Len(), got)
	}
	// The last cookie of a site takes it along.
	j.set(t, "http://example.org/", "a=; Max-Age=0", "c=; Max-Age=0", "z=; Max-Age=0")
	if j.Len() != 0 || len(j.sites) != 0 {
		t.Errorf("%d cookies on %d sites are left", j.Len(), len(j.sites))
	}
}

// TestSizes: name and value 4096 bytes, an attribute 1024, a header 8190.
func TestSizes(t *testing.T) {
	j := New()
	value := strings.Repeat("x", MaxCookie)
	j.set(t, "http://example.org/", "ab="+value[2:], "cd="+value[1:], value+"=")
	j.want(t, "http://example.org/", "ab="+value[2:]+"") // and a name of 4096 bytes, which no longer fits in
	if j.Len() != 2 {
		t.Errorf("%d cookies, want 2", j.Len())
	}
	path := "/" + strings.Repeat("p", maxAttribute-1)
	j.set(t, "http://example.com/", "a=1; Path="+path, "b=2; Path="+path+"p", "c=3; Domain="+strings.Repeat("d", maxAttribute+1))
	j.want(t, "http://example.com"+path, "a=1; b=2; c=3")
	j.want(t, "http://example.com/", "b=2; c=3")
}

// TestHostLimits: a host has 50 cookies, a site 180; the one that was set least recently goes, and a Secure one last.
func TestHostLimits(t *testing.T) {
	j := New()
	j.set(t, "https://a.example.org/", "secure=0; Secure")
	for i := range MaxHost - 1 {
		j.set(t, "http://a.example.org/", fmt.Sprintf("n%d=0", i))
	}
	j.set(t, "http://a.example.org/", "n0=again", "more=0")
	h := "; " + j.headerAt(t, "https://a.example.org/", now()) + ";"
	if strings.Count(h, "=") != MaxHost || !strings.HasPrefix(h, "; secure=0; n0=again; n2=0;") || !strings.HasSuffix(h, "; more=0;") {
		t.Errorf("it sends %s", h)
	}
	for i := range 300 {
		j.set(t, fmt.Sprintf("http://h%d.example.org/", i), "a=1", "b=2; Domain=example.org")
	}
	if j.Len() != MaxSite {
		t.Errorf("%d cookies, want %d", j.Len(), MaxSite)
	}
	j.want(t, "https://a.example.org/", "secure=0; b=2")
	j.want(t, "http://h299.example.org/", "b=2; a=1")
	j.want(t, "http://h0.example.org/", "b=2")
}

// TestLimits: over the limits of the whole jar those sites stay that are used, and memory does not grow.
func TestLimits(t *testing.T) {
	j := New()
	at := now()
	site := func(i int) string { return fmt.Sprintf("s%d.com", i) }
	j.Set(false, "read.com", "/", "keep=1", at)
	sites := MaxCookies + 5000
	for i := range sites {
		j.Set(false, site(i), "/", "a=1", at)
		if i%1000 == 0 {
			j.AppendHeader(nil, false, "read.com", "/", at)
		}
	}
	j.verify(t)
	if j.Len() != MaxCookies || len(j.sites) != MaxCookies {
		t.Errorf("%d cookies on %d sites, want %d", j.Len(), len(j.sites), MaxCookies)
	}
	j.want(t, "http://read.com/", "keep=1")
	j.want(t, "http://"+site(sites-1)+"/", "a=1")
	j.want(t, "http://"+site(0)+"/", "")

	large := "a=" + strings.Repeat("x", 4000)
	for i := range MaxBytes/4000 + 1000 {
		j.Set(false, site(i), "/", large, at)
	}
	j.verify(t)
	if j.bytes > MaxBytes || j.bytes < MaxBytes-5000 {
		t.Errorf("%d bytes, want just under %d", j.bytes, MaxBytes)
	}
}

// TestAllocations: a look at the jar costs none, whether it has something or not.
func TestAllocations(t *testing.T) {
	j := New()
	j.set(t, "http://example.org/", "a=1", "b=2; Domain=example.org")
	j.set(t, "http://127.0.0.1/", "a=1")
	dst := make([]byte, 0, 100)
	at := now()
	for _, host := range []string{"example.org", "www.shop.example.org", "nothing.example.com", "127.0.0.1", "10.0.0.1", "::1"} {
		if n := testing.AllocsPerRun(100, func() { dst = j.AppendHeader(dst[:0], false, host, "/x?y", at) }); n != 0 {
			t.Errorf("%s: %v allocations", host, n)
		}
	}
}
