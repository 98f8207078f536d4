package crawler

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// row is a record as somebody reads it who knows docs/records.md only.
type row struct {
	URL          string `json:"url"`
	FinalURL     string `json:"final_url"`
	Status       int    `json:"status"`
	Class        string `json:"class"`
	Error        string `json:"error"`
	Attempts     int    `json:"attempts"`
	Redirects    int    `json:"redirects"`
	RetryAfter   int64  `json:"retry_after"`
	MediaType    string `json:"media_type"`
	Charset      string `json:"charset"`
	BytesWire    *int64 `json:"bytes_wire"`
	BytesBody    *int64 `json:"bytes_body"`
	Digest       string `json:"digest"`
	Range        string `json:"range"`
	ETag         string `json:"etag"`
	LastModified string `json:"last_modified"`
	Remote       string `json:"remote"`
	Proxy        string `json:"proxy"`
	Protocol     string `json:"protocol"`
	TLS          *struct {
		Version string `json:"version"`
		Cipher  string `json:"cipher"`
		Resumed bool   `json:"resumed"`
	} `json:"tls"`
	Started string `json:"started"`
	Timings *struct {
		Queue     int64  `json:"queue"`
		DNS       int64  `json:"dns"`
		Connect   int64  `json:"connect"`
		TLS       int64  `json:"tls"`
		FirstByte int64  `json:"first_byte"`
		Body      int64  `json:"body"`
		Total     *int64 `json:"total"`
	} `json:"timings"`
	Lag int64 `json:"lag"`
}

// parseRow decodes one line strictly.
func parseRow(line string) (r row, err error) {
	d := json.NewDecoder(strings.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, fmt.Errorf("record %q: %w", line, err)
	}
	if d.More() {
		return r, fmt.Errorf("record %q: something follows it", line)
	}
	return r, nil
}

// parseRows decodes what a sink wrote: whole lines, each a record.
func parseRows(t testing.TB, text string) []row {
	t.Helper()
	if text != "" && !strings.HasSuffix(text, "\n") {
		t.Errorf("the output ends within a record: %q", text[max(0, len(text)-100):])
	}
	var rows []row
	for line := range strings.Lines(text) {
		r, err := parseRow(line)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	return rows
}

// rowsByURL is the records by their URL, of which no two may be the same.
func rowsByURL(t testing.TB, text string) map[string]row {
	t.Helper()
	rows := map[string]row{}
	for _, r := range parseRows(t, text) {
		if _, twice := rows[r.URL]; twice {
			t.Errorf("two records of %q", r.URL)
		}
		rows[r.URL] = r
	}
	return rows
}
