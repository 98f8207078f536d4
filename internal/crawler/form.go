package crawler

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"crawl/internal/fetch"
)

// A Form is how records are written where that is not each as a whole, as JSON. docs/records.md describes them.
type Form struct {
	header []byte
	append func(b []byte, r *Record) []byte
}

// Columns are those of CSV where no others are chosen. Within a version of the format they stay.
func Columns() []string {
	return []string{
		"url", "final_url", "status", "class", "error", "attempts", "media_type", "charset", "bytes_wire", "bytes_body", "bytes_decoded",
		"remote", "started", "timings.first_byte", "timings.total",
		"referrer", "depth", "title", "lang", "canonical", "links", "links_internal", "links_external", "robots",
	}
}

// NewJSONForm writes some of the fields, in the order of their names; of an object, parts, which stand together where the first of
// them does. taken are the names of what Options.Extract takes out of a page, and hasItems says whether it finds items; all
// that stands behind the rest if no name is of it.
func NewJSONForm(fields, taken []string, hasItems bool) (*Form, error) {
	columns, err := selection(fields, taken, hasItems)
	if err != nil {
		return nil, err
	}
	var members []member
	for _, f := range columns {
		object, part, isPart := strings.Cut(f.Name, ".")
		if !isPart {
			members = append(members, memberOf(f, f.Name))
			continue
		}
		i := slices.IndexFunc(members, func(m member) bool { return m.name == object })
		if i < 0 {
			i = len(members)
			members = append(members, memberOf(Field{Name: object}, object))
		}
		members[i].members = append(members[i].members, memberOf(f, part))
	}
	return &Form{append: func(b []byte, r *Record) []byte { return append(appendMembers(b, members, r), '\n') }}, nil
}

// member is one of a JSON object.
type member struct {
	name    string
	key     []byte // as it is written, with the comma before it
	field   Field
	members []member // of an object
}

func memberOf(f Field, name string) member {
	m := member{name: name, field: f, key: append(AppendString([]byte{','}, name), ':')}
	for _, part := range f.parts {
		_, name, _ := strings.Cut(part.Name, ".")
		m.members = append(m.members, memberOf(part, name))
	}
	return m
}

// appendMembers writes those that have a value.
func appendMembers(b []byte, members []member, r *Record) []byte {
	start := len(b)
	b = append(b, '{')
	for i := range members {
		before := len(b)
		b = append(b, members[i].key...)
		if value := len(b); !members[i].appendValue(&b, r) || len(b) == value {
			b = b[:before]
		}
	}
	if len(b) > start+1 {
		b = append(b[:start+1], b[start+2:]...) // the first comma
	}
	return append(b, '}')
}

// appendValue writes the value of a member, and says whether it has one.
func (m *member) appendValue(b *[]byte, r *Record) bool {
	switch f := &m.field; {
	case f.text != nil:
		s, ok := f.text(r)
		*b = AppendString(*b, s)
		return ok
	case f.number != nil:
		n, ok := f.number(r)
		*b = strconv.AppendInt(*b, n, 10)
		return ok
	case f.flag != nil:
		*b = append(*b, "true"...)
		return f.flag(r)
	case f.raw != nil:
		*b = append(*b, f.raw(r)...)
		return true
	}
	before := len(*b)
	*b = appendMembers(*b, m.members, r)
	return len(*b) > before+len("{}")
}

// NewCSVForm writes lines of RFC 4180 with a header, always the same columns, each record on one line. The rest is as with
// NewJSONForm.
func NewCSVForm(fields, taken []string, hasItems bool) (*Form, error) {
	chosen, err := selection(fields, taken, hasItems)
	if err != nil {
		return nil, err
	}
	var columns []Field
	for _, f := range chosen {
		if f.Type() == "object" {
			columns = append(columns, f.parts...)
		} else {
			columns = append(columns, f)
		}
	}
	form := &Form{}
	var names []string
	for i, f := range columns {
		name := strings.TrimPrefix(f.Name, nameExtracted+".")
		if slices.Contains(names, name) {
			return nil, fmt.Errorf("there would be two columns %q; give what is taken out of pages another name", name)
		}
		names = append(names, name)
		if i > 0 {
			form.header = append(form.header, ',')
		}
		form.header = appendCell(form.header, name)
	}
	form.header = append(form.header, "\r\n"...)
	form.append = func(b []byte, r *Record) []byte {
		start := len(b)
		for i := range columns {
			if i > 0 {
				b = append(b, ',')
			}
			b = columns[i].appendCell(b, r)
		}
		if len(b) == start {
			b = append(b, `""`...) // many readers leave out a line that is empty
		}
		return append(b, "\r\n"...)
	}
	return form, nil
}

// appendCell writes the value of a field for CSV: nothing if there is none.
func (f *Field) appendCell(b []byte, r *Record) []byte {
	switch {
	case f.text != nil:
		if s, ok := f.text(r); ok {
			return appendCell(b, s)
		}
	case f.number != nil:
		if n, ok := f.number(r); ok {
			return strconv.AppendInt(b, n, 10)
		}
	case f.flag != nil:
		if f.flag(r) {
			return append(b, "true"...)
		}
	case f.raw != nil:
		raw := f.raw(r)
		if s := ""; len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
			return appendCell(b, s)
		}
		return appendQuoted(b, string(raw))
	}
	return b
}

// appendCell writes a text. One that a spreadsheet would take for a formula has a ' before it.
func appendCell(b []byte, s string) []byte {
	if s != "" {
		if r, _ := utf8.DecodeRuneInString(s); strings.ContainsRune("=+-@\t\r\n＝＋－＠", r) {
			s = "'" + s
		}
	}
	return appendQuoted(b, s)
}

// appendQuoted writes a cell, in quotes if it needs them.
func appendQuoted(b []byte, s string) []byte {
	if !strings.ContainsAny(s, "\",") && (s == "" || s[0] != ' ' && s[len(s)-1] != ' ') {
		return appendPlain(b, s)
	}
	b = append(b, '"')
	for i, part := range strings.Split(s, `"`) {
		if i > 0 {
			b = append(b, `""`...)
		}
		b = appendPlain(b, part)
	}
	return append(b, '"')
}

// The widths of the columns of text. A class that is longer moves the rest of its line.
const (
	outcomeWidth = 19
	timeWidth    = 8
	sizeWidth    = 9
)

// NewTextForm writes a line for people: status or class, time, size of the body, URL, and where redirects have led.
func NewTextForm() *Form {
	return &Form{append: func(b []byte, r *Record) []byte {
		outcome := string(r.Class)
		if r.Class == fetch.OK {
			outcome = strconv.Itoa(r.Status)
		}
		took, size := "-", "-"
		if !r.Started.IsZero() {
			took = textTime(r.Timings.Total)
		}
		if r.Status != 0 {
			size = textSize(max(r.BytesBody, r.BytesDecoded))
		}
		b = fmt.Appendf(b, "%-*s %*s %*s  ", outcomeWidth, outcome, timeWidth, took, sizeWidth, size)
		b = appendPlain(b, r.URL)
		if r.FinalURL != "" {
			b = append(b, " -> "...)
			b = appendPlain(b, r.FinalURL)
		}
		return append(b, '\n')
	}}
}

func textTime(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func textSize(n int64) string {
	units := [...]string{"B", "KiB", "MiB", "GiB", "TiB"}
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	v, i := float64(n), 0
	for ; v >= 1023.95 && i < len(units)-1; i++ {
		v /= 1 << 10
	}
	return fmt.Sprintf("%.1f %s", v, units[i])
}
