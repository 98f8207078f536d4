package robots

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"crawl/internal/suites"
)

// vector is a case of the suites that other projects wrote; their README explains the fields.
type vector struct {
	ID       string   `json:"id"`
	Test     string   `json:"test"`
	Robots   string   `json:"robots"`
	Bytes    []byte   `json:"robots_b64"`
	Agent    string   `json:"agent"`
	URL      string   `json:"url"`
	Allowed  bool     `json:"allowed"`
	Delay    *int64   `json:"crawl_delay_ms"`
	Sitemaps []string `json:"sitemaps"`
}

func (v *vector) body() []byte {
	if v.Bytes != nil {
		return v.Bytes
	}
	return []byte(v.Robots)
}

// targetOf cuts path and query out of a URL and leaves every byte of them as it is.
func targetOf(u string) string {
	_, rest, _ := strings.Cut(u, "://")
	rest, _, _ = strings.Cut(rest, "#")
	i := strings.IndexAny(rest, "/?")
	switch {
	case i < 0:
		return "/"
	case rest[i] == '?':
		return "/" + rest[i:]
	}
	return rest[i:]
}

// TestSuite: what RFC 9309 says, by the tests of Google's parser and of crawler-commons.
func TestSuite(t *testing.T) {
	for name, least := range map[string]int{"robots-google.jsonl": 72, "robots-cc.jsonl": 80} {
		t.Run(name, func(t *testing.T) {
			for _, v := range suites.Read[vector](t, name, least) {
				f := Parse(v.body(), v.Agent)
				if got, by := f.Rules.Allowed(targetOf(v.URL)); got != v.Allowed {
					t.Errorf("%s %s: %q may fetch %s: %v by %q of line %d, want %v, under\n%s", v.ID, v.Test, v.Agent, v.URL, got, by, by.Line, v.Allowed, v.body())
				}
			}
		})
	}
}

// TestSuiteDelaySitemap: delays and sitemaps, where parsers differ, as crawler-commons has them. Each exception says why.
func TestSuiteDelaySitemap(t *testing.T) {
	exceptions := map[string]string{
		"robots-delay-sitemap-013": "the agent is \"Mozilla delaybot 99.9\", whose product token is Mozilla: one that is somewhere in a User-Agent is not the crawler's",
	}
	base, err := url.Parse("http://domain.com/robots.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range suites.Read[vector](t, "robots-delay-sitemap.jsonl", 12) {
		f := Parse(v.body(), v.Agent)
		sitemaps := []string{}
		for _, s := range f.Sitemaps {
			u, err := base.Parse(s)
			if err != nil {
				t.Errorf("%s: sitemap %q: %v", v.ID, s, err)
				continue
			}
			sitemaps = append(sitemaps, u.String())
		}
		var want int64
		if v.Delay != nil {
			want = *v.Delay
		}
		got := int64(f.Rules.Delay() / time.Millisecond)
		same := got == want && slices.Equal(sitemaps, v.Sitemaps)
		if reason := exceptions[v.ID]; same == (reason != "") {
			t.Errorf("%s %s: delay %d ms and sitemaps %q, want %d and %q; exception: %q", v.ID, v.Test, got, sitemaps, want, v.Sitemaps, reason)
		}
	}
}
