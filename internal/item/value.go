package item

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"crawl/internal/link"
)

// A Kind is what a value is.
type Kind uint8

// The kinds, and what a value of each is in an Item.
const (
	String Kind = iota // string
	Int                // int64
	Float              // float64, finite
	Bool               // bool
	URL                // string: an absolute http or https URL
	Date               // string: of RFC 3339, or its date, or both without a zone, as much as was there
	JSON               // json.RawMessage: compact, valid UTF-8
)

// kinds are their names, as in schemas.
func kinds() []string { return []string{"string", "int", "float", "bool", "url", "date", "json"} }

// String is the name.
func (k Kind) String() string { return kinds()[k] }

func kindOf(name string) (k Kind, ok bool) {
	i := slices.Index(kinds(), name)
	return Kind(max(i, 0)), i >= 0 //nolint:gosec // there are seven
}

// wrong says what text is not if it is no value of the kind.
func (k Kind) wrong() string {
	return [...]string{"", "not an int", "not a float", "not a bool", "not a URL", "not a date", "not JSON"}[k]
}

// parse makes a value of text.
func (f *Field) parse(s string, base *link.URL) (v any, ok bool) {
	if f.kind != String {
		s = strings.TrimSpace(s)
	}
	switch f.kind {
	case Int:
		n, err := strconv.ParseInt(s, 10, 64)
		return n, err == nil
	case Float:
		return parseFloat(s)
	case Bool:
		return parseBool(s)
	case URL:
		u, err := base.Resolve(s)
		return u.String(), err == nil
	case Date:
		return f.parseDate(s)
	case JSON:
		var b bytes.Buffer
		if json.Compact(&b, []byte(strings.ToValidUTF8(s, "\uFFFD"))) != nil {
			return nil, false
		}
		return json.RawMessage(b.Bytes()), true
	default:
		return s, true
	}
}

// parseFloat takes decimal notation only: neither hexadecimal nor infinity, which JSON has not.
func parseFloat(s string) (any, bool) {
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return nil, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil && !math.IsInf(v, 0)
}

func formatFloat(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func parseBool(s string) (any, bool) {
	switch strings.ToLower(s) {
	case "true", "yes", "on", "1":
		return true, true
	case "false", "no", "off", "0":
		return false, true
	}
	return nil, false
}

const (
	dateOnly  = "2006-01-02"
	localTime = "2006-01-02T15:04:05"
)

// dateLayouts are the dates that are understood without a layout, and how they are written then: those of ISO 8601 and HTML,
// of HTTP, and in English words.
func dateLayouts() [][2]string {
	return [][2]string{
		{dateOnly, dateOnly},
		{time.RFC3339, time.RFC3339Nano},
		{"2006-01-02 15:04:05Z07:00", time.RFC3339Nano},
		{"2006-01-02T15:04:05Z0700", time.RFC3339Nano},
		{"2006-01-02T15:04Z07:00", time.RFC3339Nano},
		{localTime, localTime},
		{"2006-01-02 15:04:05", localTime},
		{"2006-01-02T15:04", localTime},
		{"2006-01-02 15:04", localTime},
		{"Mon, 02 Jan 2006 15:04:05 GMT", time.RFC3339Nano},
		{"Mon, 2 Jan 2006 15:04:05 -0700", time.RFC3339Nano},
		{"2 January 2006", dateOnly},
		{"2 Jan 2006", dateOnly},
		{"January 2, 2006", dateOnly},
		{"Jan 2, 2006", dateOnly},
	}
}

func (f *Field) parseDate(s string) (any, bool) {
	layouts := f.layouts
	if layouts == nil {
		layouts = dateLayouts()
	}
	for _, l := range layouts {
		if t, err := time.Parse(l[0], s); err == nil {
			return t.Format(l[1]), true
		}
	}
	return nil, false
}

// layoutsOf are those of a schema's layout, in Go's notation. A zone by its name is not known to be one.
func layoutsOf(layout string) (layouts [][2]string, ok bool) {
	out := dateOnly
	example := time.Date(2001, 2, 3, 4, 5, 6, 0, time.FixedZone("", 3600))
	has := func(other time.Time) bool { return example.Format(layout) != other.Format(layout) }
	if has(example.Add(time.Hour)) || has(example.Add(time.Minute)) {
		out = localTime
		if has(example.UTC().Add(time.Hour)) { // the same by the clock, in another zone
			out = time.RFC3339Nano
		}
	}
	if strings.Contains(layout, "MST") || !has(example.AddDate(1, 0, 0)) {
		return nil, false
	}
	return [][2]string{{layout, out}}, true
}
