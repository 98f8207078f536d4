package coding

import (
	"bytes"
	stdflate "compress/flate"
	stdgzip "compress/gzip"
	stdzlib "compress/zlib"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// bound is how long a test waits for what must come. It takes that long only when something is broken.
const bound = 30 * time.Second

// TestMain checks what no single test can: that all of them together left no coroutine.
func TestMain(m *testing.M) {
	before := runtime.NumGoroutine()
	code := m.Run()
	if flag.Lookup("test.fuzz").Value.String() != "" { // which leaves goroutines of its own
		os.Exit(code)
	}
	for end := time.Now().Add(bound); code == 0 && runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(end) {
			fmt.Printf("FAIL: %d goroutines are left, of %d\n", runtime.NumGoroutine(), before)
			code = 1
		}
	}
	os.Exit(code)
}

// pack codes body, by the standard library or by the writers of the modules.
func pack(t testing.TB, name string, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	var err error
	switch name {
	case "gzip":
		w = stdgzip.NewWriter(&b)
	case "zlib":
		w = stdzlib.NewWriter(&b)
	case "bare":
		w, err = stdflate.NewWriter(&b, 6)
	case "br":
		w = brotli.NewWriterLevel(&b, 5)
	case "zstd":
		w, err = zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
	default:
		t.Fatalf("no writer %q", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write(body)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// writers are the codings that pack has, and what a server would call them.
func writers() map[string]string {
	return map[string]string{"gzip": "gzip", "zlib": "deflate", "bare": "deflate", "br": "br", "zstd": "zstd"}
}

// each runs a test for each of them.
func each(t *testing.T, test func(t *testing.T, writer, name string)) {
	for writer, name := range writers() {
		t.Run(writer, func(t *testing.T) { test(t, writer, name) })
	}
}

// result is what came of a body.
type result struct {
	body []byte
	err  error
}

const noLimit = 1 << 40

// undo decodes coded, fed step bytes at a time, with decoders of p.
func undo(t testing.TB, p *Pool, codings string, coded []byte, step int, limit int64) result {
	t.Helper()
	l, err := Parse(codings)
	if err != nil {
		return result{err: err}
	}
	d := p.Get(l, limit)
	r := feed(t, d, coded, step)
	d.Stop()
	p.Put(d)
	return r
}

func feed(t testing.TB, d *Decoder, coded []byte, step int) (r result) {
	t.Helper()
	for len(coded) > 0 && r.err == nil {
		n := min(step, len(coded))
		piece := bytes.Clone(coded[:n])
		d.Feed(piece)
		coded = coded[n:]
		r.drain(t, d)
		clear(piece) // it was not to be needed any more
	}
	if r.err == nil {
		d.End()
		r.drain(t, d)
	}
	return r
}

// drain takes what the decoder has.
func (r *result) drain(t testing.TB, d *Decoder) {
	t.Helper()
	for more := true; more && r.err == nil; {
		var data []byte
		if data, more, r.err = d.Next(); len(data) > MaxStretch {
			t.Errorf("a stretch of %d bytes", len(data))
		}
		r.body = append(r.body, data...)
	}
}

// want checks a body that has to be whole.
func (r result) want(t testing.TB, body []byte, what ...any) {
	t.Helper()
	if r.err != nil || !bytes.Equal(r.body, body) {
		t.Errorf("%v: %d bytes %.40q, %v, want %d bytes %.40q", what, len(r.body), r.body, r.err, len(body), body)
	}
}

// wantError checks one that must not, and that what came before the error is right.
func (r result) wantError(t testing.TB, kind error, body []byte, what ...any) {
	t.Helper()
	if !errors.Is(r.err, kind) {
		t.Errorf("%v: error %v, want %v", what, r.err, kind)
	}
	if r.err != nil && (strings.ContainsAny(r.err.Error(), "\r\n") || r.err.Error() == "") {
		t.Errorf("%v: the error is not one line: %q", what, r.err)
	}
	if !bytes.HasPrefix(body, r.body) {
		t.Errorf("%v: %d bytes that are not the beginning of the body", what, len(r.body))
	}
}

// text is n bytes that pack as a page does.
func text(n int) []byte {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	words := strings.Fields("the quick <b>brown</b> fox jumps over a lazy dog <a href=/p/ > &amp; class= div span")
	var b []byte
	for len(b) < n {
		b = append(b, words[rng.IntN(len(words))]...)
		b = append(b, ' ', byte('a'+rng.IntN(26)))
	}
	return b[:n]
}

// noise is n bytes that do not pack.
func noise(n int) []byte {
	b := make([]byte, n)
	rng := rand.NewChaCha8([32]byte{byte(n)})
	rng.Read(b)
	return b
}
