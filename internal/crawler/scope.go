package crawler

import (
	"regexp"
	"strings"

	"crawl/internal/frontier"
	"crawl/internal/link"
)

// Scope says which URLs belong to a crawl.
type Scope struct {
	Extent  Extent
	Scheme  bool             // http and https are not one host: for who sends what nobody else may read
	Extend  bool             // ScopeHost: to the hosts to which URLs of the source are redirected in the end, too
	Include []*regexp.Regexp // of which a URL has to match one, if there are any
	Exclude []*regexp.Regexp // of which it may match none
}

// Extent is how far a crawl goes from the URLs of its source.
type Extent uint8

// The extents.
const (
	ScopeHost   Extent = iota // to what is at the same host: that name, by http or https, at the same port or that of the scheme
	ScopeDomain               // to what is in the same registrable domain
	ScopePrefix               // to what is below the folder of such a URL
	ScopeAny                  // everywhere
)

// territory is what a scope comes to for the URLs of a source.
type territory struct {
	scope  *Scope
	names  map[string]bool // of hosts with ports, domains or folders
	last   string          // host that was asked about last, and what was said
	inside bool
	added  []string // hosts that belong to it by redirects
}

func newTerritory(s *Scope) territory { return territory{scope: s, names: map[string]bool{}} }

// claim makes u, a URL of the source, part of it.
func (t *territory) claim(u *link.URL) {
	t.last = ""
	t.names[t.name(u)] = true
}

// extends reports whether redirects of a URL of the source may lead anywhere.
func (t *territory) extends() bool { return t.scope.Extend && t.scope.Extent == ScopeHost }

// extend makes the host of u part of it, where redirects of a URL of the source have ended. It reports whether that is new.
func (t *territory) extend(u *link.URL) bool {
	if t.holds(u) {
		return false
	}
	t.added = append(t.added, strings.Clone(u.Authority()))
	t.claim(u)
	return true
}

// name is what has to be equal. The scheme is no part of it where the port is that of the scheme: sites move from one
// to the other.
func (t *territory) name(u *link.URL) string {
	switch t.scope.Extent {
	case ScopeDomain:
		return frontier.Domain(u.Host())
	case ScopePrefix:
		return t.site(u) + folder(u)
	}
	return t.site(u)
}

func (t *territory) site(u *link.URL) string {
	if t.scope.Scheme {
		return u.Origin()
	}
	return u.Authority()
}

// folder is the path up to its last "/".
func folder(u *link.URL) string {
	path, _, _ := strings.Cut(u.Target(), "?")
	return path[:strings.LastIndexByte(path, '/')+1]
}

// holds reports whether u is within the extent. Neighbouring links lead to the same host most often.
func (t *territory) holds(u *link.URL) bool {
	switch t.scope.Extent {
	case ScopeAny:
		return true
	case ScopePrefix:
		return t.below(u)
	}
	if at := t.site(u); at != t.last {
		t.inside, t.last = t.names[t.name(u)], strings.Clone(at)
	}
	return t.inside
}

// below reports whether u is in one of the folders, or in a folder of one.
func (t *territory) below(u *link.URL) bool {
	at, path := t.site(u), folder(u)
	for {
		if t.names[at+path] {
			return true
		}
		if path == "/" {
			return false
		}
		path = path[:strings.LastIndexByte(path[:len(path)-1], '/')+1]
	}
}

// wanted reports whether the expressions let u in.
func (t *territory) wanted(u *link.URL) bool {
	if len(t.scope.Include) == 0 && len(t.scope.Exclude) == 0 {
		return true
	}
	s := u.Origin() + u.Target() // neither user nor fragment: they are not asked for
	return (len(t.scope.Include) == 0 || matches(t.scope.Include, s)) && !matches(t.scope.Exclude, s)
}

func matches(expressions []*regexp.Regexp, s string) bool {
	for _, e := range expressions {
		if e.MatchString(s) {
			return true
		}
	}
	return false
}
