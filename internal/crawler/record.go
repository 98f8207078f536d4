package crawler

import (
	"strconv"
	"time"

	"crawl/internal/fetch"
)

// RecordVersion is the version of the format: docs/records.md says what may change within it.
const RecordVersion = 1

// A Record is what is known of one URL at its end. docs/records.md describes its JSON form.
type Record struct {
	URL                string
	FinalURL           string // where redirects have led; "" if there was none
	Status             int    // 0 if there was no response
	Class              fetch.Class
	Err                error // why, if Class is not OK
	Attempts           int
	Redirects          int           // that were followed by the last attempt
	RetryAfter         time.Duration // what the server asks to wait; 0: nothing
	MediaType          string
	Charset            string
	Coding             string // Content-Encoding
	BytesWire          int64
	BytesBody          int64  // as it is coded
	BytesDecoded       int64  // of the body without its codings; 0: none were undone
	Digest             []byte // SHA-256 of the body, decoded if it was, if asked for
	Range              string // of a part: "0-99/1234"
	ETag, LastModified string // if asked for
	Remote             string
	Proxy              string // that the fetch went by, scheme://host:port
	Protocol           string
	TLS                fetch.TLSInfo
	Started            time.Time // of the last attempt
	Timings            fetch.Timings
	Page               *PageFacts    // nil unless links are followed
	Lag                time.Duration // how late we were ourselves; what is shorter than MinLag is not told
	Extracted          *Extracted    // nil: nothing was taken out of it
}

// MinLag is the shortest lag that a record mentions: below, it does not matter beside a network's times.
const MinLag = time.Millisecond

// AppendJSON appends the record as one line of JSON: the fields of docs/records.md, in that order, those
// without a value left out.
func (r *Record) AppendJSON(b []byte) []byte { return r.appendJSON(b, new(second)) }

func (r *Record) appendJSON(b []byte, s *second) []byte {
	b = append(b, `{"url":`...)
	b = AppendString(b, r.URL)
	b = appendField(b, `,"final_url":`, r.FinalURL)
	if r.Status != 0 {
		b = appendInt(b, `,"status":`, int64(r.Status))
	}
	b = append(b, `,"class":"`...)
	b = append(b, r.Class...)
	b = append(b, '"')
	if r.Err != nil {
		b = append(b, `,"error":`...)
		b = AppendString(b, r.Err.Error())
	}
	if r.Attempts > 0 {
		b = appendInt(b, `,"attempts":`, int64(r.Attempts))
	}
	if r.Redirects > 0 {
		b = appendInt(b, `,"redirects":`, int64(r.Redirects))
	}
	if r.RetryAfter > 0 {
		b = appendInt(b, `,"retry_after":`, int64((r.RetryAfter+time.Second-1)/time.Second))
	}
	b = appendField(b, `,"media_type":`, r.MediaType)
	b = appendField(b, `,"charset":`, r.Charset)
	b = appendField(b, `,"coding":`, r.Coding)
	if r.Status != 0 {
		b = appendInt(b, `,"bytes_wire":`, r.BytesWire)
		b = appendInt(b, `,"bytes_body":`, r.BytesBody)
	}
	if r.BytesDecoded > 0 {
		b = appendInt(b, `,"bytes_decoded":`, r.BytesDecoded)
	}
	if len(r.Digest) > 0 {
		b = append(b, `,"digest":"sha256:`...)
		for _, c := range r.Digest {
			const digits = "0123456789abcdef"
			b = append(b, digits[c>>4], digits[c&15])
		}
		b = append(b, '"')
	}
	b = appendField(b, `,"range":`, r.Range)
	b = appendField(b, `,"etag":`, r.ETag)
	b = appendField(b, `,"last_modified":`, r.LastModified)
	b = appendField(b, `,"remote":`, r.Remote)
	b = appendField(b, `,"proxy":`, r.Proxy)
	if r.Protocol != "" {
		b = append(b, `,"protocol":"`...)
		b = append(b, r.Protocol...)
		b = append(b, '"')
	}
	if r.TLS.Used() {
		b = appendTLS(b, r.TLS)
	}
	if !r.Started.IsZero() {
		b = append(b, `,"started":"`...)
		b = s.appendTime(b, r.Started)
		b = append(b, `","timings":{`...)
		b = appendTimings(b, &r.Timings)
		b = append(b, '}')
	}
	if r.Lag >= MinLag {
		b = appendInt(b, `,"lag":`, r.Lag.Microseconds())
	}
	if r.Page != nil {
		b = r.Page.append(b)
	}
	if r.Extracted != nil {
		b = r.Extracted.append(b)
	}
	return append(b, '}', '\n')
}

func appendTLS(b []byte, t fetch.TLSInfo) []byte {
	b = append(b, `,"tls":{"version":"`...)
	b = append(b, t.Version()...)
	b = append(b, `","cipher":"`...)
	b = append(b, t.Cipher()...)
	b = append(b, '"')
	if t.Resumed() {
		b = append(b, `,"resumed":true`...)
	}
	return append(b, '}')
}

// appendTimings writes the phases that took time, in µs; the total is always there.
func appendTimings(b []byte, t *fetch.Timings) []byte {
	for _, phase := range [...]struct {
		name string
		d    time.Duration
	}{
		{`"queue":`, t.Queue},
		{`"dns":`, t.DNS},
		{`"connect":`, t.Connect},
		{`"tls":`, t.TLS},
		{`"first_byte":`, t.FirstByte},
		{`"body":`, t.Body},
	} {
		if us := phase.d.Microseconds(); us > 0 {
			b = appendInt(b, phase.name, us)
			b = append(b, ',')
		}
	}
	return appendInt(b, `"total":`, t.Total.Microseconds())
}

func appendInt(b []byte, name string, n int64) []byte {
	return strconv.AppendInt(append(b, name...), n, 10)
}

// appendField appends a field whose value is a string, unless that is empty.
func appendField(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return AppendString(append(b, name...), value)
}

// second is the text of a second, in which most often the next record falls too.
type second struct {
	unix int64
	text []byte
}

// appendTime writes RFC 3339 in UTC with microseconds.
func (s *second) appendTime(b []byte, t time.Time) []byte {
	if unix := t.Unix(); s.text == nil || s.unix != unix {
		s.unix, s.text = unix, appendSecond(s.text[:0], t)
	}
	return append(appendDigits(append(b, s.text...), t.Nanosecond()/1000, 6), 'Z')
}

// appendSecond writes a time up to the point. time.AppendFormat does the same in four times the time.
func appendSecond(b []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	b = appendDigits(b, year, 4)
	b = append(appendDigits(append(b, '-'), int(month), 2), '-')
	b = append(appendDigits(b, day, 2), 'T')
	b = append(appendDigits(b, hour, 2), ':')
	b = append(appendDigits(b, minute, 2), ':')
	return append(appendDigits(b, second, 2), '.')
}

// appendDigits writes the last digits of n.
func appendDigits(b []byte, n, digits int) []byte {
	at := len(b)
	for range digits {
		b = append(b, '0')
	}
	for i := at + digits - 1; i >= at; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return b
}
