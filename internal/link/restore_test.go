package link

import "testing"

func TestRestore(t *testing.T) {
	for _, s := range []string{
		"http://example.org/", "https://example.org:8443/a/b?c=d&e", "http://[::1]:80/x", "http://[2001:db8::1]:8080//y",
		"http://h//double", "https://h/.well-known/x?", "http://h/%2e%2fa/..b?#", "http://user:pass@h:81/p?q#f", "http://h/a:b@c/d?e@f:g",
	} {
		u, err := Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Restore([]byte(u.Origin()), []byte(u.Target()))
		if err != nil {
			t.Errorf("%q: %v", s, err)
			continue
		}
		want, err := Parse(u.Origin() + u.Target())
		if err != nil || got != want {
			t.Errorf("%q: restored %+v, parsed %+v, %v", s, got, want, err)
		}
	}
}

func TestRestoreAllocations(t *testing.T) {
	origin, target := []byte("http://www.example.org"), []byte("/a/path/of/usual/length?and=query")
	if n := testing.AllocsPerRun(100, func() {
		if _, err := Restore(origin, target); err != nil {
			t.Fatal(err)
		}
	}); n != 1 {
		t.Errorf("%v allocations, want 1", n)
	}
}

// FuzzRestore: every URL is that again, but for user information and fragment, and so are all its parts.
func FuzzRestore(f *testing.F) {
	for _, s := range []string{"http://u:p@[::1]:81//a?b#c", "https://xn--a/.a/%2e/./..", "http://h/@:/?@#:", "http://1.2.3.4:5/;p=q"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := Parse(s)
		if err != nil {
			return
		}
		got, err := Restore([]byte(u.Origin()), []byte(u.Target()))
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		checkURL(t, got)
		if got.Origin() != u.Origin() || got.Target() != u.Target() || got.Host() != u.Host() || got.Port() != u.Port() || got.Authority() != u.Authority() {
			t.Fatalf("%q: %+v has become %+v", s, u, got)
		}
		_, _, hasUser := u.Userinfo()
		if _, hasFragment := u.Fragment(); !hasUser && !hasFragment && got != u {
			t.Fatalf("%q: %+v has become %+v", s, u, got)
		}
	})
}
