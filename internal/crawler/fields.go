package crawler

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Field is one of a record, as docs/records.md describes it. One with parts is an object of these.
type Field struct {
	Name   string // behind a dot that of a part: "timings.total"
	About  string // unit, or what it is; "" says its name
	Follow bool   // only where links are followed

	// What it is: one of these is not nil, or it has parts. The second result says whether there is a value.
	text   func(*Record) (string, bool)
	number func(*Record) (int64, bool)
	flag   func(*Record) bool // false is no value
	raw    func(*Record) []byte
	parts  []Field
}

// Type is what JSON calls the type of its value. What is taken out of pages has whatever type it was given.
func (f *Field) Type() string {
	switch {
	case f.text != nil:
		return "string"
	case f.number != nil:
		return "number"
	case f.flag != nil:
		return "boolean"
	case f.raw != nil:
		return "array"
	}
	return "object"
}

// Parts are those of an object.
func (f *Field) Parts() []Field { return f.parts }

func stringField(name, about string, get func(*Record) string) Field {
	return Field{Name: name, About: about, text: func(r *Record) (string, bool) { s := get(r); return s, s != "" }}
}

func numberField(name, about string, get func(*Record) int64) Field {
	return Field{Name: name, About: about, number: func(r *Record) (int64, bool) { n := get(r); return n, n > 0 }}
}

func phase(name, about string, get func(*Record) time.Duration) Field {
	return Field{Name: "timings." + name, About: about, number: func(r *Record) (int64, bool) {
		us := get(r).Microseconds()
		return us, us > 0 && !r.Started.IsZero()
	}}
}

// pageField is a field of PageFacts.
func pageField(f Field) Field {
	f.Follow = true
	if get := f.text; get != nil {
		f.text = func(r *Record) (string, bool) {
			if r.Page == nil {
				return "", false
			}
			return get(r)
		}
	}
	if get := f.number; get != nil {
		f.number = func(r *Record) (int64, bool) {
			if r.Page == nil {
				return 0, false
			}
			return get(r)
		}
	}
	if get := f.flag; get != nil {
		f.flag = func(r *Record) bool { return r.Page != nil && get(r) }
	}
	return f
}

// Fields are all of them, in the order in which a record has them.
func Fields() []Field {
	return slices.Concat(fetchFields(), pageFields(), extractedFields())
}

func fetchFields() []Field {
	withStatus := func(get func(*Record) int64) func(*Record) (int64, bool) {
		return func(r *Record) (int64, bool) { return get(r), r.Status != 0 }
	}
	return []Field{
		{Name: "url", text: func(r *Record) (string, bool) { return r.URL, true }},
		stringField("final_url", "where redirects have led, without user information", func(r *Record) string { return r.FinalURL }),
		numberField("status", "", func(r *Record) int64 { return int64(r.Status) }),
		{Name: "class", About: "see below", text: func(r *Record) (string, bool) { return string(r.Class), true }},
		{Name: "error", text: func(r *Record) (string, bool) {
			if r.Err == nil {
				return "", false
			}
			return r.Err.Error(), true
		}},
		numberField("attempts", "attempts made, from 1", func(r *Record) int64 { return int64(r.Attempts) }),
		numberField("redirects", "redirects that were followed", func(r *Record) int64 { return int64(r.Redirects) }),
		numberField("retry_after", "s that the server asks to wait (Retry-After, with a status of 429, 503 or 3xx)", func(r *Record) int64 {
			return int64((r.RetryAfter + time.Second - 1) / time.Second)
		}),
		stringField("media_type", "of Content-Type as browsers read it (of several types the last), in lower case", func(r *Record) string { return r.MediaType }),
		stringField("charset", "its parameter, in lower case; whether there is such an encoding is not looked up", func(r *Record) string { return r.Charset }),
		stringField("coding", "of Content-Encoding, in lower case, several with commas between them", func(r *Record) string { return r.Coding }),
		{Name: "bytes_wire", About: "bytes received, heads and framing included, as they are without TLS", number: withStatus(func(r *Record) int64 { return r.BytesWire })},
		{Name: "bytes_body", About: "bytes of the body, without its framing, as it is coded", number: withStatus(func(r *Record) int64 { return r.BytesBody })},
		numberField("bytes_decoded", "bytes of the body when its codings were undone", func(r *Record) int64 { return r.BytesDecoded }),
		stringField("digest", "`sha256:` and 64 hexadecimal digits, of the decoded body; of the body as it came if nothing was decoded", func(r *Record) string {
			if len(r.Digest) == 0 {
				return ""
			}
			return "sha256:" + hex.EncodeToString(r.Digest)
		}),
		stringField("range", "first and last byte of the part that came, and the size of the whole, or `*`", func(r *Record) string { return r.Range }),
		stringField("etag", "as it came", func(r *Record) string { return r.ETag }),
		stringField("last_modified", "as it came", func(r *Record) string { return r.LastModified }),
		stringField("remote", "IP address and port that the connection is to: with a proxy, its", func(r *Record) string { return r.Remote }),
		stringField("proxy", "scheme, host and port of the proxy that the fetch went by, never with credentials", func(r *Record) string { return r.Proxy }),
		stringField("protocol", "", func(r *Record) string { return r.Protocol }),
		{Name: "tls", parts: tlsFields()},
		stringField("started", "RFC 3339 in UTC, to the microsecond", func(r *Record) string {
			if r.Started.IsZero() {
				return ""
			}
			return string(new(second).appendTime(nil, r.Started))
		}),
		{Name: "timings", parts: timingFields()},
		numberField("lag", "µs, the most that the event loop was late with a step of this fetch", func(r *Record) int64 {
			if r.Lag < MinLag {
				return 0
			}
			return r.Lag.Microseconds()
		}),
	}
}

