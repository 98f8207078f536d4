package coding

import (
	"bytes"
	stdflate "compress/flate"
	stdgzip "compress/gzip"
	stdzlib "compress/zlib"
	"errors"
	"io"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// oracles undo a coding by the standard library, or, where it has none, by the module in one go.
func oracles() map[string]func(r io.Reader) (io.Reader, error) {
	return map[string]func(r io.Reader) (io.Reader, error){
		"gzip": func(r io.Reader) (io.Reader, error) { return stdgzip.NewReader(r) },
		"deflate": func(r io.Reader) (io.Reader, error) {
			coded, err := io.ReadAll(r)
			if err != nil {
				return nil, err
			}
			if z, err := stdzlib.NewReader(bytes.NewReader(coded)); !errors.Is(err, stdzlib.ErrHeader) {
				return z, err
			}
			return stdflate.NewReader(bytes.NewReader(coded)), nil
		},
		"br": func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
		"zstd": func(r io.Reader) (io.Reader, error) {
			return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		},
	}
}

// FuzzDecoder: whatever the bytes are and wherever they are split, there is the same result; and what the standard
// library takes for whole is whole here, with the same bytes. (Not the other way round: garbage behind the end is
// an error to gzip of the standard library.)
func FuzzDecoder(f *testing.F) {
	names := []string{"gzip", "deflate", "br", "zstd", "deflate, gzip", "gzip, br", "zstd, zstd"}
	for i, name := range []string{"gzip", "zlib", "br", "zstd"} {
		for _, body := range [][]byte{{}, []byte("hello"), text(600), make([]byte, 5000)} {
			f.Add(uint8(i), uint16(1), pack(f, name, body))
			f.Add(uint8(i), uint16(7), append(pack(f, name, body), pack(f, name, body)...))
			f.Add(uint8(i), uint16(9), append(pack(f, name, body), "garbage"...))
		}
	}
	f.Add(uint8(1), uint16(3), pack(f, "bare", text(300)))
	f.Add(uint8(4), uint16(3), pack(f, "gzip", pack(f, "bare", text(300))))
	f.Add(uint8(5), uint16(3), pack(f, "br", pack(f, "gzip", text(300))))
	f.Add(uint8(6), uint16(3), pack(f, "zstd", pack(f, "zstd", text(300))))
	var p Pool // the same decoders for all, so that what is left of one body would show in the next
	f.Fuzz(func(t *testing.T, which uint8, step uint16, coded []byte) {
		const limit = 4 << 20
		name := names[int(which)%len(names)]
		whole := undo(t, &p, name, coded, 1<<30, limit)
		split := undo(t, &p, name, coded, 1+int(step), limit)
		if errors.Is(whole.err, ErrPanic) || errors.Is(whole.err, errStopped) {
			t.Fatal(whole.err)
		}
		if isLimit(whole.err) || isLimit(split.err) {
			return // what has arrived is part of it
		}
		if (whole.err == nil) != (split.err == nil) || whole.err == nil && !bytes.Equal(whole.body, split.body) {
			t.Fatalf("%s: whole %d bytes, %v; in steps of %d %d bytes, %v", name, len(whole.body), whole.err, 1+int(step), len(split.body), split.err)
		}
		oracle, ok := oracles()[name]
		if !ok || len(coded) == 0 {
			return
		}
		var want []byte
		r, err := oracle(bytes.NewReader(coded))
		if err == nil {
			want, err = io.ReadAll(io.LimitReader(r, limit))
		}
		if name == "gzip" && reservedFlags(coded) {
			return // an error by RFC 1952 section 2.3.1.2, which the standard library lets pass
		}
		if err == nil && (whole.err != nil || !bytes.Equal(whole.body, want)) {
			t.Fatalf("%s: %d bytes, %v; the oracle has %d bytes", name, len(whole.body), whole.err, len(want))
		}
		if len(whole.body) > 0 && len(want) > 0 && !bytes.HasPrefix(want, whole.body) && !bytes.HasPrefix(whole.body, want) {
			t.Fatalf("%s: other bytes than the oracle's", name)
		}
	})
}

// reservedFlags reports whether there may be a gzip header with flags that have no meaning yet.
func reservedFlags(coded []byte) bool {
	for i := 0; i+3 < len(coded); i++ {
		if coded[i] == 0x1f && coded[i+1] == 0x8b && coded[i+2] == 8 && coded[i+3]&0xe0 != 0 {
			return true
		}
	}
	return false
}

func isLimit(err error) bool { return errors.Is(err, ErrSize) || errors.Is(err, ErrRatio) }
