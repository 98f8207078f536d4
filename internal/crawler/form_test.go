package crawler

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"crawl/internal/fetch"
)

// takenNames are the names of what the records of kinds have taken out.
func takenNames() []string { return []string{"heading", "none", "size"} }

// lineOf is a record in a form, without the end of its line.
func lineOf(t testing.TB, f *Form, err error, r *Record) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	line, ok := strings.CutSuffix(string(f.append(nil, r)), "\n")
	if !ok || strings.Contains(line, "\n") {
		t.Fatalf("not one line: %q", line)
	}
	return strings.TrimSuffix(line, "\r")
}

// TestAllFields: who chooses all fields gets what a record is as a whole, byte for byte; whether objects are named, or each
// of their parts.
func TestAllFields(t *testing.T) {
	var objects, parts []string
	for _, f := range selectable(takenNames()) {
		if !strings.Contains(f.Name, ".") {
			objects = append(objects, f.Name)
		}
		if f.Type() != "object" {
			parts = append(parts, f.Name)
		}
	}
	for _, names := range [][]string{objects, parts} {
		for _, k := range kinds() {
			form, err := NewJSONForm(names, takenNames(), true)
			if got, want := lineOf(t, form, err, &k.record)+"\n", string(k.record.AppendJSON(nil)); got != want {
				t.Errorf("%s:\n got %swant %s", k.name, got, want)
			}
		}
	}
}

// TestChosenFields: only what was chosen, in that order, parts of an object together; what is taken out of pages stands behind
// the rest, unless it was chosen itself.
func TestChosenFields(t *testing.T) {
	page, failed, items := kinds()[0].record, kinds()[12].record, Record{}
	for _, k := range kinds() {
		if k.record.Extracted != nil && k.record.Extracted.Items != nil {
			items = k.record
		}
	}
	cases := []struct {
		fields string
		taken  []string
		items  bool
		record *Record
		want   string
	}{
		{"status,url", nil, false, &page, `{"status":200,"url":"http://example.com/a"}`},
		{"status,url", nil, false, &failed, `{"url":"http://192.0.2.1:81/"}`},
		{"status", nil, false, &failed, `{}`},
		{"timings.total,url,timings.dns", nil, false, &page, `{"timings":{"total":30546,"dns":1200},"url":"http://example.com/a"}`},
		{"tls.version,class", nil, false, &page, `{"class":"ok"}`},
		{"class,extracted.size,items", takenNames(), true, &items, `{"class":"ok","extracted":{"size":-3},"items":[{"name":"Desk lamp","price":49.9},{"name":"Bulb"}]}`},
		{"class", []string{"heading"}, false, &items, `{"class":"ok","extracted":{"heading":"Lamps"},"item_errors":[{"item":1,"field":"price","problem":"not a float","text":"sold out"}]}`},
		{"extract_error", takenNames(), true, &items, `{}`},
	}
	for _, c := range cases {
		form, err := NewJSONForm(strings.Split(c.fields, ","), c.taken, c.items)
		if got := lineOf(t, form, err, c.record); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.fields, got, c.want)
		}
	}
}

// TestFieldsRefused: what is no field, is there twice, or has nothing, is refused, with what may have been meant.
func TestFieldsRefused(t *testing.T) {
	for fields, want := range map[string]string{
		"url,stats":             `there is no field "stats"; is it status?`,
		"total":                 `there is no field "total"; is it timings.total?`,
		"Title":                 `there is no field "Title"; is it title?`,
		"zzzzzzzzzz":            `there is no field "zzzzzzzzzz"`,
		"":                      `there is no field ""`,
		"url,url":               `"url" is there already`,
		"timings,timings.total": `"timings.total" is there already`,
		"tls.version,tls":       `"tls" is there already`,
		"extracted":             `"extracted": nothing is taken out of pages`,
		"extracted.x":           `there is no field "extracted.x"`,
		"items":                 `"items": nothing is taken out of pages`,
	} {
		if _, err := NewJSONForm(strings.Split(fields, ","), nil, false); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", fields, err, want)
		}
	}
	if _, err := NewJSONForm([]string{"items"}, []string{"title"}, false); err == nil || !strings.Contains(err.Error(), "each") {
		t.Errorf("items without each: %v", err)
	}
	if _, err := NewJSONForm([]string{"extracted"}, nil, true); err == nil || !strings.Contains(err.Error(), "each") {
		t.Errorf("extracted with each alone: %v", err)
	}
	if _, err := NewCSVForm([]string{"url", "title"}, []string{"title"}, false); err == nil || !strings.Contains(err.Error(), `two columns "title"`) {
		t.Errorf("two columns of a name: %v", err)
	}
	if _, err := NewJSONForm([]string{"url", "title"}, []string{"title"}, false); err != nil {
		t.Error(err)
	}
}

