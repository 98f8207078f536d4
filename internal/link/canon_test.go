package link

import (
	"strings"
	"testing"
)

func newCanon(t testing.TB, strip ...string) *Canon {
	t.Helper()
	c, err := NewCanon(strip)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCanon: what is asked for is what the page has; what is the same page is more.
func TestCanon(t *testing.T) {
	for _, c := range []struct {
		strip             string
		url, request, key string
	}{
		{"", "http://h/", "http://h/", "http://h/"},
		{"", "http://h/a#b", "http://h/a", "http://h/a"},
		{"", "http://h/a?#b", "http://h/a?", "http://h/a"},
		{"", "http://h/a??", "http://h/a??", "http://h/a??"},
		{"", "http://h/%7e%2f%C3%a9", "http://h/%7e%2f%C3%a9", "http://h/~%2F%C3%A9"},
		{"", "http://h/%41%2D?%5f%25%41", "http://h/%41%2D?%5f%25%41", "http://h/A-?_%25A"},
		{"", "http://h/%4%31/%%34%31/%zz%3", "http://h/%4%31/%%34%31/%zz%3", "http://h/%4%31/%%341/%zz%3"},
		{"", "http://u:%70@h/a", "http://u:%70@h/a", "http://u:%70@h/a"},
		{"", "http://h/?b=1&a=2&b", "http://h/?b=1&a=2&b", "http://h/?b=1&a=2&b"},
		{"", "http://h/a+b%20c;d", "http://h/a+b%20c;d", "http://h/a+b%20c;d"},
		{"sid", "http://h/?sid=1", "http://h/", "http://h/"},
		{"sid", "http://h/?a=%7e&s%69d=1&b&sid&Sid#x", "http://h/?a=%7e&b&Sid", "http://h/?a=~&b&Sid"},
		{"sid", "http://h/?a&&sid&sidx=1", "http://h/?a&&sidx=1", "http://h/?a&&sidx=1"},
		{"sid", "http://h/?", "http://h/?", "http://h/"},
		{"s*", "http://h/sid?s=1&sid=2&t=s", "http://h/sid?t=s", "http://h/sid?t=s"},
		{"*", "http://h/?a=1&b#c", "http://h/", "http://h/"},
		{"tracking,x", "https://h/?utm_source=a&q=b&fbclid=c&x&utm=d", "https://h/?q=b&utm=d", "https://h/?q=b&utm=d"},
	} {
		canon := &Canon{}
		if c.strip != "" {
			canon = newCanon(t, strings.Split(c.strip, ",")...)
		}
		u := mustParse(t, c.url)
		request := canon.Request(&u)
		if request.String() != c.request || canon.Key(&u) != c.key {
			t.Errorf("%q with %q stripped: asks for %q, key %q, want %q, %q", c.url, c.strip, request.String(), canon.Key(&u), c.request, c.key)
		}
		if again := mustParse(t, request.String()); again != request {
			t.Errorf("%q: %+v, parsed %+v", c.url, request, again)
		}
	}
	for _, bad := range []string{"", "a*b", "**"} {
		if c, err := NewCanon([]string{bad}); err == nil {
			t.Errorf("%q is %+v", bad, c)
		}
	}
}

// TestTargetKeyAllocates: to see that a target is its own key costs nothing, and another key its string.
func TestTargetKeyAllocates(t *testing.T) {
	for target, want := range map[string]float64{
		"/a/b.html?c=d&e": 0, "/a%20b%2F%C3%BC?%zz": 0, "/a/b/c?": 0, "/%7euser/%2f%C3%BC/and/so/on/for/some/more/bytes?": 1,
	} {
		if got := testing.AllocsPerRun(100, func() { TargetKey(target) }); got != want {
			t.Errorf("%q: %v allocations, want %v", target, got, want)
		}
	}
}

// FuzzCanon: a key is the key of itself; what is asked for is no other page, and is asked for again by itself.
func FuzzCanon(f *testing.F) {
	for _, s := range []string{"http://h/%7e?%41#b", "http://u:p@h/?sid=1&a", "http://h/%4%31%2%35%25%34", "http://h/%%34%32.%2e/%2E%2e/..%2f?%3f?", "http://h:81/a?&&sid=&"} {
		f.Add(s)
	}
	none, some := &Canon{}, newCanon(f, "sid", "t*")
	f.Fuzz(func(t *testing.T, s string) {
		u, err := Parse(s)
		if err != nil {
			return
		}
		for _, c := range []*Canon{none, some} {
			request, key := c.Request(&u), c.Key(&u)
			if got, want := request.Origin()+TargetKey(request.Target()), mustParse(t, key); got != want.Origin()+want.Target() {
				t.Fatalf("%q has key %q, but by its target %q", u.String(), key, got)
			}
			k, err := Parse(key)
			if err != nil || k.String() != key || c.Key(&k) != key {
				t.Fatalf("%q has key %q, and that is %+v, %v with key %q", u.String(), key, k, err, c.Key(&k))
			}
			if c.Request(&request) != request || c.Key(&request) != key || mustParse(t, request.String()) != request {
				t.Fatalf("%q asks for %+v, and that for %+v with key %q, not %q", u.String(), request, c.Request(&request), c.Key(&request), key)
			}
			if unescape(strings.TrimSuffix(request.String(), "?")) != unescape(strings.TrimSuffix(key, "?")) {
				t.Fatalf("%q asks for %q, key %q", u.String(), request.String(), key)
			}
		}
		if bare := u.WithFragment(""); none.Request(&u) != bare {
			t.Fatalf("%q asks for %+v", u.String(), none.Request(&u))
		}
	})
}
