package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"crawl/internal/crawler"
)

// record is a line of a crawl's output, as docs/records.md has it; fields that no report needs are not here.
type record struct {
	URL       *string `json:"url"`
	Status    int     `json:"status"`
	Class     string  `json:"class"`
	Error     string  `json:"error"`
	Attempts  int64   `json:"attempts"`
	MediaType string  `json:"media_type"`
	BytesWire int64   `json:"bytes_wire"`
	BytesBody int64   `json:"bytes_body"`
	Started   string  `json:"started"`
	Timings   struct {
		Queue     int64 `json:"queue"`
		DNS       int64 `json:"dns"`
		Connect   int64 `json:"connect"`
		TLS       int64 `json:"tls"`
		FirstByte int64 `json:"first_byte"`
		Body      int64 `json:"body"`
		Total     int64 `json:"total"`
	} `json:"timings"`
	Lag int64 `json:"lag"`

	began int64 // Started in µs since 1970
	end   int64 // the same, when it was over
}

// The classes that are no failures.
const (
	classOK    = "ok"
	classInput = "input"
)

func (r *record) failed() bool { return r.Class != classOK && !r.skipped() }

// skipped reports whether the URL was never asked for.
func (r *record) skipped() bool {
	if r.Class == classOK || r.Class == classInput {
		return r.Class == classInput
	}
	for _, a := range crawler.Skips() {
		if string(a.Class) == r.Class {
			return true
		}
	}
	return false
}

var errNotRecord = errors.New("not a record")

// maxPhase is the longest time of a phase that is believed, in µs: a year. It keeps sums from overflowing.
const maxPhase = 366 * 24 * 3600 * 1_000_000

// maxNumber is the same for what is counted in a record.
const maxNumber = 1 << 48

// parse reads one line. Unknown fields are left alone, as the format asks for.
func (r *record) parse(line []byte) error {
	*r = record{}
	if err := json.Unmarshal(line, r); err != nil {
		return fmt.Errorf("%w: %w", errNotRecord, err)
	}
	if r.URL == nil || r.Class == "" {
		return fmt.Errorf("%w: it has no url or no class", errNotRecord)
	}
	*r.URL = WithoutUserinfo(*r.URL)
	t := &r.Timings
	for _, v := range [...]int64{t.Queue, t.DNS, t.Connect, t.TLS, t.FirstByte, t.Body, t.Total, r.Lag} {
		if v < 0 || v > maxPhase {
			return fmt.Errorf("%w: a time of %d µs", errNotRecord, v)
		}
	}
	if r.Attempts < 0 || r.Attempts > maxNumber || r.BytesBody < 0 || r.BytesBody > maxNumber || r.BytesWire < 0 || r.BytesWire > maxNumber || r.Status < 0 || r.Status > 999 {
		return fmt.Errorf("%w: a number that cannot be", errNotRecord)
	}
	if r.Started != "" {
		at, err := time.Parse(time.RFC3339Nano, r.Started)
		if err != nil {
			return fmt.Errorf("%w: %w", errNotRecord, err)
		}
		r.began = at.UnixMicro()
		r.end = r.began + t.Total
	}
	return nil
}

// WithoutUserinfo is a URL as a report may show it to anybody. It is the line of a list, so it may be written in any way
// that is read as a URL of http: "http:\\user:password@host", say, with spaces before it and tabs anywhere.
func WithoutUserinfo(url string) string {
	scheme, rest, ok := strings.Cut(url, ":")
	scheme = strings.Map(func(c rune) rune {
		if c <= ' ' {
			return -1
		}
		return c
	}, scheme)
	if !ok || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return url
	}
	authority := strings.TrimLeft(rest, "/\\\t\r\n")
	end := strings.IndexAny(authority, `/\?#`)
	if end < 0 {
		end = len(authority)
	}
	if at := strings.LastIndexByte(authority[:end], '@'); at >= 0 {
		return url[:len(url)-len(authority)] + authority[at+1:]
	}
	return url
}

// maxHostName is how much of the name of a host is kept; names that are longer are none (RFC 1035 section 2.3.4).
const maxHostName = 255 + len("[]:65535")

// host is the host and port of the URL, or "".
func (r *record) host() string {
	_, rest, ok := strings.Cut(*r.URL, "://")
	if !ok {
		return ""
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	return strings.ToLower(rest[:min(len(rest), maxHostName)])
}

// maxLine is the longest line that is read. The crawler's own have at most a URL and an error that quotes it,
// 65,536 bytes each, of which escapes may make six times as many.
const maxLine = 1 << 20

// lineReader gives the lines of a stream, the longest ones not at all.
type lineReader struct {
	in   *bufio.Reader
	line []byte
}

// next returns the next line without its end, which is valid until the next call. whole says that it had an
// end; long that it is longer than maxLine, and then there is nothing of it. At the end the error is io.EOF.
func (l *lineReader) next() (line []byte, whole, long bool, err error) {
	l.line = l.line[:0]
	for {
		part, err := l.in.ReadSlice('\n')
		whole = err == nil
		if whole {
			part = part[:len(part)-1]
		}
		if len(l.line)+len(part) > maxLine {
			long, l.line = true, l.line[:0]
		}
		if !long {
			l.line = append(l.line, part...)
		}
		switch {
		case whole:
			return l.line, true, long, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && (len(l.line) > 0 || long):
			return l.line, false, long, nil
		default:
			return nil, false, false, err
		}
	}
}
