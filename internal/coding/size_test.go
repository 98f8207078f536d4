package coding

import (
	"bytes"
	"errors"
	"runtime"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// What a hostile server sends before it stalls.
const (
	// hostileBrotli has a window of 16 MiB, and of a block of 16 MiB that is not compressed the first byte.
	hostileBrotli = "\x4f\xff\xff\xff\xff\x00x"
	// hostileZstd has a window of 8 MiB, a block of one byte, and the beginning of another of 100 bytes.
	hostileZstd = "\x28\xb5\x2f\xfd\x00\x68\x0a\x00\x00x\x20\x03\x00yyyyyyyy"
)

func heap() int64 {
	runtime.GC()
	runtime.GC() // for what the first has only marked as free
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// stalled are bodies of which no more comes than this, by name; the names begin with the coding.
func stalled(t testing.TB) map[string]string {
	t.Helper()
	page := text(100_000)
	var br, two bytes.Buffer
	bw := brotli.NewWriterOptions(&br, brotli.WriterOptions{Quality: 5, LGWin: 22})
	zw, err := zstd.NewWriter(&two, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(2<<20))
	if err != nil {
		t.Fatal(err)
	}
	_, err1 := bw.Write(page)
	_, err2 := zw.Write(page[:1])
	err3 := zw.Flush() // now it does not know how much there will be
	_, err4 := zw.Write(page)
	if err := errors.Join(err1, err2, err3, err4, bw.Close(), zw.Close()); err != nil {
		t.Fatal(err)
	}
	cut := func(coded []byte) string { return string(coded[:len(coded)*9/10]) }
	return map[string]string{
		"br hostile": hostileBrotli, "br page": cut(br.Bytes()), "zstd hostile": hostileZstd, "zstd page": cut(two.Bytes()),
		"gzip page": cut(pack(t, "gzip", page)), "deflate page": cut(pack(t, "zlib", page)), "deflate bare": cut(pack(t, "bare", page)),
	}
}

// TestHolds: what a decoder says it holds is what the heap says, on the safe side: the inside of the modules is as it was
// when this was written. And what it wants before it goes on is no less than what it comes to hold then.
func TestHolds(t *testing.T) {
	for name, coded := range stalled(t) {
		l, err := Parse(string(bytes.Fields([]byte(name))[0]))
		if err != nil {
			t.Fatal(err)
		}
		var p Pool
		var all [8]*Decoder
		var leave int64 // that one of them would have got
		before := heap()
		for i := range all {
			d := p.Get(l, noLimit)
			all[i], leave = d, d.Holds()
			d.Feed([]byte(coded))
			for more := true; more; {
				if _, more, err = d.Next(); err != nil {
					t.Fatal(name, err)
				}
				leave += d.Wants()
			}
		}
		held := (heap() - before) / int64(len(all))
		says := all[0].Holds()
		t.Logf("%s: %d bytes hold %d KiB, and say %d KiB; leave is for %d KiB", name, len(coded), held>>10, says>>10, leave>>10)
		if says < held || says > held+held/5+128<<10 {
			t.Errorf("%s: it says that it holds %d bytes, and holds %d", name, says, held)
		}
		if name[:2] != "br" && (leave < says || leave > says+says/10) { // br does not ask
			t.Errorf("%s: it asks for leave to hold %d bytes, and says that it holds %d", name, leave, says)
		}
		for _, d := range all {
			d.Stop()
			p.Put(d)
		}
		for _, kept := range p.layers[brotliKind] {
			if kept.size() > keepBytes {
				t.Errorf("%s: a decompressor with %d bytes is kept", name, kept.size())
			}
		}
	}
}

// TestWants: zstd asks before it makes its window, once, and again for the next body only if that has a larger one.
func TestWants(t *testing.T) {
	var p Pool
	l, err := Parse("zstd")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{true, false} {
		d := p.Get(l, noLimit)
		before := d.Holds()
		d.Feed([]byte(hostileZstd))
		_, more, err := d.Next()
		if !want {
			d.Stop()
			if d.Wants() > 1<<10 || before < maxWindow {
				t.Errorf("it wants %d bytes for a window that it has, and holds %d", d.Wants(), before)
			}
			continue
		}
		if wants := d.Wants(); err != nil || !more || wants < maxWindow || d.Holds() > before+64<<10 {
			t.Errorf("it wants %d bytes, and holds %d already; more: %v, error %v", wants, d.Holds(), more, err)
		}
		if data, _, err := d.Next(); err != nil || string(data) != "x" || d.Wants() != 0 {
			t.Errorf("%q, %v, and it wants %d bytes", data, err, d.Wants())
		}
		d.Stop()
		p.Put(d)
	}
}
