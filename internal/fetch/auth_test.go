//go:build unix

package fetch

import (
	"strings"
	"testing"

	"crawl/internal/link"
	"crawl/internal/origin"
)

func netrc(t testing.TB, text string) *Netrc {
	t.Helper()
	n, err := ParseNetrc(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAuthorization: which of the ways to say who asks is the one that is sent.
func TestAuthorization(t *testing.T) {
	const user, listed = "user:p%40ss%3a%zz@", "Basic listed"
	fromURL := Basic("user", "p@ss:%zz")
	machine := netrc(t, "machine 127.0.0.1 login m password n\nmachine 127.0.0.1 login user password from-netrc\nmachine x login y password z")
	other := netrc(t, "machine x login y password z")
	nobody := netrc(t, "machine 127.0.0.1\ndefault login d password e")
	byDefault := netrc(t, "machine x login y password z default login d password e")
	for _, c := range []struct {
		name, userinfo string
		given          *Credentials
		field, want    string
	}{
		{"nobody", "", nil, "", ""},
		{"in the URL", user, nil, "", fromURL},
		{"in the URL, empty", ":@", nil, "", ""},
		{"only a user", "user@", nil, "", Basic("user", "")},
		{"only a password", ":p@", nil, "", Basic("", "p")},
		{"listed", "", &Credentials{Listed: listed}, "", listed},
		{"the URL before what is listed", user, &Credentials{Listed: listed}, "", fromURL},
		{"netrc", "", &Credentials{Netrc: machine}, "", Basic("m", "n")},
		{"netrc without the host", "", &Credentials{Netrc: other}, "", ""},
		{"netrc by default", "", &Credentials{Netrc: byDefault}, "", Basic("d", "e")},
		{"netrc with nobody for the host", "", &Credentials{Netrc: nobody}, "", ""},
		{"a user whom netrc has nobody for", "user@", &Credentials{Netrc: nobody}, "", Basic("user", "")},
		{"listed before netrc", "", &Credentials{Listed: listed, Netrc: machine}, "", listed},
		{"a password from netrc", "user@", &Credentials{Netrc: machine}, "", Basic("user", "from-netrc")},
		{"a user that netrc has not", "else@", &Credentials{Netrc: machine}, "", Basic("else", "")},
		{"a field before all", user, &Credentials{Listed: listed, Netrc: machine}, "Mine", "Mine"},
	} {
		t.Run(c.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, k kind) {
				s := newSite(t, map[string]string{"/a": redirectTo("/b")})
				with(t, k.engine(t), Options{Credentials: c.given, MaxRedirects: 1}, func(cl client) error {
					req := Request{}
					if c.field != "" {
						req.Fields = []Field{{Name: "authorization", Value: c.field}}
					}
					v := cl.do(strings.Replace(s.base, "//", "//"+c.userinfo, 1)+"/a", req)
					v.want(t, 200, "hello")
					if v.finalURL() != s.base+"/b" || v.Redirection().Hops[0].URL.String() != s.base+"/a" {
						t.Errorf("it went by %v to %s", v.Redirection().Hops, v.finalURL())
					}
					return nil
				})
				all := s.take()
				for _, a := range all {
					if got := strings.Join(a.fields.Values("Authorization"), " and "); got != c.want {
						t.Errorf("%s was asked with %q, want %q", a.target, got, c.want)
					}
				}
				if len(all) != 2 {
					t.Errorf("%d requests", len(all))
				}
			})
		})
	}
}

// TestAuthorizationElsewhere: a redirect to another origin gets nothing but what netrc has for that very host, and what
// its Location says itself.
func TestAuthorizationElsewhere(t *testing.T) {
	const entries = "machine one.test login a password b\nmachine two.test login c password d\ndefault login e password f"
	all := &Credentials{Listed: "Bearer x", Netrc: netrc(t, entries)}
	for _, c := range []struct {
		first, to, want string
		given           *Credentials
	}{
		{"http://u:p@one.test/", "http://two.test/", "", nil},
		{"http://u:p@one.test/", "http://three.test/", "", all},
		{"http://one.test/", "http://three.test/", "", all},
		{"http://one.test/", "http://e@three.test/", Basic("e", ""), all},
		{"http://one.test/", "http://x:y@three.test/", Basic("x", "y"), all},
		{"http://one.test/", "http://two.test/", Basic("c", "d"), all},
		{"https://one.test/", "https://two.test/", Basic("c", "d"), all},
		{"https://one.test/", "http://two.test/", "", all},
		{"https://one.test/", "http://one.test/", "", all},
		{"http://one.test/", "http://one.test:81/", Basic("a", "b"), all},
		{"http://one.test/", "http://one.test/x", "Bearer x", all},
		{"http://u:p@one.test/", "http://one.test/x", Basic("u", "p"), all},
		{"http://u:p@one.test/", "http://x:y@one.test/x", Basic("x", "y"), all},
	} {
		u, err := link.Parse(c.first)
		if err != nil {
			t.Fatal(err)
		}
		b := &buffer{req: &Request{URL: &u}, res: &Response{Status: 302}, client: &Client{options: Options{Credentials: c.given}}}
		if err := b.head.Parse([]byte("HTTP/1.1 302 x\r\nLocation: "+c.to+"\r\n\r\n"), Options{}.Limits); err != nil {
			t.Fatal(err)
		}
		if err := b.noteRedirect(5); err != nil {
			t.Fatal(err)
		}
		b.req = &b.res.Redirection().request
		if got := b.authorization(); got != c.want {
			t.Errorf("from %s to %s: %q, want %q", c.first, c.to, got, c.want)
		}
		if final := b.res.Redirection().FinalURL; strings.Contains(final.String(), "@") {
			t.Errorf("it ends at %s", final.String())
		}
	}
}

