package coding

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// TestWholeAndBytewise: every coding, of bodies of many sizes, in one piece, byte by byte and in between, which for what
// is long is not done at each step: a step takes a switch of coroutines, of which the race detector makes 10 µs.
func TestWholeAndBytewise(t *testing.T) {
	each(t, func(t *testing.T, writer, name string) {
		var p Pool
		for _, body := range [][]byte{{}, {0}, text(10), text(5_000), noise(5_000), text(150_000), noise(70_000), make([]byte, 500_000)} {
			coded := pack(t, writer, body)
			steps := []int{1, 2, 3, 7, 100, 4096, 1 << 30}
			if len(coded) > 10_000 {
				steps = []int{1, 100, 4096, 1 << 30}
			}
			for _, step := range steps {
				undo(t, &p, name, coded, step, noLimit).want(t, body, len(body), "in steps of", step)
			}
		}
	})
}

// TestStacked: all pairs, one of three and one of four.
func TestStacked(t *testing.T) {
	var p Pool
	body := text(40_000)
	stacks := [][]string{{"gzip", "br", "zstd"}, {"zstd", "bare", "br", "zlib"}, {"gzip", "gzip", "gzip", "gzip"}}
	for first := range writers() {
		for second := range writers() {
			stacks = append(stacks, []string{first, second})
		}
	}
	for _, stack := range stacks {
		coded, names := body, []string{}
		for _, writer := range stack {
			coded = pack(t, writer, coded)
			names = append(names, writers()[writer])
		}
		for _, step := range []int{1, 1000, 1 << 30} {
			undo(t, &p, strings.Join(names, ", "), coded, step, noLimit).want(t, body, stack, step)
		}
		for _, cut := range []int{1, len(coded) / 2, len(coded) - 1} {
			undo(t, &p, strings.Join(names, ","), coded[:cut], 64, noLimit).wantError(t, ErrTruncated, body, stack, "cut at", cut)
		}
	}
}

// TestTruncated: no beginning of a body is whole, but for none at all, which is what HEAD and 304 have.
func TestTruncated(t *testing.T) {
	each(t, func(t *testing.T, writer, name string) {
		var p Pool
		for _, body := range [][]byte{{}, text(1000), noise(100), make([]byte, 50_000)} {
			coded := pack(t, writer, body)
			for cut := 1; cut < len(coded); cut++ {
				for _, step := range []int{1, 1 << 30} {
					undo(t, &p, name, coded[:cut], step, noLimit).wantError(t, ErrTruncated, body, len(body), "cut at", cut)
				}
			}
			undo(t, &p, name, nil, 1, noLimit).want(t, nil, "no bytes")
		}
	})
}

// TestTruncatedBelow: where the coding that is undone first is whole and the next is not, that is found out too, and
// also where it is the other way round.
func TestTruncatedBelow(t *testing.T) {
	var p Pool
	body := text(400)
	for outer, name := range writers() {
		inner := pack(t, "gzip", body)
		for cut := range len(inner) {
			undo(t, &p, "gzip,"+name, pack(t, outer, inner[:cut]), 1<<30, noLimit).wantError(t, ErrTruncated, body, outer, cut)
		}
		for behind := range 40 {
			coded := pack(t, outer, append(slices.Clone(inner), noise(behind)...))
			undo(t, &p, "gzip,"+name, coded, 1<<30, noLimit).want(t, body, outer, "with garbage inside", behind)
			undo(t, &p, "gzip,"+name, coded[:len(coded)-1], 1<<30, noLimit).wantError(t, ErrTruncated, body, outer, behind)
		}
	}
}

// TestFlippedBits: a bit that is wrong makes an error or changes nothing. gzip, zlib and zstd have checksums; bare
// deflate and br have none, and there it has to end, with whatever.
func TestFlippedBits(t *testing.T) {
	each(t, func(t *testing.T, writer, name string) {
		var p Pool
		body := text(700)
		coded := pack(t, writer, body)
		wrong := 0
		for bit := range 8 * len(coded) {
			bad := slices.Clone(coded)
			bad[bit/8] ^= 1 << (bit % 8)
			r := undo(t, &p, name, bad, 1<<30, noLimit)
			if r.err != nil {
				wrong++
			} else if writer != "bare" && writer != "br" && !bytes.Equal(r.body, body) {
				t.Errorf("bit %d is wrong, and so is the body, and nobody says so", bit)
			}
			undo(t, &p, name, coded, 1<<30, noLimit).want(t, body, "after bit", bit)
		}
		if wrong < 2*len(coded) {
			t.Errorf("only %d of %d wrong bits made errors", wrong, 8*len(coded))
		}
	})
}

