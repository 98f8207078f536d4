package link

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"crawl/internal/suites"
)

// urlCase is one of url-web.jsonl and url-other.jsonl.
type urlCase struct {
	ID                                                                                       string
	Base                                                                                     *string
	Input                                                                                    string
	Failure                                                                                  bool
	Href, Protocol, Username, Password, Host, Hostname, Port, Pathname, Search, Hash, Origin string
}

// parse parses the input against the base, which has to be a URL.
func (c *urlCase) parse() (URL, error) {
	if c.Base == nil {
		return Parse(c.Input)
	}
	base, err := Parse(*c.Base)
	if err != nil {
		return URL{}, err
	}
	return base.Resolve(c.Input)
}

// TestWebURLs: http and https URLs are what the tests of the web platform say, all of them, in whole and in parts.
func TestWebURLs(t *testing.T) {
	for _, c := range suites.Read[urlCase](t, "url-web.jsonl", 288) {
		t.Run(c.ID, func(t *testing.T) {
			u, err := c.parse()
			if c.Failure {
				if err == nil {
					t.Fatalf("%q is %q, want an error", c.Input, u.String())
				}
				return
			}
			if err != nil || u.String() != c.Href {
				t.Fatalf("%q is %q, %v, want %q", c.Input, u.String(), err, c.Href)
			}
			user, password, _ := u.Userinfo()
			hash, search := "", ""
			if f, _ := u.Fragment(); f != "" {
				hash = "#" + f
			}
			pathname := u.Target()[:u.pathLen()]
			if rest := u.Target()[u.pathLen():]; rest != "?" {
				search = rest
			}
			port := u.Port()
			if c.Port != "" {
				if want, err := strconv.ParseUint(c.Port, 10, 16); err != nil || port != uint16(want) {
					t.Errorf("port %d, want %s", port, c.Port)
				}
			} else if port != 80 && port != 443 {
				t.Errorf("port %d, want that of %s", port, c.Protocol)
			}
			hostname := u.Host()
			if c.Hostname != "" && c.Hostname[0] == '[' {
				hostname = "[" + hostname + "]"
			}
			for _, part := range []struct{ name, got, want string }{
				{"scheme", u.Scheme() + ":", c.Protocol},
				{"user", user, c.Username},
				{"password", password, c.Password},
				{"authority", u.Authority(), c.Host},
				{"host", hostname, c.Hostname},
				{"path", pathname, c.Pathname},
				{"query", search, c.Search},
				{"fragment", hash, c.Hash},
				{"origin", u.Origin(), c.Origin},
			} {
				if part.got != part.want && (part.name != "origin" || part.want != "") {
					t.Errorf("%s %q, want %q", part.name, part.got, part.want)
				}
			}
		})
	}
}

// TestOtherURLs: what is no http or https URL is refused, also where a browser would take it. So links to it, and what
// is relative to it, are dropped; none becomes a URL that the standard does not know.
func TestOtherURLs(t *testing.T) {
	page, err := Parse("http://example.com/a/b")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range suites.Read[urlCase](t, "url-other.jsonl", 276) {
		u, err := c.parse()
		if err == nil {
			t.Errorf("%s: %q is %q, want an error", c.ID, c.Input, u.String())
		}
		if v, err := page.Resolve(c.Input); err == nil && !strings.HasPrefix(v.String(), "http") {
			t.Errorf("%s: %q in a page is %q", c.ID, c.Input, v.String())
		}
		if !c.Failure && !errors.Is(err, ErrScheme) && c.Base == nil {
			t.Errorf("%s: %q: %v, want %v", c.ID, c.Input, err, ErrScheme)
		}
	}
}

// missed are the cases of toascii.jsonl that are not met: golang.org/x/net/idna has the tables of Unicode 15, and from
// 15.1 on UTS #46 maps or leaves out what it refused before. Such a host is refused; none is taken for another one.
var missed = map[string]string{
	"toascii-060": "U+180E is left out since",
	"toascii-068": "U+206B is left out since",
	"toascii-077": "U+2183 becomes U+2184 since",
}

// TestToASCII: hosts become ASCII as the web platform's tests say.
func TestToASCII(t *testing.T) {
	for _, c := range suites.Read[struct {
		ID, Input string
		Output    *string
	}](t, "toascii.jsonl", 49) {
		u, err := Parse("https://" + c.Input + "/x")
		switch reason := missed[c.ID]; {
		case reason != "" && err == nil:
			t.Errorf("%s: met (%s): take it from the list", c.ID, reason)
		case reason != "":
		case c.Output == nil && err == nil:
			t.Errorf("%s: %q is %q, want an error", c.ID, c.Input, u.Host())
		case c.Output != nil && (err != nil || u.Host() != *c.Output):
			t.Errorf("%s: %q is %q, %v, want %q", c.ID, c.Input, u.Host(), err, *c.Output)
		}
	}
}