// TestNetrcAfterHTTPS: once a fetch has been secure, plain HTTP gets nothing of a netrc file, wherever it began.
func TestNetrcAfterHTTPS(t *testing.T) {
	given := &Credentials{Netrc: netrc(t, "machine two.test login c password d")}
	for _, c := range []struct {
		way  []string
		want string
	}{
		{[]string{"http://one.test/", "https://two.test/", "http://two.test/"}, ""},
		{[]string{"http://one.test/", "https://three.test/", "http://two.test/", "http://two.test/x"}, ""},
		{[]string{"https://one.test/", "http://three.test/", "https://two.test/"}, Basic("c", "d")},
		{[]string{"http://one.test/", "http://three.test/", "http://two.test/"}, Basic("c", "d")},
	} {
		u, err := link.Parse(c.way[0])
		if err != nil {
			t.Fatal(err)
		}
		b := &buffer{req: &Request{URL: &u}, res: &Response{Status: 302}, client: &Client{options: Options{Credentials: given}}}
		for _, to := range c.way[1:] {
			if err := b.head.Parse([]byte("HTTP/1.1 302 x\r\nLocation: "+to+"\r\n\r\n"), Options{}.Limits); err != nil {
				t.Fatal(err)
			}
			if err := b.noteRedirect(5); err != nil {
				t.Fatal(err)
			}
			b.req = &b.res.Redirection().request
		}
		if got := b.authorization(); got != c.want {
			t.Errorf("by %v: %q, want %q", c.way, got, c.want)
		}
	}
}

// TestAuthorizationIsAnswered: the test web lets in who says who he is; a 401 is an answer.
func TestAuthorizationIsAnswered(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, base := web(t, origin.Config{})
		with(t, k.engine(t), Options{Credentials: &Credentials{Listed: Basic("user", "pass")}}, func(c client) error {
			c.get(base+"/f/auth/user:pass").want(t, 200, "welcome\n")
			c.get(base+"/f/auth/user:else").want(t, 401, "401 Unauthorized\n")
			c.get(strings.Replace(base, "//", "//user:else@", 1)+"/f/auth/user:else").want(t, 200, "welcome\n")
			return nil
		})
		with(t, k.engine(t), Options{Credentials: &Credentials{Listed: Bearer("t.o-k")}}, func(c client) error {
			c.get(base+"/f/auth/t.o-k?scheme=bearer").want(t, 200, "welcome\n")
			return nil
		})
		if n := s.Stats().Requests; n != 4 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestNetrc(t *testing.T) {
	type entries = []netrcEntry
	for text, want := range map[string]entries{
		"":                             nil,
		"# nothing\n\n":                nil,
		"machine a login b password c": {{"a", "b", "c"}},
		"machine a\r\n\tlogin b\r\n\r\n\tpassword c\r\n":       {{"a", "b", "c"}},
		"machine a password c login b":                         {{"a", "b", "c"}},
		"machine a account x login b password c":               {{"a", "b", "c"}},
		"MACHINE a Login b password c":                         {{"a", "b", "c"}},
		"machine a login b default login d password e":         {{"a", "b", ""}, {"", "d", "e"}},
		"machine a login b#x password c # the rest":            {{"a", "b#x", "c"}},
		`machine a login "b c" password "\"d\\\n\t\r\x#"`:      {{"a", "b c", "\"d\\\n\t\rx#"}},
		`machine a login "" password machine`:                  {{"a", "", "machine"}},
		"macdef x\nmachine y\n\nmachine a login b":             {{"a", "b", ""}},
		"machine a login b macdef z rest\nlogin c\n \nlogin d": {{"a", "d", ""}},
		"machine a\nlogin b\nmachine a\nlogin c":               {{"a", "b", ""}, {"a", "c", ""}},
	} {
		n, err := ParseNetrc(text)
		if err != nil || len(n.entries) != len(want) {
			t.Errorf("%q: %+v, %v, want %+v", text, n, err, want)
			continue
		}
		for i := range want {
			if n.entries[i] != want[i] {
				t.Errorf("%q: %+v, want %+v", text, n.entries, want)
			}
		}
	}
	for text, line := range map[string]string{
		"login secret":                    "line 1",
		"\npassword secret":               "line 2",
		"machine a secret":                "line 1",
		"machine a\n\n\"secret\" b":       "line 3",
		"machine a password \"secret\nx":  "line 1",
		"machine a password \"secret\\\"": "line 1",
		"machine a\npassword":             "line 2",
	} {
		if n, err := ParseNetrc(text); err == nil || !strings.HasPrefix(err.Error(), line+":") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %+v, %v", text, n, err)
		}
	}
}

// FuzzNetrc: whatever is in a file, it is an error or entries.
func FuzzNetrc(f *testing.F) {
	f.Add("machine a login b password \"c\\\" d\" # x\nmacdef m\nx\n\ndefault login e", "a")
	f.Fuzz(func(t *testing.T, text, host string) {
		n, err := ParseNetrc(text)
		if (n == nil) == (err == nil) {
			t.Fatalf("%q: %v and %v", text, n, err)
		}
		if value := n.basic(host, "", true); value != "" && !strings.HasPrefix(value, "Basic ") {
			t.Errorf("%q", value)
		}
	})
}
