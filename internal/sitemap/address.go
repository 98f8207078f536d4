package sitemap

import (
	"bytes"
	"fmt"
	"strings"

	"crawl/internal/link"
)

// reset begins another entry.
func (r *reader) reset() {
	r.entry = Entry{Priority: DefaultPriority, Related: r.entry.Related[:0]}
	r.located, r.published, r.refused, r.related = false, false, nil, 0
	r.raw = r.raw[:0]
	r.spare.reset()
}

// emit gives the entry away, or drops it.
func (r *reader) emit() {
	if !r.located && r.refused == nil && r.spare.long {
		r.refused = ErrLongAddress
	}
	if address := r.spare.trimmed(); !r.located && hasScheme(address) {
		r.locate(address)
	}
	switch {
	case r.located:
		r.give()
	case r.refused != nil:
		r.drop(r.raw, r.refused)
	default:
		r.drop(nil, ErrNoAddress)
	}
	r.reset()
}

// room reports whether there may be another entry.
func (r *reader) room() bool {
	if r.err == nil && r.entries+r.dropped == r.options.MaxEntries {
		r.err = fmt.Errorf("%w: more than %d", ErrEntries, r.options.MaxEntries)
	}
	return r.err == nil
}

func (r *reader) give() {
	if !r.room() {
		return
	}
	r.entries++
	r.entry.Outside = r.format != Index && r.folder != "" && r.isOutside(&r.entry.URL)
	r.each(&r.entry)
}

func (r *reader) drop(address []byte, why error) {
	if !r.room() {
		return
	}
	r.dropped++
	if r.options.Dropped != nil {
		r.options.Dropped(address, why)
	}
}

// isOutside: see Entry.Outside.
func (r *reader) isOutside(u *link.URL) bool {
	own := &r.options.URL
	return u.Secure() != own.Secure() || u.Authority() != own.Authority() || !strings.HasPrefix(u.Target(), r.folder)
}

// address is the text of the element that has the entry's address. A second one in a sitemap begins another entry, for
// tags are missing between them; of RSS the first counts.
func (r *reader) address() {
	value := r.value.trimmed()
	if len(value) == 0 && !r.value.long || r.format == RSS && r.located {
		return
	}
	if r.located || r.refused != nil && r.format != RSS {
		r.emit()
	}
	if r.value.long {
		r.refused = ErrLongAddress
		return
	}
	r.locate(value)
}

// locate gives the entry its address, or takes note of why that is none.
func (r *reader) locate(value []byte) {
	if len(value) == 0 {
		return
	}
	u, err := r.resolve(value)
	if err != nil {
		r.refused, r.raw = err, append(r.raw[:0], value...)
		return
	}
	r.entry.URL, r.located, r.refused = u, true, nil
}

// resolve parses an address: a URL, as the protocol has it; a host and more, as people write it; or a relative one.
func (r *reader) resolve(address []byte) (link.URL, error) {
	s := string(address)
	u, err := link.Parse(s)
	if err == link.ErrScheme && r.isHost(address) { //nolint:errorlint // wrapped it is not about the scheme alone
		u, err = link.Parse(r.scheme() + s)
	} else if base := &r.base[1]; err == link.ErrScheme && *base != (link.URL{}) { //nolint:errorlint // likewise
		u, err = base.Resolve(s)
	}
	if err != nil {
		return link.URL{}, err
	}
	if _, ok := u.Fragment(); ok {
		u = u.WithFragment("")
	}
	return u, nil
}

func (r *reader) scheme() string {
	if r.options.URL.Secure() {
		return "https://"
	}
	return "http://"
}

// isHost reports whether an address lacks nothing but its scheme: it begins with the sitemap's own host, or with "www.".
func (r *reader) isHost(address []byte) bool {
	host := address
	if i := bytes.IndexAny(host, "/?#"); i >= 0 {
		host = host[:i]
	}
	if bytes.ContainsAny(address, " \t\r\n") {
		return false
	}
	const www = "www."
	return r.folder != "" && strings.EqualFold(string(host), r.options.URL.Authority()) ||
		len(host) > len(www) && strings.EqualFold(string(host[:len(www)]), www)
}

// line is a line of a sitemap in text. What does not begin as a URL is none: relative ones are not written there.
func (r *reader) line(b []byte) {
	b = trim(b)
	switch {
	case len(b) == 0:
		return
	case hasScheme(b) || r.isHost(b):
		r.locate(b)
	default:
		r.refused, r.raw = link.ErrScheme, append(r.raw, b...)
	}
	r.emit()
}

// link is the link of Atom, and that of XHTML in a sitemap.
func (r *reader) link(e *element) {
	base := r.base[1]
	r.base[1] = r.within(base, e)
	relation := bytes.TrimPrefix(bytes.TrimSpace(e.get("rel", &r.scratch)), []byte("http://www.iana.org/assignments/relation/"))
	switch {
	case strings.EqualFold(string(relation), "enclosure"):
		r.relate(Enclosure, "", e.get("href", &r.scratch))
	case len(relation) > 0 && !strings.EqualFold(string(relation), "alternate"):
	case r.format == Atom && !r.located:
		r.locate(trim(e.get("href", &r.scratch)))
	case r.options.Related:
		language := string(e.get("hreflang", &r.scratch))
		r.relate(Alternate, language, e.get("href", &r.scratch))
	}
	r.base[1] = base
}

// relate adds a related address to the entry.
func (r *reader) relate(kind Relation, language string, address []byte) {
	const most = 1 << 20 // bytes for an entry: pages exist in hundreds of languages, and no more
	address = trim(address)
	if !r.options.Related || len(address) == 0 || r.related > most {
		return
	}
	u, err := r.resolve(address)
	if err != nil {
		return
	}
	const each = 64 // of the struct
	r.related += len(u.String()) + len(language) + each
	r.entry.Related = append(r.entry.Related, Related{kind, language, u})
}