// TestNotCoded: a body that is not coded at all is no body.
func TestNotCoded(t *testing.T) {
	var p Pool
	for _, name := range []string{"gzip", "deflate", "br", "zstd"} {
		for _, body := range []string{"<!DOCTYPE html><html></html>\n", strings.Repeat("\xff", 100)} {
			undo(t, &p, name, []byte(body), 1, noLimit).wantError(t, ErrCorrupt, nil, name, body)
		}
	}
}

// TestMembers: several members of gzip and several frames of zstd are one body.
func TestMembers(t *testing.T) {
	var p Pool
	for _, name := range []string{"gzip", "zstd"} {
		one, two := pack(t, name, []byte("one ")), pack(t, name, []byte("two"))
		coded := slices.Concat(one, two)
		for cut := range len(coded) + 1 {
			for _, step := range []int{1, 1 << 30} {
				r := undo(t, &p, name, coded[:cut], step, noLimit)
				switch cut {
				case 0:
					r.want(t, nil)
				case len(one):
					r.want(t, []byte("one "))
				case len(coded):
					r.want(t, []byte("one two"))
				default:
					r.wantError(t, ErrTruncated, []byte("one two"), name, cut)
				}
			}
		}
		coded[len(one)+len(two)-3] ^= 1
		undo(t, &p, name, coded, 1, noLimit).wantError(t, ErrCorrupt, []byte("one two"), name, "second with a wrong checksum")
	}
}

// TestBehindTheEnd: garbage behind the end is left out, but not behind zstd: see layer.
func TestBehindTheEnd(t *testing.T) {
	var p Pool
	body := text(100)
	for writer, name := range writers() {
		for _, garbage := range []string{"\x00", strings.Repeat("\x00", 512), "garbage", "\r\n", strings.Repeat("x", 100_000)} {
			coded := append(pack(t, writer, body), garbage...)
			for _, step := range []int{1, 1 << 30} {
				r := undo(t, &p, name, coded, step, noLimit)
				if writer != "zstd" {
					r.want(t, body, writer, garbage)
				} else if r.err == nil {
					t.Errorf("zstd: %.10q behind the end is no error", garbage)
				}
			}
		}
	}
}

// TestParse: names as servers write them.
func TestParse(t *testing.T) {
	body := text(1000)
	var p Pool
	for field, stack := range map[string][]string{
		"gzip": {"gzip"}, "GZip": {"gzip"}, "x-gzip": {"gzip"}, " \tgzip ": {"gzip"}, "X-GZIP": {"gzip"}, "Deflate": {"zlib"}, "BR": {"br"}, "ZSTD": {"zstd"},
		"gzip, identity": {"gzip"}, "none,gzip": {"gzip"}, "gzip,": {"gzip"}, ",, gzip ,\t,br": {"gzip", "br"}, "deflate,gzip": {"bare", "gzip"},
	} {
		coded := body
		for _, writer := range stack {
			coded = pack(t, writer, coded)
		}
		undo(t, &p, field, coded, 1<<30, noLimit).want(t, body, field)
	}
	for _, field := range []string{"", "identity", "none", "NONE, Identity,", " "} {
		if l, err := Parse(field); err != nil || !l.Empty() {
			t.Errorf("%q: %v, %v, want nothing to undo", field, l, err)
		}
	}
	for field, kind := range map[string]error{
		"compress": ErrUnknown, "gzip;q=1": ErrUnknown, "gzip br": ErrUnknown, "utf-8": ErrUnknown, "\xff\x1b[2J": ErrUnknown, "gzip, rot13": ErrUnknown,
		"gzip,gzip,gzip,gzip": nil, "gzip,br,gzip,br,gzip": ErrStacked, strings.Repeat("gzip,", 1000): ErrStacked, strings.Repeat("x", 1000): ErrUnknown,
	} {
		_, err := Parse(field)
		if !errors.Is(err, kind) || err != nil && len(err.Error()) > 200 {
			t.Errorf("%.20q: error %v, want %v", field, err, kind)
		}
	}
	for name := range strings.SplitSeq(Accept, ",") {
		if l, err := Parse(name); err != nil || l.Empty() {
			t.Errorf("%q is asked for and not undone: %v", name, err)
		}
	}
}

// bomb is n bytes of zeros, packed.
func bomb(t testing.TB, writer string, n int) []byte {
	t.Helper()
	return pack(t, writer, make([]byte, n))
}

