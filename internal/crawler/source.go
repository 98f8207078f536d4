package crawler

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"unicode/utf8"

	"crawl/internal/engine"
	"crawl/internal/link"
)

// chunkSize is how much of a list is read at once, off the loop. Two chunks are held: one that is being taken
// apart and the next. So a list of ten million lines costs no more than one of ten thousand. It is large
// because on one core a busy loop lets the reader run every 10 ms at best: 4,000 URLs last for 50 ms.
const chunkSize = 128 << 10

// maxLine is the longest line that is looked at. A longer one is a record of class input, and is read past.
const maxLine = link.MaxURL + 1<<10

// blanks at the beginning of a line are not kept, and do not make it longer: one whose URL comes after many of them
// is not lost as a blank one.
const blanks = " \t\v\f\r"

// maxEmptyReads is after how many reads in a row without a byte or an error a list is given up, as in bufio.
const maxEmptyReads = 100

// Source is the list of URLs to fetch, read as it is needed: one a line, blank lines and lines that begin with
// # left out, white space and CR around a URL ignored.
type Source struct {
	urls   []string // before those of reader
	name   string
	reader io.Reader

	mu                        sync.Locker // guards what follows
	engine                    engine.Engine
	ready                     func()
	chunk                     []byte // being taken apart: the rest of buffer
	next                      []byte // read ahead: what there is of nextBuffer
	buffer, nextBuffer, spare []byte // all of chunkSize
	reading                   bool   // a chunk is on its way
	last                      bool   // nothing comes after next
	err                       error  // why it is the last

	partial  []byte // of a line that goes on in the next chunk
	overlong bool   // the rest of that line is read past
	line     int
	read     int64 // bytes taken apart
	empty    int   // reads in a row that gave nothing
}

// Item is a line of a source that was meant to be a URL.
type Item struct {
	URL  string
	Line int   // from 1; 0 for a URL that does not come from a line
	Err  error // why the line cannot be a URL
}

var (
	errLineTooLong = fmt.Errorf("line is longer than %d bytes", maxLine)
	errLineCut     = errors.New("the list could not be read beyond this part of the line")
	errNotUTF8     = errors.New("not valid UTF-8")
)

// NewSource makes the source of urls, then of the list that r has; r may be nil. name is for messages.
func NewSource(urls []string, name string, r io.Reader) *Source {
	return &Source{urls: urls, name: name, reader: r, last: r == nil}
}

// Bytes is how much of the list has been taken apart.
func (s *Source) Bytes() int64 { return s.read }

// open makes the source part of a crawl, whose lock then guards it. ready is called, under the lock, when
// take may have something again.
func (s *Source) open(mu sync.Locker, e engine.Engine, ready func()) {
	s.mu, s.engine, s.ready = mu, e, ready
}

// readAhead fetches the next chunk. Nobody waits for it: a read from a terminal may last for ever.
func (s *Source) readAhead() {
	if s.reading || s.last || s.next != nil {
		return
	}
	s.reading = true
	chunk := s.spare
	s.spare = nil
	if chunk == nil {
		chunk = make([]byte, chunkSize)
	}
	var n int
	var err error
	s.engine.Detach(
		func() { n, err = s.reader.Read(chunk) },
		func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.reading = false
			if s.last { // stopped meanwhile
				return
			}
			if n > 0 {
				s.next, s.nextBuffer, s.empty = chunk[:n], chunk, 0
			} else {
				s.spare = chunk
				if s.empty++; s.empty == maxEmptyReads && err == nil {
					err = io.ErrNoProgress
				}
			}
			if err != nil {
				s.last = true
				if !errors.Is(err, io.EOF) {
					s.err = fmt.Errorf("%s: %w", s.name, err)
				}
			}
			if n == 0 {
				s.readAhead()
			}
			s.ready()
		})
}

// stop ends the source where it is.
func (s *Source) stop() {
	s.urls, s.last, s.chunk, s.next, s.partial = nil, true, nil, nil, nil
}

// take returns the next item. Without one, ended says whether there will be none any more; if not, ready is
// going to be called.
func (s *Source) take() (item Item, ok, ended bool) {
	if len(s.urls) > 0 {
		item.URL, s.urls = s.urls[0], s.urls[1:]
		return item, true, false
	}
	for {
		if len(s.chunk) == 0 {
			if s.next == nil {
				if !s.last {
					s.readAhead()
					return Item{}, false, false
				}
				item, ok = s.endOfLine(nil) // what follows the last line end
				if ok && s.err != nil && item.Err == nil {
					item.Err = errLineCut
				}
				return item, ok, !ok
			}
			s.spare = s.buffer
			s.chunk, s.buffer = s.next, s.nextBuffer
			s.next, s.nextBuffer = nil, nil
			s.readAhead()
		}
		i := bytes.IndexByte(s.chunk, '\n')
		if i < 0 {
			s.keep(s.chunk)
			s.chunk = nil
			continue
		}
		line := s.chunk[:i]
		s.chunk = s.chunk[i+1:]
		s.read += int64(i) + 1
		if item, ok := s.endOfLine(line); ok {
			return item, true, false
		}
	}
}

// keep saves the part of a line that a chunk ends with.
func (s *Source) keep(part []byte) {
	s.read += int64(len(part))
	if len(s.partial) == 0 {
		part = bytes.TrimLeft(part, blanks)
	}
	if s.overlong || len(s.partial)+len(part) > maxLine {
		s.overlong = true
		part = part[:min(len(part), max(0, maxLine-len(s.partial)))]
	}
	s.partial = append(s.partial, part...)
}

// endOfLine makes an item of a line, if it is one that counts.
func (s *Source) endOfLine(line []byte) (Item, bool) {
	s.line++
	if len(s.partial) == 0 {
		line = bytes.TrimLeft(line, blanks)
	}
	room := maxLine - len(s.partial)
	overlong := s.overlong || len(line) > room
	line = line[:min(len(line), room)]
	if len(s.partial) > 0 {
		line = append(s.partial, line...)
	}
	s.partial, s.overlong = nil, false
	if s.line == 1 {
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")) // byte order mark
	}
	line = bytes.TrimSpace(line)
	if len(line) == 0 || line[0] == '#' {
		return Item{}, false
	}
	item := Item{Line: s.line}
	switch {
	case overlong:
		item.URL, item.Err = clipLine(line), errLineTooLong
	case !utf8.Valid(line):
		item.URL, item.Err = string(bytes.ToValidUTF8(line, []byte("\uFFFD"))), errNotUTF8
	default:
		item.URL = string(line)
	}
	return item, true
}

// explain says which line err is about.
func (i Item) explain(err error) error {
	if i.Line == 0 {
		return err
	}
	return fmt.Errorf("line %d: %w", i.Line, err)
}

// clipLine is the beginning of a line that is too long to be repeated.
func clipLine(line []byte) string {
	const most = 200
	return string(bytes.ToValidUTF8(line[:min(len(line), most)], []byte("\uFFFD"))) + "…"
}

// spent reports whether nothing is left, without taking anything.
func (s *Source) spent() bool {
	return s.last && len(s.urls) == 0 && len(s.chunk) == 0 && len(s.next) == 0 && len(s.partial) == 0
}

// hasNext reports whether take would have something at once, or begin to read the list.
func (s *Source) hasNext() bool {
	return len(s.urls) > 0 || len(s.chunk) > 0 || len(s.next) > 0 || s.last && len(s.partial) > 0 || !s.last && !s.reading
}
