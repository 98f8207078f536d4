package main

import (
	"encoding/json"
	"strconv"
	"time"
)

// record is one line of the output: the fields of crawl's record that this client knows.
type record struct {
	url       string
	status    int    // 0: no response
	class     string // "ok" or what went wrong
	err       string
	mediaType string
	bytesBody int64
	started   time.Time
	total     time.Duration
	depth     int
	links     int64 // on the page, repetitions among them
}

// appendJSON adds r to b as one JSON object and a newline, by hand: as cheap as that of what it is compared with.
func (r *record) appendJSON(b []byte) []byte {
	b = appendString(append(b, `{"url":`...), r.url)
	if r.status != 0 {
		b = strconv.AppendInt(append(b, `,"status":`...), int64(r.status), 10)
	}
	b = appendString(append(b, `,"class":`...), r.class)
	if r.err != "" {
		b = appendString(append(b, `,"error":`...), r.err)
	}
	if r.mediaType != "" {
		b = appendString(append(b, `,"media_type":`...), r.mediaType)
	}
	b = strconv.AppendInt(append(b, `,"bytes_body":`...), r.bytesBody, 10)
	b = r.started.AppendFormat(append(b, `,"started":"`...), time.RFC3339Nano)
	b = strconv.AppendInt(append(b, `","timings":{"total":`...), r.total.Microseconds(), 10)
	b = strconv.AppendInt(append(b, `},"depth":`...), int64(r.depth), 10)
	b = strconv.AppendInt(append(b, `,"links":`...), r.links, 10)
	return append(b, "}\n"...)
}

// appendString adds s as a JSON string. Printable ASCII, which is nearly everything, is copied.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // a string always encodes
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
