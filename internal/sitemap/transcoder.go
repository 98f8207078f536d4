package sitemap

import (
	"bytes"
	"errors"
	"strings"

	"golang.org/x/net/html/charset"
)

// maxPrologue is how far into a document its XML declaration may be and reach, in bytes.
const maxPrologue = 1 << 10

// decoder is an encoding's, as package x/text has it; what is not valid becomes U+FFFD.
type decoder interface {
	Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error)
}

// transcoder makes a document UTF-8. Its encoding is what its byte order mark says, or Content-Type, or its XML
// declaration (RFC 7303 section 3.2), or UTF-8. UTF-16 without a byte order mark is told by its first "<".
type transcoder struct {
	charset string // of Content-Type
	to      document
	known   bool    // which encoding it is
	held    []byte  // the beginning, until then
	decoder decoder // nil: UTF-8
	in, out []byte  // of the decoder
	n       int     // bytes in in: of a character that has not come to its end
}

var errEncoding = errors.New("the sitemap's encoding cannot be undone")

func (t *transcoder) write(b []byte) error {
	if !t.known {
		n := min(len(b), maxPrologue-len(t.held))
		t.held = append(t.held, b[:n]...)
		if !t.detect(len(t.held) >= maxPrologue) {
			return nil
		}
		b = b[n:]
		if err := t.begin(); err != nil {
			return err
		}
	}
	return t.pass(b, false)
}

func (t *transcoder) close() error {
	if !t.known {
		t.detect(true)
		if err := t.begin(); err != nil {
			return err
		}
	}
	if err := t.pass(nil, true); err != nil {
		return err
	}
	return t.to.close()
}

// begin passes on what was held to find out about the encoding.
func (t *transcoder) begin() error {
	held := t.held
	t.held = nil
	return t.pass(held, false)
}

// detect finds out about the encoding and reports whether it could; it can if there is no more to see.
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
	t.known = true
	if encoding, name := charset.Lookup(label); encoding != nil && name != "utf-8" {
		const bufferSize = 4 << 10
		t.decoder, t.in, t.out = encoding.NewDecoder(), make([]byte, bufferSize), make([]byte, bufferSize)
	}
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

// pass hands on what b is in UTF-8.
func (t *transcoder) pass(b []byte, last bool) error {
	if t.decoder == nil {
		return t.to.write(b)
	}
	for {
		n := copy(t.in[t.n:], b)
		t.n += n
		b = b[n:]
		nDst, nSrc, _ := t.decoder.Transform(t.out, t.in[:t.n], last && len(b) == 0) // its errors ask for room, or for more
		if err := t.to.write(t.out[:nDst]); err != nil {
			return err
		}
		t.n = copy(t.in, t.in[nSrc:t.n])
		idle := nDst == 0 && nSrc == 0
		switch {
		case len(b) == 0 && (t.n == 0 || idle):
			return nil
		case n == 0 && idle:
			return errEncoding
		}
	}
}