// TestCSVRoundTrip: every record comes back from encoding/csv with the values that it has as JSON, each in its column.
func TestCSVRoundTrip(t *testing.T) {
	var names []string
	for _, f := range selectable(takenNames()) {
		if f.Type() != "object" {
			names = append(names, f.Name)
		}
	}
	form, err := NewCSVForm(names, takenNames(), true)
	if err != nil {
		t.Fatal(err)
	}
	file := slices.Clone(form.header)
	for _, k := range kinds() {
		file = form.append(file, &k.record)
	}
	rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(file, []byte("\r\n")); len(rows) != len(kinds())+1 || n != len(rows) || n != bytes.Count(file, []byte("\n")) {
		t.Fatalf("%d rows, %d lines", len(rows), n)
	}
	for i, k := range kinds() {
		var record map[string]any
		d := json.NewDecoder(bytes.NewReader(k.record.AppendJSON(nil)))
		d.UseNumber()
		if err := d.Decode(&record); err != nil {
			t.Fatal(err)
		}
		for j, name := range names {
			if header := strings.TrimPrefix(name, "extracted."); rows[0][j] != header {
				t.Fatalf("column %d is %q, want %q", j, rows[0][j], header)
			}
			if got, want := rows[i+1][j], cellOf(t, record, name); got != want {
				t.Errorf("%s: %s: %q, want %q", k.name, name, got, want)
			}
		}
	}
}

// TestEmptyLine: a record that has none of the columns is a row all the same.
func TestEmptyLine(t *testing.T) {
	form, err := NewCSVForm([]string{"final_url"}, nil, false)
	line := lineOf(t, form, err, &Record{URL: "http://h/"})
	rows, err := csv.NewReader(strings.NewReader(string(form.header) + line + "\r\n")).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][0] != "" {
		t.Errorf("%q: %q, %v", line, rows, err)
	}
}

// cellOf is what the cell of a field has, by a record as JSON.
func cellOf(t *testing.T, record map[string]any, name string) string {
	t.Helper()
	object, part, isPart := strings.Cut(name, ".")
	value := record[object]
	if m, ok := value.(map[string]any); ok && isPart {
		value = m[part]
	}
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		var b []byte
		if b = appendPlain(nil, v); v != "" && strings.ContainsRune("=+-@\t\r\n", rune(v[0])) {
			b = append([]byte("'"), b...)
		}
		return string(b)
	case []any:
		return string(kindsItems(t, name))
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	t.Fatalf("%s: %T", name, value)
	return ""
}

// kindsItems is the one array that kinds have in a field.
func kindsItems(t *testing.T, name string) []byte {
	t.Helper()
	for _, k := range kinds() {
		if x := k.record.Extracted; x != nil && x.Items != nil {
			return map[string][]byte{nameItems: x.Items, nameItemErrors: x.ItemErrors}[name]
		}
	}
	return nil
}

