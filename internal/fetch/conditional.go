package fetch

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"crawl/internal/http1"
	"crawl/internal/link"
)

// A Selection says which version, or which part, of a resource is asked for. With one, the validators of the response
// are noted.
type Selection struct {
	// Known is the version that the caller has, for "has it changed" (RFC 9110 section 13); the zero value: none.
	// It is asked with GET and HEAD, and only at its own URL: where redirects lead to, if it came from there.
	Known Version
	Part  *Part // nil: the whole
}

// A Version is what tells the state of a resource from others.
type Version struct {
	URL          string // scheme, host, port, path and query, in canonical spelling
	ETag         string // as it came
	LastModified string // as it came
}

// VersionURL is the URL of a Version: u without user information and fragment.
func VersionURL(u *link.URL) string { return u.Origin() + u.Target() }

func (v *Version) isOf(u *link.URL) bool {
	origin := u.Origin()
	return len(v.URL) > len(origin) && v.URL[:len(origin)] == origin && v.URL[len(origin):] == u.Target()
}

// A Part is a range of bytes: from First to Last, or to the end if Last is -1; if First is -1, the last Last bytes.
type Part struct{ First, Last int64 }

var errPart = errors.New("must be A-B, A- or -N")

// ParsePart reads "A-B", "A-" or "-N", as it stands in a Range field (RFC 9110 section 14.1.2).
func ParsePart(s string) (p Part, err error) {
	first, last, ok := strings.Cut(s, "-")
	p = Part{First: -1, Last: -1}
	if first != "" {
		p.First, err = parsePosition(first)
	}
	if last != "" && err == nil {
		p.Last, err = parsePosition(last)
	}
	switch {
	case !ok || err != nil || first == "" && last == "",
		first == "" && p.Last == 0, first != "" && last != "" && p.Last < p.First:
		return Part{}, errPart
	}
	return p, nil
}

// parsePosition reads 1*DIGIT.
func parsePosition(s string) (int64, error) {
	n, err := strconv.ParseUint(s, 10, 62) // which takes no sign
	if err != nil {
		return 0, errPart
	}
	return int64(n), nil
}

// String is p as ParsePart reads it.
func (p *Part) String() string {
	var b []byte
	if p.First >= 0 {
		b = strconv.AppendInt(b, p.First, 10)
	}
	b = append(b, '-')
	if p.Last >= 0 {
		b = strconv.AppendInt(b, p.Last, 10)
	}
	return string(b)
}

// fields appends what the request has to say of the selection, and its caller has not said. A part is asked for of the known version or else the whole of
// another one (If-Range), for which only a strong validator will do (RFC 9110 section 13.1.5).
func (s *Selection) fields(fields []Field, req *Request) []Field {
	method := req.method()
	if method != "GET" && method != "HEAD" {
		return fields
	}
	known := &s.Known
	applies := known.URL != "" && known.isOf(req.URL)
	add := func(name, value string) {
		if value != "" && !hasField(req.Fields, name) {
			fields = append(fields, Field{Name: name, Value: value})
		}
	}
	if s.Part == nil {
		if applies {
			add("If-None-Match", known.ETag)
			add("If-Modified-Since", known.LastModified)
		}
		return fields
	}
	add("Range", "bytes="+s.Part.String())
	if applies && strings.HasPrefix(known.ETag, `"`) {
		add("If-Range", known.ETag)
	}
	add("Accept-Encoding", "identity") // else it would be a part of who knows what
	return fields
}

// Selected is what a response says of the version and the part that it has.
type Selected struct {
	ETag         string // as it came; of a 304 without one, what was known
	LastModified string
	Range        string // of a part: "0-99/1234"

	length int64 // of the part, -1 if it is not known
}

// maxValidator is the longest validator that is noted: longer ones would make requests that servers refuse.
const maxValidator = 1 << 10

// ValidValidator reports whether s may be sent back as a validator. What is not visible ASCII would not survive being
// written down.
func ValidValidator(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return s != "" && len(s) <= maxValidator
}

// noteSelected takes validators and Content-Range from a head.
func (b *buffer) noteSelected() error {
	res, asked := b.res, b.req.Selection
	switch {
	case res.Status == 304:
	case res.Status < 200 || res.Status > 299:
		return nil
	}
	n := &Selected{ETag: validator(&b.head, "ETag"), LastModified: validator(&b.head, "Last-Modified"), length: -1}
	if known := &asked.Known; res.Status == 304 && known.URL != "" && known.isOf(b.req.URL) {
		if n.ETag == "" && n.LastModified == "" {
			n.ETag, n.LastModified = known.ETag, known.LastModified
		}
	}
	res.more().selected = n
	if res.Status != 206 || asked.Part == nil {
		return nil
	}
	if strings.HasPrefix(res.MediaType, "multipart/byteranges") {
		return failRange("several parts came, of which one was asked for")
	}
	text, ok := b.head.Get("Content-Range")
	if !ok {
		return failRange("it does not say which part it is")
	}
	first, last, size, ok := parseContentRange(string(text))
	if !ok || !asked.Part.fits(first, last, size) {
		return failRange("asked for %s, it says %q", asked.Part.String(), presentable(string(text)))
	}
	n.Range = strings.TrimSpace(string(text)[len("bytes"):])
	if b.req.method() != "HEAD" {
		n.length = last - first + 1
	}
	return nil
}

func failRange(format string, args ...any) error {
	return fail(ProtocolRange, fmt.Errorf("range: "+format, args...))
}

func validator(h *http1.Head, name string) string {
	value, _ := h.Get(name)
	if s := string(value); ValidValidator(s) {
		return s
	}
	return ""
}

// parseContentRange reads "bytes A-B/SIZE"; of "bytes A-B/*", size is -1 (RFC 9110 section 14.4).
func parseContentRange(s string) (first, last, size int64, ok bool) {
	const unit = "bytes"
	if len(s) <= len(unit) || !strings.EqualFold(s[:len(unit)], unit) || s[len(unit)] != ' ' {
		return 0, 0, 0, false
	}
	span, total, ok1 := strings.Cut(strings.TrimLeft(s[len(unit):], " "), "/")
	from, to, ok2 := strings.Cut(span, "-")
	first, err1 := parsePosition(from)
	last, err2 := parsePosition(to)
	size = -1
	var err3 error
	if total != "*" {
		size, err3 = parsePosition(total)
	}
	ok = ok1 && ok2 && err1 == nil && err2 == nil && err3 == nil && first <= last && (size < 0 || last < size)
	return first, last, size, ok
}

// fits reports whether a part is one that p asks for. A server may send less than that, but from its beginning on.
func (p *Part) fits(first, last, size int64) bool {
	if p.First >= 0 {
		return first == p.First && (p.Last < 0 || last <= p.Last)
	}
	if last-first+1 > p.Last {
		return false
	}
	return size < 0 || last == size-1
}

// check returns an error if the part that came, n bytes, is not as long as it was said to be.
func (s *Selected) check(n int64) error {
	if s == nil || s.length < 0 || s.length == n {
		return nil
	}
	return failRange("of %s, %d bytes came", s.Range, n)
}
