package sitemap

import (
	"fmt"
	"strings"

	"crawl/internal/link"
)

// What elements are to a reader.
const (
	roleRoot role = iota + 1
	roleChannel
	roleEntry
	roleAddress
	roleGUID
	roleModified
	rolePublished // counts where the entry has no roleModified
	roleFrequency
	rolePriority
)

// maxStarts is how many elements may start before one that is the root of a format: messages in HTML, mostly.
const maxStarts = 32

// reader makes entries of elements. It knows an element by its name, its parent and its namespace, which has to be
// the one that the standard says, that of the root, or none: many sitemaps have the wrong one, but all of it.
type reader struct {
	options Options
	each    func(*Entry)
	tree    *tree
	folder  string // of Options.URL: its path up to the last "/"
	err     error

	format Format
	space  namespace   // of the root
	root   bool        // it is open
	starts int         // elements before the root
	first  string      // of these
	base   [2]link.URL // of xml:base: of the root, of the entry

	entry     Entry
	entries   int
	dropped   int
	depth     int      // of the entry that is open; 0: none
	located   bool     // it has an address, of whatever kind
	published bool     // Modified is of rolePublished
	refused   error    // why what it has is none
	raw       []byte   // that, as far as Options.Dropped wants it
	related   int      // bytes of its Related
	value     gathered // text of the field that is open
	spare     gathered // an address of lesser rank: the guid of RSS, rdf:about, or text of the entry itself
	scratch   []byte
}

func (r *reader) init(o Options, each func(*Entry), t *tree) {
	r.options, r.each, r.tree = o, each, t
	if o.URL != (link.URL{}) {
		r.folder = folder(&o.URL)
	}
	r.base = [2]link.URL{o.URL, o.URL}
	r.reset()
}

// folder is the path of a URL up to its last "/".
func folder(u *link.URL) string {
	path, _, _ := strings.Cut(u.Target(), "?")
	return path[:strings.LastIndexByte(path, '/')+1]
}

func (r *reader) failed() error { return r.err }

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// stay implements sink: an entry that starts within another one ends that, for its end tag is missing. Within an
// element that is nothing to us it is nothing either.
func (r *reader) stay(e *element) int {
	n := len(r.tree.frames)
	if r.depth > 0 && r.tree.top() != 0 && r.isEntry(e) {
		return r.depth - 1
	}
	return n
}

// start implements sink.
func (r *reader) start(e *element) role {
	if r.err != nil {
		return 0
	}
	if !r.root {
		return r.begin(e)
	}
	switch r.tree.top() {
	case roleRoot, roleChannel:
		switch {
		case r.isEntry(e):
			r.reset()
			r.depth = len(r.tree.frames) + 1
			r.base[1] = r.within(r.base[0], e)
			if about := e.get("rdf:about", &r.scratch); about != nil && r.format == RSS {
				r.spare.add(about, false, false)
			}
			return roleEntry
		case r.format == RSS && string(e.local) == "channel":
			return roleChannel
		}
	case roleEntry:
		return r.field(e)
	}
	return 0
}

// begin looks for the root.
func (r *reader) begin(e *element) role {
	format := Unknown
	switch string(e.local) {
	case "urlset":
		format = URLSet
	case "sitemapindex":
		format = Index
	case "rss", "RDF":
		format = RSS
	case "feed":
		format = Atom
	}
	if format != Unknown && (r.format == Unknown || r.format == format) {
		r.format, r.space, r.root = format, e.space, true
		r.base[0] = r.within(r.options.URL, e)
		return roleRoot
	}
	if r.starts++; r.starts == 1 {
		r.first = string(e.local)
	}
	if r.format == Unknown && (r.starts > maxStarts || strings.EqualFold(string(e.local), "html")) {
		r.fail(r.unknown())
	}
	return 0
}

// unknown says what the document is, when it is none of the formats.
func (r *reader) unknown() error {
	if r.starts == 0 {
		return fmt.Errorf("%w: it has no element", ErrFormat)
	}
	return fmt.Errorf("%w: it begins with the element %q", ErrFormat, r.first)
}