// TestCells: nothing is a formula, nothing commands a terminal, and a record is one line.
func TestCells(t *testing.T) {
	for s, want := range map[string]string{
		"":                    "",
		"plain":               "plain",
		" spaced ":            `" spaced "`,
		`a "b", c`:            `"a ""b"", c"`,
		"=1+1":                "'=1+1",
		"+1":                  "'+1",
		"-1":                  "'-1",
		"@SUM(A1)":            "'@SUM(A1)",
		"＝1":                  "'＝1",
		"\t=1":                `'\u0009=1`,
		"=HYPERLINK(\"x\",1)": `"'=HYPERLINK(""x"",1)"`,
		"a\r\nb\x1b[2J\u009b": `a\u000d\u000ab\u001b[2J\u009b`,
		"\u202egnp.exe":       `\u202egnp.exe`,
		"\xff":                "\ufffd",
	} {
		if got := string(appendCell(nil, s)); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

// TestText: a line for people, in columns, in which nothing commands the terminal.
func TestText(t *testing.T) {
	started := time.Unix(0, 0)
	cases := []struct {
		record Record
		want   string
	}{
		{Record{URL: "http://h/a", Status: 200, Class: fetch.OK, BytesBody: 2048, Started: started, Timings: fetch.Timings{Total: 420 * time.Microsecond}}, "200                   0.4 ms   2.0 KiB  http://h/a"},
		{Record{URL: "http://h/b", FinalURL: "http://h/c", Status: 404, Class: fetch.OK, BytesBody: 9, BytesDecoded: 1048575, Started: started, Timings: fetch.Timings{Total: 12345 * time.Millisecond}}, "404                   12.3 s   1.0 MiB  http://h/b -> http://h/c"},
		{Record{URL: "http://h/d", Class: fetch.ConnectUnreachable, Err: errors.New("x"), Started: started, Timings: fetch.Timings{Total: 310 * time.Millisecond}}, "connect.unreachable   310 ms         -  http://h/d"},
		{Record{URL: "http://h/e", Status: 200, Class: fetch.ProtocolTruncated, Err: errors.New("x"), Started: started}, "protocol.truncated    0.0 ms       0 B  http://h/e"},
		{Record{URL: "\x1b[2J\xff\u202e\n", Class: fetch.Input, Err: errors.New("x")}, "input                      -         -  \\u001b[2J\ufffd\\u202e\\u000a"},
	}
	for _, c := range cases {
		if got := lineOf(t, NewTextForm(), nil, &c.record); got != c.want {
			t.Errorf(" got %q\nwant %q", got, c.want)
		}
	}
}

// FuzzForms: whatever is in a record, it is one line in every form, and as CSV has as many cells as its header.
func FuzzForms(f *testing.F) {
	f.Add("http://a/", "", "title", `"a"`)
	f.Add("\x00\xff\u2028\"", "=,\"", "\r\n", `"\u0000\""`)
	f.Add(" ", "'", "\u202e", "[1,\"x\"]")
	f.Fuzz(func(t *testing.T, url, failure, title, raw string) {
		if !json.Valid([]byte(raw)) || strings.ContainsFunc(raw, func(r rune) bool { return r < 0x20 }) {
			raw = `"-"`
		}
		r := Record{URL: url, Class: fetch.OK, Page: &PageFacts{Title: title}, Extracted: &Extracted{Names: takenNames(), Values: [][]byte{nil, []byte(raw), nil}}}
		if failure != "" {
			r.Err = errors.New(failure)
		}
		asCSV, err := NewCSVForm(Columns(), takenNames(), true)
		line := lineOf(t, asCSV, err, &r)
		rows, err := csv.NewReader(strings.NewReader(string(asCSV.header) + line)).ReadAll()
		if err != nil || len(rows) != 2 || len(rows[0]) != len(Columns())+len(takenNames())+3 {
			t.Fatalf("%q: %v, %q", line, err, rows)
		}
		if text := lineOf(t, NewTextForm(), nil, &r); !utf8.ValidString(text) {
			t.Errorf("%q", text)
		}
		asJSON, err := NewJSONForm([]string{"error", "title", "url"}, takenNames(), false)
		if line := lineOf(t, asJSON, err, &r); !json.Valid([]byte(line)) {
			t.Errorf("%q", line)
		}
	})
}
