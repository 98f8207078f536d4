//go:build unix

package fetch

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"crawl/internal/coding"
	"crawl/internal/engine"
	"crawl/internal/link"
)

// pack codes body with one coding after the other; "bare" is deflate without the wrapping of zlib.
func pack(t testing.TB, body string, writers ...string) string {
	t.Helper()
	for _, name := range writers {
		var b strings.Builder
		var w io.WriteCloser
		var err error
		switch name {
		case "gzip":
			w = gzip.NewWriter(&b)
		case "deflate":
			w = zlib.NewWriter(&b)
		case "bare":
			w, err = flate.NewWriter(&b, 6)
		case "br":
			w = brotli.NewWriter(&b)
		case "zstd":
			w, err = zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.WriteString(w, body)
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		body = b.String()
	}
	return body
}

// framings are the ways to send a body; the last ends with the connection.
func framings() []string { return []string{"length", "chunked", "close"} }

// framed is a response with fields and body.
func framed(framing, fields, body string) string {
	switch framing {
	case "length":
		return fmt.Sprintf("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s", fields, len(body), body)
	case "chunked":
		var b strings.Builder
		fmt.Fprintf(&b, "HTTP/1.1 200 OK\r\n%sTransfer-Encoding: chunked\r\n\r\n", fields)
		for part := range slices.Chunk([]byte(body), 1000) {
			fmt.Fprintf(&b, "%x\r\n%s\r\n", len(part), part)
		}
		return b.String() + "0\r\n\r\n"
	}
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nConnection: close\r\n%s\r\n%s", fields, body)
}

// sending is a script: every request gets the answer of that index in its path, in writes of step bytes.
func sending(answers []string, step int) func(p *peer) {
	return func(p *peer) {
		for req := p.request(); req != nil; req = p.request() {
			var i int
			if _, err := fmt.Sscanf(req.URL.Path, "/%d", &i); err != nil {
				return
			}
			for part := range slices.Chunk([]byte(answers[i]), step) {
				if _, err := p.Write(part); err != nil {
					return
				}
			}
			if strings.Contains(answers[i], "Connection: close") {
				p.close()
				return
			}
		}
	}
}

// onEachAndThreads is onEach with the engine whose tasks are locked threads: a coroutine is made and resumed there, too.
func onEachAndThreads(t *testing.T, test func(t *testing.T, k kind)) {
	t.Helper()
	onEach(t, test)
	k := kind{"threads", engine.NewThreads}
	t.Run(k.name, func(t *testing.T) { test(t, k) })
}

// TestDecode: every coding and a stack of them, in every framing, whole and in small writes, on every engine; the
// connection serves the next request, and a response without a coding in between is what it is.
func TestDecode(t *testing.T) {
	body := strings.Repeat("<p>a page that is well worth its compression</p>\n", 400)
	type want struct{ name, coded string }
	var wants []want
	for _, stack := range [][]string{{"gzip"}, {"deflate"}, {"bare"}, {"br"}, {"zstd"}, {"gzip", "br"}, {"zstd", "deflate", "gzip", "br"}, {}} {
		name := strings.ReplaceAll(strings.Join(stack, ", "), "bare", "deflate")
		wants = append(wants, want{name, pack(t, body, stack...)})
	}
	for _, step := range []int{1 << 30, 7} {
		for _, framing := range framings() {
			var answers []string
			for _, w := range wants {
				fields := ""
				if w.name != "" {
					fields = "Content-Encoding: " + strings.ToUpper(w.name) + "\r\n"
				}
				answers = append(answers, framed(framing, fields, w.coded))
			}
			s := serve(t, sending(answers, step))
			onEachAndThreads(t, func(t *testing.T, k kind) {
				before := s.conns.Load()
				with(t, k.engine(t), Options{Decode: true}, func(c client) error {
					for i, w := range wants {
						v := c.get(fmt.Sprintf("%s/%d", s.base, i))
						v.want(t, 200, body)
						decoded := int64(len(body))
						if w.name == "" {
							decoded = 0
						}
						if v.Coding() != w.name || v.BytesBody != int64(len(w.coded)) || v.BytesDecoded() != decoded {
							t.Errorf("%s by %s: coding %q, %d bytes, %d decoded; want %d, %d", w.name, framing, v.Coding(), v.BytesBody, v.BytesDecoded(), len(w.coded), decoded)
						}
					}
					return nil
				})
				if n := s.conns.Load() - before; framing != "close" && n != 1 {
					t.Errorf("%d connections for requests one after the other", n)
				}
			})
		}
	}
}

// TestDecodeOff: without Decode the body is as it comes, whatever its coding is called, and the coding is told.
func TestDecodeOff(t *testing.T) {
	coded := pack(t, "hello", "gzip")
	s := serve(t, answering(framed("length", "Content-Encoding: X-Gzip\r\nContent-Encoding: rot13\r\n", coded)))
	onEach(t, func(t *testing.T, k kind) {
		with(t, k.engine(t), Options{}, func(c client) error {
			v := c.get(s.base)
			if v.want(t, 200, coded); v.Coding() != "x-gzip, rot13" {
				t.Errorf("coding %q", v.Coding())
			}
			return nil
		})
	})
}

// TestNothingToDecode: where there is no body, a part of one, or a coding that is none, nothing is decoded, and nothing
// that the coding is called is an error.
func TestNothingToDecode(t *testing.T) {
	none, gz := "Content-Encoding: rot13\r\n", "Content-Encoding: gzip\r\n"
	for _, tt := range []struct {
		name, method, answer string
		status               int
		body                 string
	}{
		{"HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n" + none + "\r\n", 200, ""},
		{"204", "GET", "HTTP/1.1 204 No Content\r\n" + none + "\r\n", 204, ""},
		{"304", "GET", "HTTP/1.1 304 Not Modified\r\n" + gz + "\r\n", 304, ""},
		{"no bytes", "GET", framed("length", none, ""), 200, ""},
		{"no bytes in chunks", "GET", framed("chunked", gz, ""), 200, ""},
		{"no bytes until the end", "GET", framed("close", gz, ""), 200, ""},
		{"part", "GET", "HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\n" + gz + "\r\npart", 206, "part"},
		{"identity", "GET", framed("length", "Content-Encoding: identity\r\n", "hello"), 200, "hello"},
		{"none", "GET", framed("length", "Content-Encoding: none\r\n", "hello"), 200, "hello"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, func(p *peer) {
				p.request()
				p.send(tt.answer)
				p.close()
			})
			onEach(t, func(t *testing.T, k kind) {
				with(t, k.engine(t), Options{Decode: true}, func(c client) error {
					c.do(s.base, Request{Method: tt.method}).want(t, tt.status, tt.body)
					return nil
				})
			})
		})
	}
}