func tlsFields() []Field {
	return []Field{
		{Name: "tls.version", text: func(r *Record) (string, bool) { return r.TLS.Version(), r.TLS.Used() }},
		{Name: "tls.cipher", About: "the cipher suite as IANA names it", text: func(r *Record) (string, bool) { return r.TLS.Cipher(), r.TLS.Used() }},
		{Name: "tls.resumed", About: "the handshake was a short one, by a session from before", flag: func(r *Record) bool { return r.TLS.Used() && r.TLS.Resumed() }},
	}
}

func timingFields() []Field {
	return []Field{
		phase("queue", "µs until a connection, or a descriptor or port of this machine, was free", func(r *Record) time.Duration { return r.Timings.Queue }),
		phase("dns", "µs to resolve the name", func(r *Record) time.Duration { return r.Timings.DNS }),
		phase("connect", "µs until a TCP handshake was done, with all addresses that were tried, and until a proxy had made a tunnel, with the TLS handshake of an https proxy", func(r *Record) time.Duration { return r.Timings.Connect }),
		phase("tls", "µs of the TLS handshake", func(r *Record) time.Duration { return r.Timings.TLS }),
		phase("first_byte", "µs from the request's first byte to the response's", func(r *Record) time.Duration { return r.Timings.FirstByte }),
		phase("body", "µs from there to the end of the body", func(r *Record) time.Duration { return r.Timings.Body }),
		{Name: "timings.total", About: "µs of the whole attempt", number: func(r *Record) (int64, bool) { return r.Timings.Total.Microseconds(), !r.Started.IsZero() }},
	}
}

