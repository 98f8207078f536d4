package coding

import (
	"bufio"
	"errors"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// A layer undoes one coding. Read returns io.EOF behind the end of the coding, which need not be that of its input:
// bytes that follow and can be no part of it are left where they are, as Chromium does of all codings but zstd
// (curl 7.88 has the body and an error). It returns io.ErrUnexpectedEOF when its input ends too early.
type layer interface {
	io.Reader
	// reset begins with another body, whatever has become of the last. It does not read yet.
	reset(r io.Reader)
}

func newLayer(k kind) layer {
	switch k {
	case gzipKind:
		return &gzipLayer{in: bufio.NewReaderSize(nil, inputBuffer)}
	case deflateKind:
		return &deflateLayer{in: bufio.NewReaderSize(nil, inputBuffer)}
	case brotliKind:
		return &brotliLayer{}
	default:
		return &zstdLayer{}
	}
}

// inputBuffer is for what deflate takes byte by byte.
const inputBuffer = 4 << 10

// gzipLayer undoes gzip (RFC 1952): all members, each with its checksum and its length. What follows a member and
// does not begin as another is left out, as gzip(1) does. (Chromium and curl stop behind the first member.)
type gzipLayer struct {
	in     *bufio.Reader
	member gzip.Reader
	open   bool // within a member
	any    bool // there has been one
}

func (g *gzipLayer) reset(r io.Reader) {
	g.in.Reset(r)
	g.open, g.any = false, false
}

// Read implements io.Reader.
func (g *gzipLayer) Read(p []byte) (int, error) {
	if !g.open {
		if err := g.begin(); err != nil {
			return 0, err
		}
	}
	n, err := g.member.Read(p)
	if err == io.EOF {
		g.open, err = false, nil
	}
	return n, err
}

func (g *gzipLayer) begin() error {
	if g.any {
		if another, err := g.another(); err != nil {
			return err
		} else if !another {
			return io.EOF
		}
	}
	if err := g.member.Reset(g.in); err != nil {
		return noEOF(err)
	}
	g.member.Multistream(false)
	g.open, g.any = true, true
	return nil
}

// another reports whether a member follows, or the beginning of one.
func (g *gzipLayer) another() (bool, error) {
	const magic = "\x1f\x8b"
	b, err := g.in.Peek(len(magic))
	if err != nil && err != io.EOF {
		return false, err
	}
	return len(b) > 0 && string(b) == magic[:len(b)], nil
}

// noEOF: an end within something is too early.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// deflateLayer undoes "deflate": by RFC 9110 section 8.4.1.2 that is deflate (RFC 1951) in the wrapping of zlib (RFC
// 1950), but many servers send it bare. The first two bytes tell: in the header of zlib they are a multiple of 31,
// and no encoder begins a bare stream so, for that would be a stored block with padding that is not zero.
type deflateLayer struct {
	in      *bufio.Reader
	bare    io.ReadCloser // nil: none was needed yet
	wrapped io.ReadCloser
	now     io.Reader // one of them; nil: nothing was read
}

func (f *deflateLayer) reset(r io.Reader) {
	f.in.Reset(r)
	f.now = nil
}

// Read implements io.Reader.
func (f *deflateLayer) Read(p []byte) (int, error) {
	if f.now == nil {
		if err := f.begin(); err != nil {
			return 0, err
		}
	}
	return f.now.Read(p)
}

func (f *deflateLayer) begin() (err error) {
	b, err := f.in.Peek(2)
	if err != nil {
		return noEOF(err)
	}
	const method, mostWindow = 8, 7
	isZlib := b[0]&15 == method && b[0]>>4 <= mostWindow && (int(b[0])<<8|int(b[1]))%31 == 0
	switch {
	case isZlib && f.wrapped == nil:
		f.wrapped, err = zlib.NewReader(f.in)
	case isZlib:
		err = f.wrapped.(zlib.Resetter).Reset(f.in, nil)
	case f.bare == nil:
		f.bare = flate.NewReader(f.in)
	default:
		err = f.bare.(flate.Resetter).Reset(f.in, nil)
	}
	if err != nil {
		return noEOF(err)
	}
	if f.now = f.bare; isZlib {
		f.now = f.wrapped
	}
	return nil
}

// brotliLayer undoes br (RFC 7932). One Read may unpack a window, which is 16 MiB at most, before it returns: the
// decompressor writes to its window until that is full or the input used up. (It grows the window as needed.)
type brotliLayer struct {
	reader brotli.Reader
	ended  bool
}

func (b *brotliLayer) reset(r io.Reader) {
	_ = b.reader.Reset(r) // it never fails
	b.ended = false
}

// Read implements io.Reader.
func (b *brotliLayer) Read(p []byte) (int, error) {
	if b.ended {
		return 0, io.EOF
	}
	n, err := b.reader.Read(p)
	// The module does not export the error for bytes behind the end.
	if err != nil && err.Error() == "brotli: excessive input" {
		b.ended, err = true, nil
	}
	return n, err
}

// maxWindow is what RFC 9659 allows to zstd as a content coding.
const maxWindow = 8 << 20

// zstdLayer undoes zstd (RFC 8878): all frames, with their checksums where they have one; skippable frames are
// skipped. Anything else behind a frame is an error, as it is for Chromium and curl.
type zstdLayer struct {
	reader *zstd.Decoder // nil: none was needed yet
	input  io.Reader     // not nil: it is to begin with that
}

func (z *zstdLayer) reset(r io.Reader) { z.input = r }

// Read implements io.Reader.
func (z *zstdLayer) Read(p []byte) (n int, err error) {
	switch {
	case z.input == nil:
	case z.reader == nil:
		// With a concurrency of 1 it has no goroutines, and so need not be closed.
		z.reader, err = zstd.NewReader(z.input, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecodeBuffersBelow(0))
	default:
		err = z.reader.Reset(z.input)
	}
	if err != nil {
		return 0, err
	}
	z.input = nil
	if n, err = z.reader.Read(p); errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		err = zstd.ErrWindowSizeExceeded // of a frame whose window is all of it
	}
	return n, err
}
