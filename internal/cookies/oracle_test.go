package cookies

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"

	"golang.org/x/net/publicsuffix"
)

// TestOracle: net/http/cookiejar sends the same cookies in the same order, over random fields from random URLs, as
// far as both are defined. So there are no quotes, spaces or odd names; a name always or never has a Domain (ours
// keeps the two apart); Secure cookies are not touched from plain HTTP; and nothing expires while the test runs (its
// clock is the machine's). IPv6 is not there either (the oracle takes
// "[::1]" and "[::1]:8080" for two hosts), nor a dot before the address in a Domain (which the RFC and curl take).
func TestOracle(t *testing.T) {
	rounds := 100
	if testing.Short() {
		rounds = 20
	}
	sent := 0
	for seed := range rounds {
		sent += compareJars(t, rand.New(rand.NewPCG(uint64(seed), 1)))
	}
	if sent < 10*rounds {
		t.Errorf("only %d headers had cookies", sent)
	}
}

func compareJars(t *testing.T, r *rand.Rand) (sent int) {
	oracle, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		t.Fatal(err)
	}
	ours := New()
	var said []string
	for range 100 {
		rawURL := randomURL(r)
		u := parse(t, rawURL)
		if r.IntN(2) == 0 {
			field := randomField(r, u.Scheme == "https")
			said = append(said, rawURL+": "+field)
			oracle.SetCookies(u, (&http.Response{Header: http.Header{"Set-Cookie": {field}}}).Cookies())
			ours.set(t, rawURL, field)
			continue
		}
		var want []string
		for _, c := range oracle.Cookies(u) {
			want = append(want, c.Name+"="+c.Value)
		}
		got := ours.headerAt(t, rawURL, now())
		if got != strings.Join(want, "; ") {
			t.Fatalf("%s is sent %q, the oracle's is %q, after\n%s", rawURL, got, want, strings.Join(said, "\n"))
		}
		if got != "" {
			sent++
		}
	}
	return sent
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func randomURL(r *rand.Rand) string {
	host := pick(r, "example.org", "a.example.org", "b.a.example.org", "xample.org", "Example.Org.", "co.uk", "shop.co.uk", "www.shop.co.uk", "me.github.io", "localhost", "127.0.0.1")
	return pick(r, "http", "https") + "://" + host + pick(r, "", ":8080") + pick(r, "", "/", "/x", "/x/", "/x/y", "/x/y/z", "/xy", "//") + pick(r, "", "?q=/x/y")
}

func randomField(r *rand.Rand, secure bool) string {
	var b strings.Builder
	kind := pick(r, "plain", "domain", "secure")
	if kind == "secure" && !secure {
		kind = "plain"
	}
	fmt.Fprintf(&b, "%s%d=%d", kind, r.IntN(3), r.IntN(100))
	attributes := []string{}
	if kind == "domain" {
		attributes = append(attributes, pick(r, "Domain=", "domain=")+pick(r, "example.org", ".example.org", "a.example.org", ".A.example.org", "EXAMPLE.org", "b.a.example.org", "org", "shop.co.uk", ".shop.co.uk", ".co.uk", "co.uk", "uk", ".github.io", "github.io", "me.github.io", "localhost", "127.0.0.1", "example.org.", "xample.org"))
	}
	if kind == "secure" {
		attributes = append(attributes, "Secure")
	}
	if r.IntN(2) == 0 {
		attributes = append(attributes, "Path="+pick(r, "/", "/x", "/x/", "/x/y", "/X", "x", ""))
	}
	switch r.IntN(4) {
	case 0:
		attributes = append(attributes, pick(r, "Max-Age=0", "Max-Age=-1", "Max-Age=10000", "max-age=86400"))
	case 1:
		attributes = append(attributes, "Expires="+pick(r, "Thu, 01 Jan 1970 00:00:01 GMT", "Mon, 01-Jan-2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT", "soon"))
	}
	attributes = append(attributes, pick(r, "HttpOnly", "SameSite=Lax", "what=ever"))
	r.Shuffle(len(attributes), func(i, k int) { attributes[i], attributes[k] = attributes[k], attributes[i] })
	for _, a := range attributes {
		b.WriteString("; " + a)
	}
	return b.String()
}
