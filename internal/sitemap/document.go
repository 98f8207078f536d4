package sitemap

import (
	"bytes"
	"fmt"
	"strings"

	"crawl/internal/link"
)

// maxJunk is how much may stand before the first "<" or the first URL, in bytes, besides white space: messages of the
// program that made the document, mostly.
const maxJunk = 4 << 10

// isSpace reports whether c is white space to XML (section 2.3).
func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// trimLeft and trim remove white space from the beginning, and from both ends. (Those of package bytes make a set of
// what is to be removed each time they are called.)
func trimLeft(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	return b
}

func trim(b []byte) []byte {
	b = trimLeft(b)
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// document is a document in UTF-8: it finds out whether it is XML or text.
type document struct {
	kind    kind
	held    []byte // the beginning, or the beginning of a line of text
	long    bool   // that line is too long
	junk    int    // bytes passed over before the document begins
	scanner scanner
	tree    tree
	reader  reader
}

type kind uint8

const (
	unknownKind kind = iota
	xmlKind
	textKind
)

func (d *document) init(o Options, each func(*Entry)) {
	d.reader.init(o, each, &d.tree)
	d.tree.to = &d.reader
	d.scanner.to = &d.tree
}

func (d *document) write(b []byte) error {
	for len(b) > 0 {
		switch d.kind {
		case xmlKind:
			return d.scanner.write(b)
		case textKind:
			return d.lines(b)
		}
		n := min(len(b), maxJunk-d.junk-len(d.held))
		d.held = append(d.held, b[:n]...)
		b = b[n:]
		if err := d.begin(false); err != nil {
			return err
		}
	}
	return nil
}

func (d *document) close() error {
	if d.kind == unknownKind {
		if err := d.begin(true); err != nil {
			return err
		}
	}
	switch d.kind {
	case xmlKind:
		return d.reader.close()
	case textKind:
		if len(d.held) > 0 || d.long {
			d.line()
		}
		return d.reader.err
	}
	if d.junk == 0 {
		return fmt.Errorf("%w: it is empty", ErrFormat)
	}
	return fmt.Errorf("%w: neither XML nor a list of URLs", ErrFormat)
}

// begin looks for where the document begins in what is held: at the first "<", or at a line that is a URL.
func (d *document) begin(last bool) error {
	for {
		d.held = trimBlank(d.held)
		h := d.held
		end := bytes.IndexAny(h, "\r\n")
		angle := bytes.IndexByte(h, '<')
		whole := end >= 0 || last
		if end < 0 {
			end = len(h)
		}
		switch {
		case len(h) == 0:
			return nil
		case hasScheme(h) || whole && (angle < 0 || angle > end) && d.reader.isHost(h[:end]):
			return d.become(textKind, h)
		case angle >= 0 && angle <= end:
			return d.become(xmlKind, h[angle:])
		case !whole && d.junk+len(h) < maxJunk:
			return nil
		case !whole:
			return fmt.Errorf("%w: neither XML nor a list of URLs", ErrFormat)
		}
		d.junk += end
		d.held = h[end:]
	}
}

// become goes on with what was held as a kind of document.
func (d *document) become(k kind, held []byte) error {
	d.kind, d.held = k, nil
	if k == textKind {
		d.reader.format = Text
	}
	return d.write(held)
}

// trimBlank removes white space and byte order marks, which programs that join files leave within them.
func trimBlank(b []byte) []byte {
	const mark = "\xef\xbb\xbf"
	for {
		b = trimLeft(b)
		if !bytes.HasPrefix(b, []byte(mark)) {
			return b
		}
		b = b[len(mark):]
	}
}

// hasScheme reports whether b begins as an http or https URL does.
func hasScheme(b []byte) bool {
	for _, scheme := range []string{"http://", "https://"} {
		if len(b) >= len(scheme) && strings.EqualFold(string(b[:len(scheme)]), scheme) {
			return true
		}
	}
	return false
}

// lines reads text: a URL a line.
func (d *document) lines(b []byte) error {
	for d.reader.err == nil {
		end := bytes.IndexAny(b, "\r\n")
		if end < 0 {
			d.hold(b)
			break
		}
		if len(d.held) == 0 && !d.long {
			d.reader.line(b[:end])
		} else {
			d.hold(b[:end])
			d.line()
		}
		b = b[end+1:]
	}
	return d.reader.err
}

// line reads the line that is held.
func (d *document) line() {
	if d.long {
		d.reader.drop(nil, ErrLongAddress)
	} else {
		d.reader.line(d.held)
	}
	d.held, d.long = d.held[:0], false
}

func (d *document) hold(b []byte) {
	if d.long = d.long || len(d.held)+len(b) > maxValue; d.long {
		d.held = d.held[:0]
		return
	}
	d.held = append(d.held, b...)
}

// maxValue is the longest text of an element, and the longest line, that is read, in bytes as they are written: all
// that a URL may have, and room for its ampersands.
const maxValue = 2 * link.MaxURL
