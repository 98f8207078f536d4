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
	// reset begins with another body, that of d, whatever has become of the last. It does not read yet.
	reset(r io.Reader, d *Decoder)
	// size is what it holds, in bytes.
	size() int64
}

func newLayer(k kind) layer {
	switch k {
	case gzipKind:
		return &gzipLayer{in: bufio.NewReaderSize(nil, inputBuffer)}
	case deflateKind:
		return &deflateLayer{in: bufio.NewReaderSize(nil, inputBuffer)}
	case brotliKind:
		b := new(brotliLayer)
		b.grows = newGauge(&b.reader, "ringbuffer", "buf", "literal_hgroup.codes", "insert_copy_hgroup.codes", "distance_hgroup.codes",
			"literal_hgroup.htrees", "insert_copy_hgroup.htrees", "distance_hgroup.htrees", "context_map", "dist_context_map")
		return b
	default:
		return &zstdLayer{in: bufio.NewReaderSize(nil, zstdHeader)}
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

func (g *gzipLayer) reset(r io.Reader, _ *Decoder) {
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

func (f *deflateLayer) reset(r io.Reader, _ *Decoder) {
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
	grows  gauge // in reader
	ended  bool
}

func (b *brotliLayer) reset(r io.Reader, _ *Decoder) {
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
	in      *bufio.Reader
	reader  *zstd.Decoder // nil: none was needed yet
	grows   gauge         // in reader
	decoder *Decoder      // not nil: it is to begin with a body of that
}

// zstdHeader is more than the header of a frame has, and no less than a bufio.Reader is given anyway.
const zstdHeader = 32

func (z *zstdLayer) reset(r io.Reader, d *Decoder) {
	z.in.Reset(r)
	z.decoder = d
}

// begin looks at the header of the first frame, and waits for leave to hold a window of that size. That of another frame
// may be larger, which nobody does; it is then held without leave.
func (z *zstdLayer) begin() (err error) {
	head, err := z.in.Peek(zstd.HeaderMaxSize)
	if err != nil && err != io.EOF {
		return err
	}
	var h zstd.Header
	if h.Decode(head) == nil { // else the decompressor finds out
		window := h.WindowSize
		if h.SingleSegment {
			window = h.FrameContentSize
		}
		more := zstdSize + zstdWindowSize(int64(min(window, 2*maxWindow))) - z.size()
		if window <= maxWindow && more > 0 && !z.decoder.ask(more) {
			return errStopped
		}
	}
	if z.reader != nil {
		return z.reader.Reset(z.in)
	}
	// With a concurrency of 1 it has no goroutines, and so need not be closed.
	z.reader, err = zstd.NewReader(z.in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecodeBuffersBelow(0))
	z.grows = newGauge(z.reader, "frame.history.ring")
	return err
}

// Read implements io.Reader.
func (z *zstdLayer) Read(p []byte) (n int, err error) {
	if z.decoder != nil {
		if err := z.begin(); err != nil {
			return 0, err
		}
		z.decoder = nil
	}
	if n, err = z.reader.Read(p); errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		err = zstd.ErrWindowSizeExceeded // of a frame whose window is all of it
	}
	return n, err
}
