package sitemap

import (
	"bytes"
	"strings"

	"crawl/internal/link"
)

// maxPrologue is how far into a document its XML declaration may be and reach, in bytes.
const maxPrologue = 1 << 10

// transcoder makes a document UTF-8. Its encoding is what its byte order mark says, or Content-Type, or its XML
// declaration (RFC 7303 section 3.2), or UTF-8. UTF-16 without a byte order mark is told by its first "<".
type transcoder struct {
	charset string // of Content-Type
	to      document
	held    []byte           // the beginning, until the encoding is known
	decode  *link.Transcoder // nil until then
	err     error            // of to
}

func (t *transcoder) write(b []byte) error {
	if t.decode == nil {
		n := min(len(b), maxPrologue-len(t.held))
		t.held = append(t.held, b[:n]...)
		if b = b[n:]; !t.detect(len(t.held) >= maxPrologue) {
			return nil
		}
	}
	t.decode.Write(b)
	return t.err
}

func (t *transcoder) close() error {
	if t.decode == nil {
		t.detect(true)
	}
	if t.decode.Close(); t.err != nil {
		return t.err
	}
	return t.to.close()
}

// begin passes on what was held to find out about the encoding, which is that of the label.
func (t *transcoder) begin(label string) {
	t.decode = link.NewTranscoder(label, func(p []byte) {
		if t.err == nil {
			t.err = t.to.write(p)
		}
	})
	t.decode.Write(t.held)
	t.held = nil
}

// detect finds out about the encoding, goes on from the beginning, and reports whether it could; it can if there is no more to
// see.
func (t *transcoder) detect(last bool) bool {
	h := t.held
	const longestSign = 4
	if len(h) < longestSign && !last {
		return false
	}
	label := ""
	switch {
	case bytes.HasPrefix(h, []byte("\xef\xbb\xbf")):
		t.held, label = h[3:], "utf-8"
	case bytes.HasPrefix(h, []byte("\xff\xfe")):
		t.held, label = h[2:], "utf-16le"
	case bytes.HasPrefix(h, []byte("\xfe\xff")):
		t.held, label = h[2:], "utf-16be"
	case bytes.HasPrefix(h, []byte("<\x00")) && len(h) >= longestSign && h[3] == 0:
		label = "utf-16le"
	case bytes.HasPrefix(h, []byte("\x00<\x00")):
		label = "utf-16be"
	default:
		var ok bool
		if label, ok = declared(h); !ok && !last {
			return false
		}
		if t.charset != "" {
			label = t.charset
		}
		if strings.HasPrefix(strings.ToLower(label), "utf-16") {
			label = "utf-8" // it is not, or nothing of this could have been read
		}
	}
	t.begin(label)
	return true
}

// declared is the encoding of an XML declaration, "" without one; ok is false if there may be one that has not come
// to its end.
func declared(h []byte) (label string, ok bool) {
	h = trimLeft(h)
	const begin = "<?xml"
	if len(h) < len(begin) {
		return "", !strings.HasPrefix(begin, string(h))
	}
	if !bytes.HasPrefix(h, []byte(begin)) {
		return "", true
	}
	end := bytes.IndexByte(h, '>')
	if end < 0 {
		return "", false
	}
	_, rest, found := bytes.Cut(h[len(begin):end], []byte("encoding"))
	if !found {
		return "", true
	}
	rest = bytes.TrimLeft(rest, " \t\r\n=")
	if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
		return "", true
	}
	value, _, found := bytes.Cut(rest[1:], rest[:1])
	if !found {
		return "", true
	}
	return string(value), true
}
