package sitemap

import (
	"bytes"
	"slices"
)

// namespace is what a prefix stands for. Two of them are the same if, and only if, their URIs are, but for
// spaceForeign, which is all those that there was no more room for.
type namespace uint8

const (
	spaceNone namespace = iota
	spaceForeign
	spaceSitemap
	spaceAtom
	spaceAtom03
	spaceRSS10
	spaceRSS09
	spaceDublinCore
	spaceXHTML
	spaceFirst // of tree.spaces
)

// intern returns the namespace of a URI.
func (t *tree) intern(uri []byte) namespace {
	switch string(bytes.TrimSpace(uri)) {
	case "":
		return spaceNone
	case "http://www.sitemaps.org/schemas/sitemap/0.9":
		return spaceSitemap
	case "http://www.w3.org/2005/Atom":
		return spaceAtom
	case "http://purl.org/atom/ns#":
		return spaceAtom03
	case "http://purl.org/rss/1.0/":
		return spaceRSS10
	case "http://my.netscape.com/rdf/simple/0.9/":
		return spaceRSS09
	case "http://purl.org/dc/elements/1.1/":
		return spaceDublinCore
	case "http://www.w3.org/1999/xhtml":
		return spaceXHTML
	}
	if i := slices.Index(t.spaces, string(uri)); i >= 0 {
		return spaceFirst + namespace(i)
	}
	if len(t.spaces) == maxNamespaces || len(uri) > maxName {
		return spaceForeign
	}
	t.spaces = append(t.spaces, string(uri))
	return spaceFirst + namespace(len(t.spaces)-1)
}

// bind takes note of the namespaces that a start tag declares.
func (t *tree) bind() {
	for _, a := range t.attrs {
		prefix, ok := bytes.CutPrefix(a.name, []byte("xmlns"))
		if !ok || len(prefix) > 0 && prefix[0] != ':' || len(t.bindings) == maxBindings {
			continue
		}
		if len(prefix) > 0 {
			prefix = prefix[1:]
		}
		if len(prefix) > maxName {
			prefix = prefix[:maxName]
		}
		uri := a.value
		if bytes.IndexByte(uri, '&') >= 0 {
			t.scratch = unescape(t.scratch[:0], uri)
			uri = t.scratch
		}
		begin := len(t.names)
		t.names = append(t.names, prefix...)
		t.bindings = append(t.bindings, binding{begin, len(t.names), t.intern(uri)})
	}
}

// resolve returns the namespace that a prefix stands for. One that is not declared is a namespace of its own: so
// "<sm:urlset><sm:url>" is understood without.
func (t *tree) resolve(prefix []byte) namespace {
	for i := len(t.bindings) - 1; i >= 0; i-- {
		if b := &t.bindings[i]; string(t.names[b.begin:b.end]) == string(prefix) {
			return b.space
		}
	}
	return t.intern(prefix)
}

// split divides a name into prefix and local part.
func split(name []byte) (prefix, local []byte) {
	if i := bytes.IndexByte(name, ':'); i > 0 && i < len(name)-1 {
		return name[:i], name[i+1:]
	}
	return nil, name
}