func pageFields() []Field {
	all := []Field{
		stringField("referrer", "URL of the page, or the redirect, that led to this one first", func(r *Record) string { return r.Page.Referrer }),
		{Name: "depth", About: "links from what was given, where redirects count nothing", number: func(r *Record) (int64, bool) { return int64(r.Page.Depth), true }},
		stringField("title", "of the document, without needless white space", func(r *Record) string { return r.Page.Title }),
		stringField("lang", "attribute of its `<html>`", func(r *Record) string { return r.Page.Lang }),
		stringField("canonical", "URL that it says is its own", func(r *Record) string { return r.Page.Canonical }),
		stringField("duplicate_of", "`url` of the first page of the crawl with the same body; the one that was done first", func(r *Record) string { return r.Page.DuplicateOf }),
		numberField("links", "different links in it, of all kinds, also those that are not followed", func(r *Record) int64 { return int64(r.Page.Links) }),
		numberField("links_internal", "of those that the crawl may follow, those to the same scheme, host and port", func(r *Record) int64 { return int64(r.Page.Internal) }),
		numberField("links_external", "of those that the crawl may follow, those to others", func(r *Record) int64 { return int64(r.Page.External) }),
		numberField("other_links", "references of other schemes, as `mailto:`", func(r *Record) int64 { return int64(r.Page.Other) }),
		{Name: "noindex", About: "it asks not to be found by searching (robots meta or X-Robots-Tag)", flag: func(r *Record) bool { return r.Page.NoIndex }},
		{Name: "nofollow", About: "it asks that its links not be followed", flag: func(r *Record) bool { return r.Page.NoFollow }},
		{Name: "disallowed", About: "robots.txt disallows it, and it was fetched by `--robots report`", flag: func(r *Record) bool { return r.Page.Disallowed }},
		stringField("robots", "line of the robots.txt that disallows it, and what stands there", func(r *Record) string { return r.Page.Rule }),
		stringField("sitemap", "it was read as a sitemap: its format, `urlset`, `index`, `rss`, `atom`, `text`, or `unknown` if it is none", func(r *Record) string { return r.Page.Sitemap }),
		{Name: "entries", About: "with `sitemap`: the entries that have an address", number: func(r *Record) (int64, bool) { return int64(r.Page.Entries), r.Page.Sitemap != "" }},
		numberField("dropped", "with `sitemap`: those that have none", func(r *Record) int64 { return int64(r.Page.Dropped) }),
		stringField("sitemap_error", "why it, or the rest of it, could not be read; what came before counts", func(r *Record) string { return r.Page.SitemapError }),
	}
	for i := range all {
		all[i] = pageField(all[i])
	}
	return all
}

// selection makes the columns of a list of names: fields, parts of them, and what is taken out of pages, which is called
// taken. What is taken out goes behind the rest unless the names have any of it.
func selection(list []string, taken []string, hasItems bool) ([]Field, error) {
	known := selectable(taken)
	var columns []Field
	named := false
	for _, name := range list {
		i := slices.IndexFunc(known, func(f Field) bool { return f.Name == name })
		if i < 0 {
			return nil, unknownField(name, known)
		}
		if slices.ContainsFunc(columns, func(f Field) bool {
			return f.Name == name || strings.HasPrefix(name, f.Name+".") || strings.HasPrefix(f.Name, name+".")
		}) {
			return nil, fmt.Errorf("%q is there already", name)
		}
		columns = append(columns, known[i])
		switch {
		case isTaken(name) && len(taken) == 0 && !hasItems:
			return nil, fmt.Errorf("%q: nothing is taken out of pages; see --extract and --schema", name)
		case name == nameItems && !hasItems:
			return nil, fmt.Errorf("%q: pages have them with a schema that has \"each\"; what is taken is in extracted", name)
		case name == nameExtracted && len(taken) == 0:
			return nil, fmt.Errorf("%q: the schema has \"each\", and what is taken is in items", name)
		}
		named = named || isTaken(name)
	}
	if named || len(taken) == 0 && !hasItems {
		return columns, nil
	}
	for _, f := range known {
		if f.Name == nameExtracted && len(taken) > 0 || f.Name == nameItems && hasItems || f.Name == nameItemErrors || f.Name == nameExtractError {
			columns = append(columns, f)
		}
	}
	return columns, nil
}

// selectable is Fields with all parts, those of what is taken out of pages too.
func selectable(taken []string) []Field {
	var all []Field
	for _, f := range Fields() {
		if f.Name == nameExtracted {
			f.parts = takenFields(taken)
		}
		all = append(append(all, f), f.parts...)
	}
	return all
}

// unknownField says which names are near one that there is not.
func unknownField(name string, known []Field) error {
	var near []string
	least := max(2, len(name)/3)
	for _, f := range known {
		_, last, _ := strings.Cut(f.Name, ".")
		d := min(distance(name, f.Name), distance(name, last)+1)
		switch {
		case d > least:
		case d < least:
			near, least = []string{f.Name}, d
		default:
			near = append(near, f.Name)
		}
	}
	if len(near) == 0 {
		return fmt.Errorf("there is no field %q", name)
	}
	return fmt.Errorf("there is no field %q; is it %s?", name, strings.Join(near[:min(len(near), 3)], ", or "))
}

// distance is how many bytes have to be put in, left out or replaced to make b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0]++
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
