package origin

import (
	"bytes"
	"io"
)

const (
	// firstBuffer is what a connection holds while it waits for a request: twice a usual head.
	firstBuffer = 1 << 10
	// maxHead bounds a request head; more is answered with 431.
	maxHead = 64 << 10
	// maxAhead bounds what a client may send while it waits for an answer.
	maxAhead = 1 << 20
)

// reader takes requests from a byte stream in order, whatever pieces they arrive in.
//
// The bytes buf[r:w] are read and not used. A request points into the buffer until the next call of
// next; until then bytes before r are not overwritten.
type reader struct {
	src  io.Reader
	buf  []byte
	r, w int
	live bool // a request points into buf
}

// next reads the next request. Its error is io.EOF between requests, io.ErrUnexpectedEOF within one,
// a *refusal, or that of the source.
func (in *reader) next(req *request) error {
	in.live = false
	scanned := 0
	for {
		// RFC 9112 section 2.2: ignore an empty line before the request line.
		if scanned == 0 && in.w-in.r >= 2 && in.buf[in.r] == '\r' && in.buf[in.r+1] == '\n' {
			in.r += 2
			continue
		}
		b := in.buf[in.r:in.w]
		if n := endOfHead(b, scanned); n > 0 {
			if n > maxHead {
				return refuse(431, "the head is longer than %d bytes", maxHead)
			}
			in.r += n
			in.live = true
			return req.parse(b[:n:n])
		}
		if len(b) > maxHead {
			return refuse(431, "the head is longer than %d bytes", maxHead)
		}
		scanned = max(0, len(b)-2)
		if err := in.more(); err != nil {
			if err == io.EOF && in.w > in.r {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
}

// endOfHead returns the length of the head at the start of b, or 0 if it is not complete. It looks at
// nothing before from. An empty line without its CR counts too, for parse to refuse.
func endOfHead(b []byte, from int) int {
	end := 0
	if i := bytes.Index(b[from:], []byte("\n\r\n")); i >= 0 {
		end = from + i + 3
		b = b[:end]
	}
	if i := bytes.Index(b[from:], []byte("\n\n")); i >= 0 {
		end = from + i + 2
	}
	return end
}

// more reads once from the source, at least one byte or an error.
func (in *reader) more() error {
	switch {
	case !in.live && in.r == in.w:
		in.r, in.w = 0, 0
	case in.w < len(in.buf):
	case !in.live && in.r > 0:
		in.w = copy(in.buf, in.buf[in.r:in.w])
		in.r = 0
	}
	if in.w == len(in.buf) {
		if in.w-in.r >= maxAhead {
			return refuse(413, "more than %d bytes sent ahead of an answer", maxAhead)
		}
		bigger := make([]byte, max(firstBuffer, 2*(in.w-in.r)))
		in.w = copy(bigger, in.buf[in.r:in.w])
		in.r, in.buf = 0, bigger
		in.live = false // a live request keeps the old buffer
	}
	n, err := in.src.Read(in.buf[in.w:])
	in.w += n
	if n > 0 {
		return nil
	}
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}

// body passes the next n bytes to use, in pieces that are valid during the call.
func (in *reader) body(n int64, use func([]byte)) error {
	for n > 0 {
		if in.r == in.w {
			if err := in.more(); err != nil {
				if err == io.EOF {
					err = io.ErrUnexpectedEOF
				}
				return err
			}
		}
		piece := in.buf[in.r:in.w]
		piece = piece[:min(n, int64(len(piece)))]
		if use != nil {
			use(piece)
		}
		in.r += len(piece)
		n -= int64(len(piece))
	}
	return nil
}
