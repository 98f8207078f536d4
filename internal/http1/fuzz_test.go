package http1

import (
	"bytes"
	"fmt"
	"io"
	"net/http/httputil"
	"regexp"
	"strings"
	"testing"
)

// maxFuzz keeps the runs that go byte by byte short.
const maxFuzz = 4 << 10

// FuzzResponse: split anywhere is the same message; the message accounts for its bytes; net/http agrees.
func FuzzResponse(f *testing.F) {
	for _, w := range wires {
		w := w.complete()
		f.Add([]byte(w.raw), w.method == "HEAD", uint16(len(w.raw)/2))
	}
	f.Add([]byte(nginxHead+strings.Repeat("x", 2048)), false, uint16(100))
	f.Add([]byte(tenFields), true, uint16(100))
	f.Fuzz(func(t *testing.T, raw []byte, head bool, cut uint16) {
		if len(raw) > maxFuzz {
			raw = raw[:maxFuzz]
		}
		method := "GET"
		if head {
			method = "HEAD"
		}
		before := bytes.Clone(raw)
		m := read(whole(raw), method, Limits{})
		if !bytes.Equal(raw, before) {
			t.Fatalf("the input was written to: %q", before)
		}
		for _, pieces := range [][][]byte{bytewise(raw), splitAt(raw, min(int(cut), len(raw)))} {
			if got := read(pieces, method, Limits{}); got.String() != m.String() {
				t.Fatalf("in %d pieces\n got %v\nwant %v\n for %q", len(pieces), got, m, raw)
			}
		}
		vector{Raw: raw}.smuggled(t, m)
		account(t, raw, m)
		compare(t, raw, method, m)
	})
}

// account checks that head, body and leftover are raw from front to back, and nothing twice.
func account(t *testing.T, raw []byte, m message) {
	t.Helper()
	if m.err != nil {
		return
	}
	message := raw[:len(raw)-len(m.leftover)]
	switch m.framing.Kind {
	case Length, Close:
		if !bytes.HasSuffix(message, m.body) {
			t.Fatalf("body %q is not the end of %q", m.body, message)
		}
		message = message[:len(message)-len(m.body)]
	case Chunked:
		if len(m.body) >= len(message) || !bytes.HasSuffix(message, []byte("\r\n\r\n")) && !bytes.HasSuffix(message, []byte("\n0\r\n\r\n")) {
			t.Fatalf("chunked message does not end in a blank line: %q", message)
		}
		return
	default:
		if len(m.body) > 0 {
			t.Fatalf("a body %q where none can be", m.body)
		}
	}
	if !bytes.HasSuffix(message, []byte("\n\r\n")) && !bytes.HasSuffix(message, []byte("\n\n")) {
		t.Fatalf("bytes lost between head and body: %q", message)
	}
}

// FuzzChunked: what was encoded in any chunks comes back, and of arbitrary bytes the standard library makes the same.
func FuzzChunked(f *testing.F) {
	for _, w := range wires {
		if coded, found := strings.CutPrefix(w.raw, "~"); found {
			f.Add([]byte(coded), uint16(len(coded)/2), uint8(3))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte, cut uint16, size uint8) {
		if len(raw) > maxFuzz {
			raw = raw[:maxFuzz]
		}
		data, rest, err := dechunk(t, whole(raw))
		at := min(int(cut), len(raw))
		for _, pieces := range [][][]byte{bytewise(raw), splitAt(raw, at)} {
			d, r, e := dechunk(t, pieces)
			if !bytes.Equal(d, data) || !bytes.Equal(r, rest) || kind(e) != kind(err) {
				t.Fatalf("in %d pieces %q, %q, %v; whole %q, %q, %v; for %q", len(pieces), d, r, e, data, rest, err, raw)
			}
		}
		if theirs, e := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(raw))); err == nil && e == nil && !bytes.Equal(theirs, data) {
			t.Fatalf("data %q here, %q there, for %q", data, theirs, raw)
		}

		var coded []byte
		for p := raw; len(p) > 0; {
			n := min(1+int(size), len(p))
			coded = append(fmt.Appendf(coded, "%x\r\n", n), p[:n]...)
			coded = append(coded, "\r\n"...)
			p = p[n:]
		}
		coded = append(coded, "0\r\n\r\nrest"...)
		at = min(int(cut), len(coded))
		if d, r, e := dechunk(t, splitAt(coded, at)); e != nil || !bytes.Equal(d, raw) || string(r) != "rest" {
			t.Fatalf("encoded and decoded: %q, %q, %v; want %q", d, r, e, raw)
		}
	})
}

// dechunk decodes pieces; err is ErrTruncated if they are not all.
func dechunk(t *testing.T, pieces [][]byte) (data, rest []byte, err error) {
	t.Helper()
	var d ChunkDecoder
	for _, p := range pieces {
		for len(p) > 0 && !d.Done() {
			part, n, err := d.Next(p)
			if err != nil {
				return data, nil, err
			}
			if n == 0 {
				t.Fatalf("no progress on %q", p)
			}
			data, p = append(data, part...), p[n:]
		}
		rest = append(rest, p...)
	}
	if !d.Done() {
		return data, nil, ErrTruncated
	}
	return data, rest, nil
}

var blank = regexp.MustCompile(`\n\r?\n`)

// FuzzHead: the end is where a regular expression finds it, however the bytes arrive, and a head that is
// written anew from its parts means the same.
func FuzzHead(f *testing.F) {
	for _, w := range wires {
		f.Add([]byte(w.complete().raw), uint16(20))
	}
	f.Fuzz(func(t *testing.T, raw []byte, cut uint16) {
		want := -1
		if at := blank.FindIndex(raw); at != nil {
			want = at[1]
		}
		if end, _ := blankLine(raw, 0); end != want {
			t.Fatalf("blank line ends at %d, want %d, in %q", end, want, raw)
		}
		end, next := blankLine(raw[:min(int(cut), len(raw))], 0)
		if end < 0 {
			end, _ = blankLine(raw, next)
		}
		if end != want {
			t.Fatalf("after a cut at %d it ends at %d, want %d, in %q", cut, end, want, raw)
		}
		if want < 0 {
			return
		}
		var h, again Head
		if h.Parse(raw[:want], Limits{}) != nil {
			return
		}
		var anew []byte
		anew = fmt.Appendf(anew, "HTTP/1.%d %d %s\r\n", h.Minor, h.Status, h.Reason())
		for name, value := range h.All() {
			anew = fmt.Appendf(anew, "%s: %s\r\n", name, value)
		}
		anew = append(anew, "\r\n"...)
		if err := again.Parse(anew, Limits{}); err != nil {
			t.Fatalf("%v in %q, written anew from %q", err, anew, raw)
		}
		if joined(pairs(&h.Fields)) != joined(pairs(&again.Fields)) || h.Status != again.Status || !bytes.Equal(h.Reason(), again.Reason()) {
			t.Fatalf("%q differs from %q", anew, raw)
		}
	})
}