// TestBombMemory: a body of 16 MiB takes no more memory than the windows of its codings: of br here 4 MiB, which
// grew by doubling, of zstd 8 MiB.
func TestBombMemory(t *testing.T) {
	for writer, name := range writers() {
		coded := bomb(t, writer, 16<<20)
		l, err := Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		var p Pool
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d := p.Get(l, noLimit)
		d.coded = 1 << 40 // no ratio ends it
		n, err := count(d, coded, 1<<30)
		if d.Stop(); n != 16<<20 || err != nil {
			t.Fatalf("%s: %d bytes, %v", writer, n, err)
		}
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 12<<20 {
			t.Errorf("%s: %d bytes were allocated", writer, took)
		} else {
			t.Logf("%s: %d KiB were allocated", writer, took>>10)
		}
	}
}

// TestBombs: what unpacks to far more than it is ends as soon as that is known.
func TestBombs(t *testing.T) {
	for _, writer := range []string{"gzip", "zlib", "bare", "br", "zstd"} {
		name := writers()[writer]
		const limit = 5 << 20
		coded := bomb(t, writer, 2*limit)
		stacked := pack(t, "gzip", coded)
		var p Pool
		for _, c := range []struct {
			codings string
			coded   []byte
		}{{name, coded}, {name + ",gzip", stacked}} {
			for _, step := range []int{1, 100, 1 << 30} {
				r := undo(t, &p, c.codings, c.coded, step, limit)
				if !errors.Is(r.err, ErrRatio) && !errors.Is(r.err, ErrSize) || len(r.body) > limit {
					t.Errorf("%s, %d bytes in steps of %d: %d bytes, %v", c.codings, len(c.coded), step, len(r.body), r.err)
				}
				if ratio := len(r.body) / len(c.coded); len(r.body) > FreeBytes && ratio > MaxRatio {
					t.Errorf("%s: unpacked %d : 1", c.codings, ratio)
				}
			}
		}
		undo(t, &p, name, bomb(t, writer, FreeBytes), 1, noLimit).want(t, make([]byte, FreeBytes), writer, "that is none")
	}
}

// TestBombBelow: what is between two codings counts too. Here a few bytes unpack to many empty members.
func TestBombBelow(t *testing.T) {
	var p Pool
	members := bytes.Repeat(pack(t, "gzip", nil), 100_000)
	for _, writer := range []string{"br", "zstd"} {
		coded := pack(t, writer, members)
		undo(t, &p, "gzip,"+writers()[writer], coded, 1<<30, noLimit).wantError(t, ErrRatio, nil, writer)
	}
	coded := pack(t, "zlib", members[:1<<20])
	undo(t, &p, "gzip,deflate", coded, 1<<30, 1<<19).wantError(t, ErrSize, nil)
}

// TestCallsAreBounded: one call of Next does not unpack a bomb, also where nothing of it comes out.
func TestCallsAreBounded(t *testing.T) {
	var p Pool
	l, err := Parse("gzip, deflate")
	if err != nil {
		t.Fatal(err)
	}
	members := bytes.Repeat(pack(t, "gzip", nil), 50_000)
	d := p.Get(l, noLimit)
	defer d.Stop()
	d.Feed(pack(t, "zlib", members))
	calls, before := 0, int64(0)
	for more := true; more; calls++ {
		var err error
		if _, more, err = d.Next(); err != nil {
			t.Fatal(err)
		}
		if n := d.chain[0].count; n-before > maxWork+MaxStretch {
			t.Fatalf("one call unpacked %d bytes", n-before)
		} else {
			before = n
		}
	}
	if least := len(members) / (maxWork + MaxStretch); calls < least {
		t.Errorf("%d calls, want at least %d", calls, least)
	}
}

// TestLimit: a body of the limit passes, one byte more does not, and none of it is handed out beyond.
func TestLimit(t *testing.T) {
	each(t, func(t *testing.T, writer, name string) {
		var p Pool
		body := text(50_000)
		coded := pack(t, writer, body)
		for _, step := range []int{1, 1 << 30} {
			undo(t, &p, name, coded, step, 50_000).want(t, body, step)
			r := undo(t, &p, name, coded, step, 49_999)
			if r.wantError(t, ErrSize, body, step); len(r.body) > 49_999 {
				t.Errorf("%d bytes were handed out", len(r.body))
			}
		}
	})
}

