package http1

import "strconv"

// Body follows one body through the bytes of a connection, whatever its [Kind]. Reset makes it ready.
type Body struct {
	kind   Kind
	left   int64 // of Length: bytes still to come
	chunks ChunkDecoder
}

// Reset makes b ready for a body with this framing.
func (b *Body) Reset(f Framing, lim Limits) {
	b.kind, b.left = f.Kind, f.Length
	b.chunks.Reset(lim)
}

// Next consumes the first n bytes of p and returns a stretch of the body, which lies within them and may
// be empty. Call it until it has consumed all of p or is Done; what remains of p is then not part of
// this response. An error is one of the chunked coding (see [ChunkDecoder.Next]).
func (b *Body) Next(p []byte) (data []byte, n int, err error) {
	switch b.kind {
	case Chunked:
		return b.chunks.Next(p)
	case Close:
		return p, len(p), nil
	case Length:
		n = int(min(b.left, int64(len(p))))
		b.left -= int64(n)
		return p[:n], n, nil
	}
	return nil, 0, nil
}

// Done reports whether the body has ended. One of kind Close never does by itself.
func (b *Body) Done() bool {
	switch b.kind {
	case Chunked:
		return b.chunks.Done()
	case Close:
		return false
	case Length:
		return b.left == 0
	}
	return true
}

// EOF says what the end of the connection means here: nil if the body is complete, which one of kind
// Close then is, else an *Error of kind ErrTruncated (RFC 9112 §8).
func (b *Body) EOF() error {
	switch {
	case b.Done() || b.kind == Close:
		return nil
	case b.kind == Length:
		return fail(ErrTruncated, strconv.FormatInt(b.left, 10)+" bytes of the body are missing", nil)
	}
	return fail(ErrTruncated, "the last chunk is missing", nil)
}

// Trailers returns the trailer fields, none unless the body was chunked and is Done. They are valid until the next Reset.
func (b *Body) Trailers() *Fields { return b.chunks.Trailers() }
