package cookies

import (
	"slices"
	"strings"
	"testing"
)

// FuzzSetCookie: whatever a server sets, the jar is in order, what it sends can be sent and is in the field, and
// written and read it is the same.
func FuzzSetCookie(f *testing.F) {
	for _, field := range []string{
		"a=1", "a=\"x y\"; Path=/x; Domain=example.org; Max-Age=10; Secure; HttpOnly", "__Host-a=1; Secure; Path=/", "a=1; Expires=Wed, 09 Jun 2100 10:18:14 GMT",
		"=a", "a", ";", "a=1;;=;Path", "\xff=\x80", "a\t=1", "a=1; Domain=.org", "a=1; Max-Age=99999999999999999999",
	} {
		f.Add(field, true, "www.example.org", "/x/y?z")
		f.Add(field, false, "127.0.0.1", "")
	}
	f.Add("a=1; Domain=::1", false, "[::1]", "*")
	f.Fuzz(func(t *testing.T, field string, secure bool, host, path string) {
		path = strings.ReplaceAll(path, " ", "%20") // as in every URL: a file does not keep spaces at the ends of a field
		j := New()
		j.Set(true, host, path, "before=1", now())
		j.Set(secure, host, path, field, now())
		j.Set(!secure, host, path, field+"; Domain="+host, now())
		j.verify(t)
		k := New()
		if err := k.Read(string(j.AppendFile(nil, now())), now()); err != nil {
			t.Fatalf("%v, of\n%s", err, j.AppendFile(nil, now()))
		}
		k.verify(t)
		for _, to := range []string{host, "www." + host, "example.org"} {
			h := string(j.AppendHeader(nil, true, to, path, now()))
			if hasControl(h) || strings.Contains(h, "\t") || len(h) > MaxHeader {
				t.Fatalf("%q is sent %q", to, h)
			}
			pairs := strings.Split(h, "; ")
			for _, pair := range pairs {
				name, value, _ := strings.Cut(pair, "=")
				if h != "" && pair != "before=1" && (name == "" || !strings.Contains(field, name) || !strings.Contains(field, value)) {
					t.Fatalf("%q is sent %q, which is not in %q", to, pair, field)
				}
			}
			again := strings.Split(string(k.AppendHeader(nil, true, to, path, now())), "; ")
			slices.Sort(pairs) // the order of creation is not in a file
			slices.Sort(again)
			if !slices.Equal(pairs, again) {
				t.Fatalf("%q is sent %q, and after the file %q", to, pairs, again)
			}
		}
	})
}

// FuzzJarFile: what can be read of a file is written, and is then a file that is read without a complaint and written
// as the same bytes.
func FuzzJarFile(f *testing.F) {
	f.Add(jarFile)
	f.Add(strings.ReplaceAll(jarFile, "\n", "\r\n"))
	f.Add("example.org\tFALSE\t/\tFALSE\t0\ta\n#HttpOnly_\tx\n\t\t\t\t\t\t\n.co.uk\tTRUE\t/\tTRUE\t0\ta\t1\n")
	f.Add("a.b.c\ttrue\t/\tFALSE\t2000000000.5\t__Host-a\t1\n127.1\tTRUE\t/\tFALSE\t-1\tx y\tz z\n")
	f.Fuzz(func(t *testing.T, file string) {
		j := New()
		_ = j.Read(file, now()) // of what is left out
		j.verify(t)
		first := string(j.AppendFile(nil, now()))
		k := New()
		if err := k.Read(first, now()); err != nil {
			t.Fatalf("%v, of\n%s", err, first)
		}
		k.verify(t)
		if second := string(k.AppendFile(nil, now())); second != first {
			t.Fatalf("written is\n%sand then\n%s", first, second)
		}
	})
}