// isEntry reports whether an element is an entry of the format.
func (r *reader) isEntry(e *element) bool {
	name := ""
	switch r.format {
	case URLSet:
		name = "url"
	case Index:
		name = "sitemap"
	case RSS:
		name = "item"
	case Atom:
		name = "entry"
	}
	return string(e.local) == name && r.own(e.space)
}

// own reports whether a namespace is that of the format.
func (r *reader) own(s namespace) bool {
	switch s {
	case spaceNone:
		return true
	case spaceForeign:
		return false
	case spaceSitemap:
		return r.format == URLSet || r.format == Index || s == r.space
	case spaceAtom, spaceAtom03:
		return r.format == Atom || s == r.space
	case spaceRSS10, spaceRSS09:
		return r.format == RSS || s == r.space
	}
	return s == r.space
}

// field is an element directly in an entry.
func (r *reader) field(e *element) role {
	r.value.reset()
	name := string(e.local)
	switch {
	case r.format == RSS && e.space == spaceDublinCore && name == "date":
		return rolePublished
	case r.format == URLSet && e.space == spaceXHTML && name == "link":
		r.link(e)
		return 0
	case !r.own(e.space):
		return 0
	}
	switch r.format {
	case URLSet, Index:
		switch name {
		case "loc":
			return roleAddress
		case "lastmod":
			return roleModified
		case "changefreq":
			return roleFrequency
		case "priority":
			return rolePriority
		}
	case RSS:
		switch name {
		case "link":
			return roleAddress
		case "guid":
			return roleGUID
		case "pubDate":
			return roleModified
		case "enclosure":
			r.relate(Enclosure, "", e.get("url", &r.scratch))
		}
	case Atom:
		switch name {
		case "link":
			r.link(e)
		case "updated", "modified":
			return roleModified
		case "published", "issued", "created":
			return rolePublished
		}
	}
	return 0
}

// within is the base of addresses in an element: xml:base (XML Base, section 3).
func (r *reader) within(base link.URL, e *element) link.URL {
	reference := e.get("xml:base", &r.scratch)
	if reference == nil {
		return base
	}
	if u, err := base.Resolve(string(reference)); err == nil {
		return u
	}
	return base
}

// modified is a date of the entry. That of its last change goes before that of its publication.
func (r *reader) modified(value []byte, published bool) {
	if t, ok := parseTime(value); ok && (r.entry.Modified.IsZero() || r.published || !published) {
		r.entry.Modified, r.published = t, published
	}
}

// wants implements sink.
func (r *reader) wants(of role) bool {
	return of >= roleAddress || of == roleEntry && !r.located && (r.format == URLSet || r.format == Index)
}

// text implements sink.
func (r *reader) text(of role, b []byte, long, refs bool) {
	if of != roleEntry {
		r.value.add(b, long, refs)
	} else if len(r.spare.b) > 0 || len(trimLeft(b)) > 0 {
		r.spare.add(b, long, refs)
	}
}

// end implements sink.
func (r *reader) end(of role) {
	switch of {
	case roleRoot:
		r.root = false
	case roleEntry:
		r.emit()
		r.depth = 0
	case roleAddress:
		r.address()
	case roleGUID:
		r.spare, r.value = r.value, r.spare
	case roleModified, rolePublished:
		r.modified(r.value.trimmed(), of == rolePublished)
	case roleFrequency:
		r.entry.Frequency = frequency(r.value.trimmed())
	case rolePriority:
		r.entry.Priority = priority(r.value.trimmed())
	}
}

// close is the end of the document.
func (r *reader) close() error {
	switch {
	case r.err != nil:
	case r.format == Unknown:
		r.err = r.unknown()
	case r.depth > 0 && (r.located || r.format == RSS && len(r.spare.b) > 0):
		r.emit()
	}
	return r.err
}
