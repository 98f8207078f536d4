package coding

import (
	"bytes"
	stdgzip "compress/gzip"
	"fmt"
	"io"
	"testing"
	"time"
)

// BenchmarkDecoder: a page of 40 KB that comes in one piece, and one of 1 MB in pieces of 16 KB. The bytes are those
// of the decoded body; the allocations are those for each body in steady state, its coroutine above all.
func BenchmarkDecoder(b *testing.B) {
	for _, size := range []int{40_000, 1_000_000} {
		body := text(size)
		for _, writer := range []string{"gzip", "zlib", "br", "zstd"} {
			coded := pack(b, writer, body)
			l, err := Parse(writers()[writer])
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%s/%d", writer, size), func(b *testing.B) {
				var p Pool
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					d := p.Get(l, noLimit)
					if n, err := count(d, coded, MaxStretch); n != size || err != nil {
						b.Fatal(n, err)
					}
					d.Stop()
					p.Put(d)
				}
			})
		}
	}
}

// count is feed without a copy.
func count(d *Decoder, coded []byte, step int) (n int, err error) {
	for ended := false; !ended; {
		if ended = len(coded) == 0; ended {
			d.End()
		} else {
			piece := min(step, len(coded))
			d.Feed(coded[:piece])
			coded = coded[piece:]
		}
		for more := true; more; {
			var data []byte
			if data, more, err = d.Next(); err != nil {
				return n, err
			}
			n += len(data)
		}
	}
	return n, nil
}

// BenchmarkStandard is gzip of the standard library, pulled, with its reader kept: what BenchmarkDecoder/gzip is
// held against.
func BenchmarkStandard(b *testing.B) {
	for _, size := range []int{40_000, 1_000_000} {
		coded := pack(b, "gzip", text(size))
		b.Run(fmt.Sprintf("gzip/%d", size), func(b *testing.B) {
			r, err := stdgzip.NewReader(bytes.NewReader(coded))
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			buffer := make([]byte, MaxStretch)
			for b.Loop() {
				if err := r.Reset(bytes.NewReader(coded)); err != nil {
					b.Fatal(err)
				}
				if n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, r, buffer); n != int64(size) || err != nil {
					b.Fatal(n, err)
				}
			}
		})
	}
}

// BenchmarkBomb: what zeros cost, and the longest call of Next among them, which is how long a loop is held at most.
func BenchmarkBomb(b *testing.B) {
	for _, writer := range []string{"gzip", "br", "zstd"} {
		const size = 64 << 20
		coded := bomb(b, writer, size)
		l, err := Parse(writers()[writer])
		if err != nil {
			b.Fatal(err)
		}
		b.Run(writer, func(b *testing.B) {
			var longest time.Duration
			b.SetBytes(size)
			for b.Loop() {
				var p Pool
				d := p.Get(l, noLimit)
				d.coded = 1 << 40 // no ratio ends it
				d.Feed(coded)
				n := 0
				for more := true; more; {
					begin := time.Now()
					var data []byte
					if data, more, err = d.Next(); err != nil {
						b.Fatal(err)
					}
					longest = max(longest, time.Since(begin))
					n += len(data)
				}
				if d.Stop(); n != size {
					b.Fatal(n)
				}
			}
			b.ReportMetric(float64(longest.Microseconds())/1000, "ms/longest-call")
		})
	}
}