// TestDecodeErrors: what is wrong with a coded body has its class and ends the connection, or else what comes
// behind would be taken for an answer; the next fetch goes well with the same decoders.
func TestDecodeErrors(t *testing.T) {
	body := strings.Repeat("0123456789", 5000)
	good := framed("length", "Content-Encoding: gzip\r\n", pack(t, body, "gzip"))
	for _, name := range []string{"gzip", "deflate", "br", "zstd"} {
		coded := pack(t, body, name)
		fields := "Content-Encoding: " + name + "\r\n"
		for _, framing := range framings() {
			early := ProtocolCoding
			if framing == "close" {
				early = ProtocolTruncated
			}
			classes := []Class{early, early, ProtocolCoding, OK}
			answers := []string{
				framed(framing, fields, coded[:len(coded)-1]), framed(framing, fields, coded[:1]),
				framed(framing, fields, "<html>no coding at all</html>"), good,
			}
			s := serve(t, sending(answers, 1<<30))
			onEachAndThreads(t, func(t *testing.T, k kind) {
				with(t, k.engine(t), Options{Decode: true}, func(c client) error {
					for range 3 {
						for i, class := range classes {
							v := c.get(fmt.Sprintf("%s/%d", s.base, i))
							if v.wantClass(t, class); !strings.HasPrefix(body, string(v.body)) {
								t.Errorf("%s: %d bytes that are none of the body", name, len(v.body))
							}
						}
					}
					return nil
				})
			})
		}
	}
}

