package coding

import (
	"reflect"
	"strings"
)

// How much a decoder holds is in the hands of servers: a few bytes have br allocate 16 MiB, and zstd 8. So it is counted,
// and who has many decoders decides how much they may hold together: see Decoder.Holds and Decoder.Wants. zstd says in
// the header of a frame how much it is going to be. br does not: it has allocated when it is known.

// What is held besides that which grows, as measured; of a Decoder its output and the stack of its coroutine.
const (
	decoderSize = MaxStretch + 16<<10
	deflateSize = 56 << 10
	brotliSize  = 48 << 10
	zstdSize    = 48 << 10
)

// zstdBlock is the most that a block unpacks to (RFC 8878 section 3.1.1.2.4).
const zstdBlock = 128 << 10

// zstdWindowSize is the most that a frame with such a window makes the decompressor hold: the window and two blocks in
// one piece, and three blocks at most besides.
func zstdWindowSize(window int64) int64 { return window + 5*min(window, zstdBlock) + 1<<10 }

// A gauge knows slices in the inside of a decompressor: the modules do not say what they hold. A test holds what it
// finds against the heap.
type gauge []reflect.Value

// newGauge is that of the fields of *p with these names; dots lead into structs, and pointers are followed.
func newGauge(p any, paths ...string) (g gauge) {
	for _, path := range paths {
		v := reflect.ValueOf(p).Elem()
		for name := range strings.SplitSeq(path, ".") {
			if v.Kind() == reflect.Pointer {
				v = v.Elem()
			}
			if v = v.FieldByName(name); !v.IsValid() {
				break
			}
		}
		if v.IsValid() {
			g = append(g, v)
		}
	}
	return g
}

// bytes is what the slices hold now.
func (g gauge) bytes() (n int64) {
	for _, v := range g {
		n += int64(v.Cap()) * int64(v.Type().Elem().Size())
	}
	return n
}

func (g *gzipLayer) size() int64    { return deflateSize }
func (f *deflateLayer) size() int64 { return deflateSize }
func (b *brotliLayer) size() int64  { return brotliSize + b.grows.bytes() }

func (z *zstdLayer) size() int64 {
	if z.reader == nil {
		return 0
	}
	ring := z.grows.bytes()
	return zstdSize + ring + min(ring, 3*zstdBlock)
}
