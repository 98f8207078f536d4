package crawler

import (
	"regexp"
	"strings"
	"testing"

	"crawl/internal/link"
)

func mustParse(t testing.TB, s string) link.URL {
	t.Helper()
	u, err := link.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestExtents: what is inside of each extent, asked in any order.
func TestExtents(t *testing.T) {
	for _, test := range []struct {
		extent  Extent
		seeds   string
		inside  string
		outside string
	}{
		{
			ScopeHost, "http://h.example/a/b http://[::1]:8080/",
			"http://h.example/ https://h.example/ http://h.example:80/x https://h.example:443/x http://me@h.example/ http://H.EXAMPLE/a/b?q#f http://[::1]:8080/y",
			"http://www.h.example/ http://example/ http://h.example:8080/ http://h.example./ http://h.example.org/ http://[::1]/",
		},
		{
			ScopeDomain, "http://www.example.co.uk/x http://me.github.io/ http://192.0.2.1/ http://localhost/",
			"https://example.co.uk/ http://a.b.example.co.uk:8080/ http://www.example.co.uk./ http://me.github.io:1/ http://192.0.2.1:99/ http://localhost/x",
			"http://other.co.uk/ http://co.uk/ http://you.github.io/ http://github.io/ http://192.0.2.2/ http://2.1/ http://wwwexample.co.uk/",
		},
		{
			ScopePrefix, "http://h/a/b/index.html http://h/docs/?q=/x/y http://i/solo http://h:8080/z/",
			"http://h/a/b/ http://h/a/b/c https://h/a/b/c/d/e?x=1 http://h/docs/ http://h/docs/p http://i/ http://i/any/where http://h:8080/z/1",
			"http://h/ http://h/a/ http://h/a/b http://h/a/b?/c/ http://h/a/bc http://h/a/c http://h/docs http://j/ http://h/z/1 http://h:8080/ http://h/q?/a/b/",
		},
		{ScopeAny, "http://h/", "http://h/ https://elsewhere.example:8080/x", ""},
	} {
		scope := Scope{Extent: test.extent}
		territory := newTerritory(&scope)
		for _, s := range strings.Fields(test.seeds) {
			u := mustParse(t, s)
			territory.claim(&u)
		}
		inside := func(s string) bool {
			u := mustParse(t, s)
			return territory.holds(&u)
		}
		ins, outs := strings.Fields(test.inside), strings.Fields(test.outside)
		ins = append(ins, strings.Fields(test.seeds)...)
		for i := range max(len(ins), len(outs)) {
			if i < len(ins) && !inside(ins[i]) {
				t.Errorf("%d: %s is outside", test.extent, ins[i])
			}
			if i < len(outs) && inside(outs[i]) {
				t.Errorf("%d: %s is inside", test.extent, outs[i])
			}
		}
	}
}

// TestTerritoryGrows: what was outside is inside when a URL of the source claims it.
func TestTerritoryGrows(t *testing.T) {
	territory := newTerritory(&Scope{})
	u := mustParse(t, "http://h/")
	if territory.holds(&u) {
		t.Error("inside of nothing")
	}
	if territory.claim(&u); !territory.holds(&u) {
		t.Error("outside")
	}
}

// TestWanted: one of those that include, and none of those that exclude.
func TestWanted(t *testing.T) {
	scope := Scope{
		Include: []*regexp.Regexp{regexp.MustCompile(`/docs/`), regexp.MustCompile(`\.html$`)},
		Exclude: []*regexp.Regexp{regexp.MustCompile(`[?&]print=`), regexp.MustCompile(`^https:`)},
	}
	territory := newTerritory(&scope)
	for s, want := range map[string]bool{
		"http://h/docs/x": true, "http://h/x.html": true, "http://me@h/x.html#f": true, "http://h/x": false,
		"http://h/docs/x?print=1": false, "https://h/docs/x": false, "http://h/x?q=.html": true,
	} {
		u := mustParse(t, s)
		if territory.wanted(&u) != want {
			t.Errorf("%s: not %v", s, want)
		}
	}
}

// TestScheme: who keeps schemes apart is not led from https to http of the same host, nor back.
func TestScheme(t *testing.T) {
	for _, extent := range []Extent{ScopeHost, ScopePrefix} {
		scope := Scope{Extent: extent, Scheme: true}
		territory := newTerritory(&scope)
		seed := mustParse(t, "https://h/a/")
		territory.claim(&seed)
		for s, want := range map[string]bool{"https://h/a/b": true, "https://h:443/a/": true, "http://h/a/b": false, "http://h:443/a/": false} {
			if u := mustParse(t, s); territory.holds(&u) != want {
				t.Errorf("%d: %s is inside: %v", extent, s, !want)
			}
		}
	}
}

// TestTerritoryExtends: only a scope of hosts grows by redirects, if it may, and says by which hosts.
func TestTerritoryExtends(t *testing.T) {
	for _, extent := range []Extent{ScopeHost, ScopeDomain, ScopePrefix, ScopeAny} {
		if got := newTerritory(&Scope{Extent: extent, Extend: true}); got.extends() != (extent == ScopeHost) {
			t.Errorf("extent %d extends: %v", extent, got.extends())
		}
	}
	territory := newTerritory(&Scope{Extend: true})
	seed, same, other := mustParse(t, "http://h/"), mustParse(t, "https://h/x"), mustParse(t, "http://www.h:8/")
	territory.claim(&seed)
	for range 2 {
		territory.extend(&same)
		territory.extend(&other)
	}
	if got := territory.added; len(got) != 1 || got[0] != "www.h:8" || !territory.holds(&other) {
		t.Errorf("%q", got)
	}
}