// TestBomb: a bomb ends with its class, hands out little, and others have their turn meanwhile.
func TestBomb(t *testing.T) {
	zeros := strings.Repeat("\x00", 12<<20)
	for _, stack := range [][]string{{"gzip"}, {"br"}, {"zstd"}, {"deflate", "gzip"}, {"zstd", "br"}} {
		t.Run(strings.Join(stack, ","), func(t *testing.T) {
			fields := "Content-Encoding: " + strings.Join(stack, ",") + "\r\n"
			coded := pack(t, zeros, stack...)
			s := serve(t, answering(framed("length", fields, coded)))
			onEach(t, func(t *testing.T, k kind) {
				e := k.engine(t)
				with(t, e, Options{Decode: true, MaxBody: 4 << 20}, func(c client) error {
					var turns atomic.Int64
					var over atomic.Bool
					e.Go("other", func(ctx context.Context) error {
						for ; !over.Load(); turns.Add(1) {
							if err := e.Sleep(ctx, 0); err != nil {
								return err
							}
						}
						return nil
					})
					before := turns.Load()
					v := c.get(s.base)
					if class := ClassOf(v.err); class != LimitCoding && class != LimitBody || v.BytesDecoded() > 4<<20 {
						t.Errorf("%s, %d bytes: %v", class, v.BytesDecoded(), v.err)
					}
					if k.name != "goroutine" && v.BytesDecoded() > 2<<20 && turns.Load()-before < v.BytesDecoded()/turnBytes/2 {
						t.Errorf("another task had %d turns while %d bytes were decoded", turns.Load()-before, v.BytesDecoded())
					}
					over.Store(true)
					return nil
				})
			})
		})
	}
}

// TestDecodedLimit: MaxBody holds for the decoded body, to the byte.
func TestDecodedLimit(t *testing.T) {
	body := strings.Repeat("0123456789", 2000)
	s := serve(t, answering(framed("chunked", "Content-Encoding: gzip\r\n", pack(t, body, "gzip"))))
	onEach(t, func(t *testing.T, k kind) {
		for limit, class := range map[int64]Class{20_000: OK, 19_999: LimitBody} {
			with(t, k.engine(t), Options{Decode: true, MaxBody: limit}, func(c client) error {
				v := c.get(s.base)
				if v.wantClass(t, class); int64(len(v.body)) > limit {
					t.Errorf("%d bytes were passed on", len(v.body))
				}
				return nil
			})
		}
	})
}

// TestDecodingStops: wherever a fetch of a coded body ends (by an error of OnBody, by a reset, by its cancellation,
// by its time limit while it is decoded), nothing is left of its decoding, and its decoder serves again.
func TestDecodingStops(t *testing.T) {
	body := strings.Repeat("0123456789abcdef", 1<<16)
	coded := pack(t, body, "gzip")
	whole := framed("length", "Content-Encoding: gzip\r\n", coded)
	half := whole[:len(whole)/2]
	s := serve(t, func(p *peer) {
		for req := p.request(); req != nil; req = p.request() {
			switch req.URL.Path {
			case "/reset":
				p.send(half)
				p.reset()
				return
			case "/stall":
				p.send(half)
				p.idle()
				return
			}
			p.send(whole)
		}
	})
	onEachAndThreads(t, func(t *testing.T, k kind) {
		e := newShifted(k.engine(t))
		before := runtime.NumGoroutine()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		raw := NewClient(e, Options{Decode: true, TotalTimeout: time.Hour})
		e.Go("test", func(ctx context.Context) error {
			defer raw.Close()
			c := client{raw, t, ctx, e}
			for range 3 {
				c.do(s.base+"/", Request{OnBody: func([]byte) error { return fail(Input, errBoom) }}).wantClass(t, Input)
				c.get(s.base+"/reset").wantClass(t, ClosedReset)
				late := c.do(s.base+"/", Request{OnBody: func([]byte) error { e.advance(2 * time.Hour); return nil }})
				late.wantClass(t, TimeoutTotal)
				c.get(s.base+"/").want(t, 200, body)
			}
			c.do(s.base+"/stall", Request{OnBody: func([]byte) error { cancel(); return nil }}).wantClass(t, Cancelled)
			return nil
		})
		if err := e.Run(ctx); err != nil {
			t.Error(err)
		}
		for end := time.Now().Add(bound); runtime.NumGoroutine() > before+2; runtime.Gosched() { // the peer's own
			if time.Now().After(end) {
				t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
			}
		}
		list, err := coding.Parse("gzip")
		if err != nil {
			t.Fatal(err)
		}
		d := raw.decoders.Get(list, 1<<30)
		d.Feed([]byte(coded))
		n := 0
		for more := true; more && err == nil; {
			var data []byte
			data, more, err = d.Next()
			n += len(data)
		}
		if d.Stop(); err != nil || n != len(body) {
			t.Errorf("what was kept makes %d bytes, %v", n, err)
		}
	})
}

