//go:build unix

package fetch

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

// What a hostile server sends before it stalls: of br a window of 16 MiB, and of a block of 16 MiB the first byte; of
// zstd a window of 8 MiB, a block of a byte, and the beginning of another.
const (
	stalledBrotli = "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1000\r\n\r\n\x4f\xff\xff\xff\xff\x00x"
	stalledZstd   = "HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 1000\r\n\r\n\x28\xb5\x2f\xfd\x00\x68\x0a\x00\x00x\x20\x03\x00yyyyyyyy"
)

// hostile answers /br and /zstd with the beginning of such a body, /page with a page.
func hostile(page string) func(p *peer) {
	return func(p *peer) {
		for req := p.request(); req != nil; req = p.request() {
			switch req.URL.Path {
			case "/br":
				p.send(stalledBrotli)
			case "/zstd":
				p.send(stalledZstd)
			default:
				p.send(page)
			}
		}
	}
}

// resting is how many bodies wait for memory, and how many hold a window.
func (m *memory) resting() (waiting int, held int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.waiting), m.held
}

func heapInUse() int64 {
	runtime.GC()
	runtime.GC() // for what the first has only marked as free
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// usualZstd packs as servers do that do not know how long the body will be: with a window of 2 MiB.
func usualZstd(t testing.TB, body string) string {
	t.Helper()
	var b strings.Builder
	w, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(2<<20))
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write([]byte(body[:1]))
	err = errors.Join(err, w.Flush())
	_, err2 := w.Write([]byte(body[1:]))
	if err := errors.Join(err, err2, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestDecodeMemory: a thousand bodies that stall, of whose windows each would be 8 or 16 MiB, hold together no more than
// they may; each ends, by its own time limit or because there is no room, which is our fault; and pages go through
// meanwhile and afterwards, in every coding.
func TestDecodeMemory(t *testing.T) {
	const (
		bodies = 1000
		brs    = 50                  // of these; each is a new window, so that more of them would only take longer
		rest   = bodies * (96 << 10) // connections, buffers of those that wait, the server's ends
		most   = DefaultDecodeMemory // of windows
		window = 8 << 20             // of one that stalls
	)
	body := strings.Repeat("<p>a page that is well worth its compression</p>\n", 4000)
	onEach(t, func(t *testing.T, k kind) {
		s := serve(t, hostile(framed("chunked", "Content-Encoding: br\r\n", pack(t, body, "br"))))
		var others []*server
		for _, coding := range []string{"gzip", "deflate", "br", "zstd"} {
			coded := pack(t, body, coding)
			if coding == "zstd" {
				coded = usualZstd(t, body)
			}
			others = append(others, serve(t, hostile(framed("chunked", "Content-Encoding: "+coding+"\r\n", coded))))
		}
		e := k.engine(t)
		var pressed, over atomic.Int64
		var ended [2]atomic.Int64 // by the server's silence, and for want of memory
		c := NewClient(e, Options{Decode: true, MaxConns: 2 * bodies, Timeout: 4 * time.Second, OnPressure: func(Class) { pressed.Add(1) }})
		before := heapInUse()
		pages := func(ctx context.Context) {
			for _, o := range others {
				client{c, t, ctx, e}.get(o.base+"/page").want(t, 200, body)
			}
		}
		for i := range bodies {
			e.Go("fetcher", func(ctx context.Context) error {
				defer over.Add(1)
				path := "/zstd"
				if i < brs {
					path = "/br"
				}
				v := client{c, t, ctx, e}.get(s.base + path)
				switch class := ClassOf(v.err); class {
				case TimeoutRead, LocalLate: // the latter where the machine is slow
					ended[0].Add(1)
				case LocalMemory:
					ended[1].Add(1)
				default:
					t.Errorf("%s: %s, %v", path, class, v.err)
				}
				return nil
			})
		}
		run(t, e, func(ctx context.Context) error {
			defer c.Close()
			for { // until each of them waits, has its window, or is over
				waiting, held := c.memory.resting()
				if int64(waiting)+held/window+over.Load() >= bodies-brs/10 {
					break
				}
				if err := e.Sleep(ctx, time.Millisecond); err != nil {
					return err
				}
			}
			_, held := c.memory.resting()
			now := heapInUse() - before
			t.Logf("%d MiB are counted, %d MiB of heap", held>>20, now>>20)
			if held > most || now > most+rest {
				t.Errorf("%d bytes are counted, and the heap has %d more than before; at most %d and %d are allowed", held, now, int64(most), int64(most+rest))
			}
			pages(ctx)
			for over.Load() < bodies {
				if err := e.Sleep(ctx, time.Millisecond); err != nil {
					return err
				}
			}
			pages(ctx)
			return nil
		})
		if ended[0].Load() == 0 || ended[1].Load() == 0 || pressed.Load() == 0 {
			t.Errorf("%d ended by silence, %d for want of memory, and %d waited", ended[0].Load(), ended[1].Load(), pressed.Load())
		}
		if waiting, held := c.memory.resting(); waiting != 0 || held != 0 {
			t.Errorf("%d wait and %d bytes are held at the end", waiting, held)
		}
	})
}

// TestDecodeMemoryTurns: bodies that have to wait for room get it, one after the other, also when it is less than any of
// them needs: one alone always goes through. No body is whole before all have been asked for.
func TestDecodeMemoryTurns(t *testing.T) {
	const bodies = 50
	body := strings.Repeat("0123456789abcdef", 1<<14)
	for _, coding := range []string{"gzip", "zstd", "br"} {
		t.Run(coding, func(t *testing.T) {
			answer := framed("length", "Content-Encoding: "+coding+"\r\n", pack(t, body, coding))
			onEachAndThreads(t, func(t *testing.T, k kind) {
				e := k.engine(t)
				c := NewClient(e, Options{Decode: true, DecodeMemory: 1})
				s := serve(t, func(p *peer) {
					p.request()
					p.send(answer[:len(answer)-1])
					for end := time.Now().Add(bound); p.server.conns.Load() < bodies && time.Now().Before(end); runtime.Gosched() {
					}
					p.send(answer[len(answer)-1:])
				})
				var whole atomic.Int64
				for range bodies {
					e.Go("fetcher", func(ctx context.Context) error {
						client{c, t, ctx, e}.get(s.base).want(t, 200, body)
						if whole.Add(1) == bodies {
							c.Close()
						}
						return nil
					})
				}
				run(t, e, func(context.Context) error { return nil })
				if waiting, held := c.memory.resting(); whole.Load() != bodies || waiting != 0 || held != 0 {
					t.Errorf("%d are whole, %d wait, %d bytes are held", whole.Load(), waiting, held)
				}
			})
		})
	}
}

// TestDecodeMemoryCancelled: a fetch that is cancelled in line leaves it, and a body whose time for the whole fetch ends
// there says that it is our fault.
func TestDecodeMemoryCancelled(t *testing.T) {
	s := serve(t, hostile(hello))
	onEach(t, func(t *testing.T, k kind) {
		e := k.engine(t)
		patient := NewClient(e, Options{Decode: true, DecodeMemory: 1})
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		for range 2 { // one has it, the other waits
			e.Go("fetcher", func(ctx context.Context) error {
				client{patient, t, ctx, e}.get(s.base+"/zstd").wantClass(t, Cancelled)
				return nil
			})
		}
		e.Go("test", func(ctx context.Context) error {
			defer cancel()
			defer patient.Close()
			for end := time.Now().Add(bound); ; {
				if waiting, _ := patient.memory.resting(); waiting == 1 {
					break
				}
				if time.Now().After(end) {
					return fmt.Errorf("nobody waits after %v", bound)
				}
				if err := e.Sleep(ctx, time.Millisecond); err != nil {
					return err
				}
			}
			for total := 50 * time.Millisecond; ; total *= 2 {
				hasty := NewClient(e, Options{Decode: true, TotalTimeout: total})
				hasty.memory = patient.memory
				v := client{hasty, t, ctx, e}.get(s.base + "/zstd")
				hasty.Close()
				if class := ClassOf(v.err); (class == TimeoutTotal || class == LocalLate) && total < bound {
					continue // the machine is so slow that it did not even get into line
				}
				if v.wantClass(t, LocalMemory); !strings.Contains(fmt.Sprint(v.err), `"zstd"`) {
					t.Error(v.err)
				}
				return nil
			}
		})
		if err := e.Run(ctx); err != nil {
			t.Error(err)
		}
		if waiting, held := patient.memory.resting(); waiting != 0 || held != 0 {
			t.Errorf("%d wait and %d bytes are held at the end", waiting, held)
		}
	})
}
