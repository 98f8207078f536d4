package http1

import "errors"

// Everything in the chunked coding ends in CRLF here, and a bare LF is an error: lenient readers of chunk
// lines have been the source of smuggling in one server after the other. Spaces after the size and
// extensions are accepted and ignored (RFC 9112 §7.1.1).

const (
	// maxChunkLine bounds a chunk-size line, CRLF included: a few bytes, were it not for extensions, which nobody uses.
	maxChunkLine = 4 << 10
	// maxOverhead bounds what size lines may cost beyond 16 bytes for each chunk and twice the data: without it
	// a peer could send 4 KiB of extensions for each byte of body.
	maxOverhead = 16 << 10
	// maxChunkSize is the largest size that another hexadecimal digit does not push over 63 bits.
	maxChunkSize = 1<<59 - 1
)

// chunkState is what the decoder expects next.
type chunkState uint8

const (
	chunkSize      chunkState = iota // the first digit of a size
	chunkDigits                      // further digits, or what may follow them
	chunkSpace                       // white space after the size
	chunkExtension                   // an extension, up to CR
	chunkSizeLF                      // the LF of the size line
	chunkData                        // data
	chunkDataCR                      // the CR after the data
	chunkDataLF                      // and its LF
	trailerStart                     // the beginning of a line of the trailer section
	trailerLine                      // a trailer line, up to LF
	trailerEndLF                     // the LF of the blank line
	chunkDone
)

// ChunkDecoder decodes the chunked coding as its bytes arrive (RFC 9112 §7.1). The zero value is ready
// with default limits; after an error it is of no use but for Reset. It allocates for trailers only.
type ChunkDecoder struct {
	left     int64 // data bytes the chunk still has; while its size is read, the size so far
	excess   int64 // see maxOverhead
	line     int   // bytes of the size line so far; of data it counts the CRLF
	state    chunkState
	lim      Limits
	trailers Fields
}

// Reset makes d ready for another body. What Trailers returned before is no longer valid.
func (d *ChunkDecoder) Reset(lim Limits) {
	d.left, d.excess, d.line, d.state, d.lim = 0, 0, 0, chunkSize, lim
	d.trailers.reset(d.trailers.Raw[:0])
}

// Done reports whether the last chunk and its trailer section are over. Bytes after that are not the body's.
func (d *ChunkDecoder) Done() bool { return d.state == chunkDone }

// Trailers returns the fields after the last chunk, kept apart from those of the head (RFC 9110 §6.5.1);
// they are complete when Done, and valid until Reset.
func (d *ChunkDecoder) Trailers() *Fields { return &d.trailers }

// Next consumes the first n bytes of b and returns a stretch of the body, which lies within them and may
// be empty. While it is not Done, n is more than 0 if b is not empty. It stops after each stretch, so
// call it until it has consumed all of b or is Done. Errors are of kind ErrChunk and ErrFieldLimit.
func (d *ChunkDecoder) Next(b []byte) (data []byte, n int, err error) {
	for n < len(b) && d.state != chunkDone {
		if d.state == chunkData {
			size := int(min(d.left, int64(len(b)-n)))
			d.left -= int64(size)
			if d.left == 0 {
				d.state = chunkDataCR
			}
			return b[n : n+size], n + size, nil
		}
		if d.state >= trailerStart {
			err = d.trailer(b[n])
		} else {
			err = d.step(b[n])
		}
		if err != nil {
			return nil, n, err
		}
		n++
	}
	return nil, n, nil
}

// step takes one byte outside of data and trailers.
func (d *ChunkDecoder) step(c byte) error {
	if d.line++; d.line > maxChunkLine {
		return fail(ErrChunk, "size line too long", nil)
	}
	switch d.state {
	case chunkSize:
		d.line, d.left = 1, 0
		if !d.digit(c) {
			return d.bad("no chunk size at", c)
		}
		d.state = chunkDigits
	case chunkDigits, chunkSpace, chunkExtension:
		return d.sizeLine(c)
	case chunkSizeLF:
		if c != '\n' {
			return d.bad("bare CR in the size line, before", c)
		}
		return d.startChunk()
	case chunkDataCR:
		if c != '\r' {
			return d.bad("no CRLF after the data but", c)
		}
		d.state = chunkDataLF
	case chunkDataLF:
		if c != '\n' {
			return d.bad("no LF after the data but", c)
		}
		d.state = chunkSize
	}
	return nil
}

// sizeLine takes one byte after the first digit of a size: digits, then white space, then ";" and extensions.
func (d *ChunkDecoder) sizeLine(c byte) error {
	switch {
	case c == '\r':
		d.state = chunkSizeLF
	case d.state == chunkExtension:
		if c < ' ' && c != '\t' || c == 0x7f {
			return d.bad("control byte in an extension:", c)
		}
	case c == ';':
		d.state = chunkExtension
	case isSpace(c):
		d.state = chunkSpace
	case d.state == chunkSpace:
		return d.bad("after the size and a space", c)
	default:
		if d.left > maxChunkSize {
			return fail(ErrChunk, "size over 63 bits", nil)
		}
		if !d.digit(c) {
			return d.bad("after the size", c)
		}
	}
	return nil
}

// startChunk is called at the end of a size line.
func (d *ChunkDecoder) startChunk() error {
	if d.left == 0 {
		d.state = trailerStart
		return nil
	}
	d.state = chunkData
	// Only what counts against maxOverhead is taken of the size, so that nothing overflows.
	d.excess = max(0, d.excess+int64(d.line)-16-2*min(d.left, maxOverhead))
	if d.excess > maxOverhead {
		return fail(ErrChunk, "more chunk extensions than data", nil)
	}
	d.line = 0
	return nil
}

// digit adds a hexadecimal digit to the size.
func (d *ChunkDecoder) digit(c byte) bool {
	switch {
	case isDigit(c):
		c -= '0'
	case 'a' <= c && c <= 'f':
		c -= 'a' - 10
	case 'A' <= c && c <= 'F':
		c -= 'A' - 10
	default:
		return false
	}
	d.left = d.left<<4 | int64(c)
	return true
}

// trailer takes one byte after the last chunk. The blank line is not stored before it is known
// that there are trailers, so that a body without them allocates nothing.
func (d *ChunkDecoder) trailer(c byte) error {
	switch d.state {
	case trailerEndLF:
		if c != '\n' {
			return d.bad("bare CR in the trailer section, before", c)
		}
		return d.endTrailers()
	case trailerStart:
		if c == '\r' {
			d.state = trailerEndLF
			return nil
		}
		d.state = trailerLine
	}
	raw := d.trailers.Raw
	if len(raw) >= d.lim.trailer() {
		return fail(ErrFieldLimit, "trailer section too long, it begins with", raw)
	}
	if c == '\n' {
		if len(raw) == 0 || raw[len(raw)-1] != '\r' {
			return d.bad("bare LF in the trailer section:", c)
		}
		d.state = trailerStart
	}
	d.trailers.Raw = append(raw, c)
	return nil
}

// endTrailers parses what was stored, if anything was.
func (d *ChunkDecoder) endTrailers() error {
	d.state = chunkDone
	if len(d.trailers.Raw) == 0 {
		return nil
	}
	d.trailers.reset(append(d.trailers.Raw, "\r\n"...))
	_, err := d.trailers.parse(0, d.lim)
	var e *Error
	if errors.As(err, &e) && !errors.Is(e.Kind, ErrFieldLimit) {
		e.Kind = ErrChunk
	}
	return err
}

func (d *ChunkDecoder) bad(detail string, c byte) error {
	return fail(ErrChunk, detail, []byte{c})
}