// TestWindow: zstd with a window beyond what RFC 9659 allows is refused before it is made, streamed or in one segment.
func TestWindow(t *testing.T) {
	var p Pool
	for size, ok := range map[int]bool{zstd.MinWindowSize: true, 8 << 20: true, 16 << 20: false} {
		var b bytes.Buffer
		w, err := zstd.NewWriter(&b, zstd.WithWindowSize(size), zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		for range 40 { // so that the writer does not know how much it will be
			if _, err := w.Write(noise(1 << 16)); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(w.Flush(), w.Close()); err != nil {
			t.Fatal(err)
		}
		if r := undo(t, &p, "zstd", b.Bytes(), 1<<30, noLimit); ok != (r.err == nil) || !ok && !errors.Is(r.err, ErrCorrupt) {
			t.Errorf("window of %d: %v", size, r.err)
		}
	}
	const header, none = "\x28\xb5\x2f\xfd\x00", "\x01\x00\x00" // of a frame without anything, around its window
	undo(t, &p, "zstd", []byte(header+"\x00"+none), 1, noLimit).want(t, nil, "1 KiB")
	undo(t, &p, "zstd", []byte(header+"\x90"+none), 1, noLimit).wantError(t, ErrCorrupt, nil, "256 MiB")
	segment := []byte("\x28\xb5\x2f\xfd\xe0\x00\x00\x00\x40\x00\x00\x00\x00\x02\x00\x00") // 1 GiB in one segment
	undo(t, &p, "zstd", segment, 1, noLimit).wantError(t, ErrCorrupt, nil)
}

// failing is a layer that panics, or that returns an error of its own.
type failing struct{ err error }

func (f failing) reset(io.Reader, *Decoder) {}
func (f failing) size() int64               { return 0 }
func (f failing) Read([]byte) (int, error) {
	if f.err == nil {
		panic("index out of range\n[2]")
	}
	return 0, f.err
}

// TestPanic: a decompressor that panics makes an error, and is not used again.
func TestPanic(t *testing.T) {
	p := Pool{}
	p.layers[gzipKind] = []layer{failing{}}
	undo(t, &p, "gzip", []byte("x"), 1, noLimit).wantError(t, ErrPanic, nil)
	if len(p.layers[gzipKind]) != 0 || len(p.decoders) != 0 {
		t.Error("it is kept")
	}
	undo(t, &p, "gzip", pack(t, "gzip", []byte("body")), 1, noLimit).want(t, []byte("body"))
}

// TestStop: a decoder can be stopped anywhere, no coroutine is left, and its layers serve the next body.
func TestStop(t *testing.T) {
	each(t, func(t *testing.T, writer, name string) {
		body := text(100_000)
		coded := pack(t, writer, body)
		l, err := Parse(name + "," + name)
		if err != nil {
			t.Fatal(err)
		}
		twice := pack(t, writer, coded)
		var p Pool
		before := runtime.NumGoroutine()
		for at := 0; at < len(twice); at += 1 + at/8 {
			for calls := range 5 {
				d := p.Get(l, noLimit)
				d.Feed(twice[:at])
				for range calls {
					if _, _, err := d.Next(); err != nil {
						t.Fatal(err)
					}
				}
				d.Stop()
				if _, more, err := d.Next(); more || err == nil {
					t.Fatal("it goes on after it was stopped")
				}
				p.Put(d)
			}
			undo(t, &p, name+","+name, twice, 1<<30, noLimit).want(t, body, "after a stop at", at)
		}
		if n := runtime.NumGoroutine(); n > before {
			t.Errorf("%d goroutines, %d before", n, before)
		}
	})
}

// TestLockedThread: a body may belong to a locked thread, and the next to another or to none.
func TestLockedThread(t *testing.T) {
	var p Pool
	body := text(100_000)
	for i := range 4 {
		done := make(chan struct{})
		go func() {
			defer close(done)
			if i%2 == 0 {
				runtime.LockOSThread()
			}
			for writer, name := range writers() {
				undo(t, &p, name, pack(t, writer, body), 100, noLimit).want(t, body, writer)
			}
		}()
		<-done
	}
}

// TestPool: what is kept has a bound, and is used.
func TestPool(t *testing.T) {
	var p Pool
	l, err := Parse("gzip, br, zstd, deflate")
	if err != nil {
		t.Fatal(err)
	}
	var all []*Decoder
	for range 3 * keepDeflate {
		all = append(all, p.Get(l, noLimit))
	}
	for _, d := range all {
		d.Stop()
		p.Put(d)
	}
	got := fmt.Sprint(len(p.layers[gzipKind]), len(p.layers[deflateKind]), len(p.layers[brotliKind]), len(p.layers[zstdKind]), len(p.decoders))
	if want := fmt.Sprint(keepDeflate, keepDeflate, keepWindows, keepWindows, keepDeflate); got != want {
		t.Errorf("%s are kept, want %s", got, want)
	}
	if d := p.Get(l, noLimit); !slices.Contains(all, d) || len(p.layers[zstdKind]) != keepWindows-1 {
		t.Error("what is kept is not used")
	}
	p = Pool{}
	body := noise(keepBytes + 1)
	undo(t, &p, "br", pack(t, "br", body), 1<<30, noLimit).want(t, body)
	if len(p.layers[brotliKind]) != 0 {
		t.Error("the window of a large body is kept")
	}
}
