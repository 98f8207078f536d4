package origin

import (
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// get is the value of a field of the request, "" if there is none.
func (f *fault) get(name string) string {
	for _, field := range f.req.fields() {
		if strings.EqualFold(field.Name, name) {
			return field.Value
		}
	}
	return ""
}

// auth: 401 for all but the user and the password, or the token, of the argument (RFC 7617, RFC 6750).
func (f *fault) auth() bool {
	scheme := f.choice("scheme", "basic", "bearer")
	if f.wrong() {
		return true
	}
	want, challenge := "Bearer "+f.arg, "Bearer"
	if scheme == "basic" {
		want, challenge = "Basic "+base64.StdEncoding.EncodeToString([]byte(f.arg)), `Basic realm="origin"`
	}
	if f.get("Authorization") != want {
		return f.named(401, "WWW-Authenticate: "+challenge+"\r\n")
	}
	return f.text(200, "welcome\n")
}

// resource: N bytes of text that have a version, whole or in part (RFC 9110 sections 13 and 14).
func (f *fault) resource() bool {
	n := f.count(maxMemory)
	etag, modified := f.query.Get("etag"), f.query.Get("modified")
	at, err := http.ParseTime(modified)
	if modified != "" && err != nil {
		f.fail("modified: %q is no date", modified)
	}
	if f.wrong() {
		return true
	}
	extra := "Accept-Ranges: bytes\r\n"
	if etag != "" {
		if !strings.HasPrefix(etag, "W/") {
			etag = `"` + etag + `"`
		}
		extra += "ETag: " + etag + "\r\n"
	}
	if modified != "" {
		extra += "Last-Modified: " + modified + "\r\n"
	}
	if f.unchanged(etag, at) {
		return f.named(304, extra)
	}
	unit, asked, ok := strings.Cut(f.get("Range"), "=")
	if !ok || unit != "bytes" || strings.Contains(asked, ",") || f.get("If-Range") != "" && f.get("If-Range") != etag {
		return f.part(200, n, 0, n, extra)
	}
	first, last, ok := span(asked, n)
	if !ok {
		return f.named(416, extra+"Content-Range: bytes */"+decimal(n)+"\r\n")
	}
	return f.part(206, n, first, last+1, extra+"Content-Range: bytes "+decimal(first)+"-"+decimal(last)+"/"+decimal(n)+"\r\n")
}

// unchanged evaluates If-None-Match, and else If-Modified-Since.
func (f *fault) unchanged(etag string, at time.Time) bool {
	if known := f.get("If-None-Match"); known != "" {
		return strings.TrimPrefix(known, "W/") == strings.TrimPrefix(etag, "W/")
	}
	since, err := http.ParseTime(f.get("If-Modified-Since"))
	return err == nil && !at.IsZero() && !at.After(since)
}

// span reads "A-B", "A-" and "-N" of n bytes.
func span(s string, n int) (first, last int, ok bool) {
	from, to, ok := strings.Cut(s, "-")
	a, okA := parseNumber([]byte(from))
	b, okB := parseNumber([]byte(to))
	switch {
	case !ok || from == "" && !okB || from != "" && !okA || to != "" && !okB:
		return 0, 0, false
	case from == "":
		return max(0, n-int(min(b, maxMemory))), n - 1, b > 0 && n > 0
	case to == "" || b >= uint64(n):
		b = uint64(n) - 1
	}
	return int(a), int(b), a <= b && n > 0
}

// part answers with the text from one offset to another.
func (f *fault) part(status, n, from, to int, extra string) bool {
	f.writeHead(head{status: status, contentType: typeText, length: int64(to - from), extra: extra})
	f.writeBody(f.srv.Filler(n)[from:to])
	return f.done(status)
}