// lending is an engine that shows its last connection.
type lending struct {
	engine.Engine
	last *net.Conn
}

func (l lending) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := l.Engine.DialContext(ctx, network, address)
	*l.last = c
	return c, err
}

// TestPanicStopsDecoding: a panic of OnBody, at once or in a turn of its own, ends the engine, and leaves no coroutine.
func TestPanicStopsDecoding(t *testing.T) {
	s := serve(t, answering(framed("length", "Content-Encoding: br\r\n", pack(t, strings.Repeat("hello", 100_000), "br"))))
	for _, rests := range []bool{false, true} {
		onEach(t, func(t *testing.T, k kind) {
			e := lending{k.engine(t), new(net.Conn)}
			c := NewClient(e, Options{Decode: true})
			u, err := link.Parse(s.base)
			if err != nil {
				t.Fatal(err)
			}
			goroutines := runtime.NumGoroutine()
			e.Go("test", func(ctx context.Context) error {
				return c.Do(ctx, &Request{URL: &u, OnBody: func(p []byte) error {
					if rests && p != nil {
						return ErrRest
					}
					(*e.last).Close() // nobody else does, after a panic
					panic("boom")
				}}, &Response{})
			})
			var p *engine.PanicError
			if err := e.Run(t.Context()); !errors.As(err, &p) {
				t.Errorf("%v, want a panic", err)
			}
			for end := time.Now().Add(bound); runtime.NumGoroutine() > goroutines; runtime.Gosched() {
				if time.Now().After(end) {
					t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), goroutines)
				}
			}
		})
	}
}

// TestFlowDecoding: curl's own cases about decoding end as curl says: its error 61 is a class of codings, and what it
// prints ends with the decoded body.
func TestFlowDecoding(t *testing.T) {
	cases := flows(t, true)
	if len(cases) != 4 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, tt := range cases {
		for _, step := range []int{1 << 30, 1} {
			s := serve(t, func(p *peer) {
				p.request()
				for part := range slices.Chunk(tt.Replies["0"], step) {
					if _, err := p.Write(part); err != nil {
						return
					}
				}
				p.close()
			})
			onEach(t, func(t *testing.T, k kind) {
				with(t, k.engine(t), Options{Decode: true}, func(c client) error {
					v := c.get(s.base + "/" + tt.ID)
					switch class := ClassOf(v.err); tt.Code {
					case 61:
						if class != ProtocolCoding {
							t.Errorf("%s: %s, %v, want %s", tt.ID, class, v.err, ProtocolCoding)
						}
					case 0:
						if class != OK || len(v.body) == 0 || !bytes.HasSuffix(tt.Output, v.body) || !bytes.HasSuffix(bytes.TrimSuffix(tt.Output, v.body), []byte("\n")) {
							t.Errorf("%s: %v, %q, want the end of %q", tt.ID, v.err, v.body, tt.Output)
						}
					default:
						t.Errorf("%s: error %d of curl has no meaning here", tt.ID, tt.Code)
					}
					return nil
				})
			})
		}
	}
}
