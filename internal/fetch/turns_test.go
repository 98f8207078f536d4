//go:build unix

package fetch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"crawl/internal/engine"
)

// digesting takes a body and has so much to do with it that it asks for turns of its own: one for each thousand bytes.
type digesting struct {
	got   []byte
	left  int // turns to ask for
	turns int // that were given
	fails error
	calls func(again bool)
}

func (d *digesting) take(p []byte) error {
	d.calls(p == nil)
	if p == nil {
		d.turns++
		d.left--
	} else {
		d.left += len(p)/1000 + 1
		d.got = append(d.got, p...)
	}
	switch {
	case d.fails != nil && d.turns == 3:
		return d.fails
	case d.left > 0:
		return ErrRest
	}
	return nil
}

// TestRest: who has more to do with a body than one turn should take gets further ones, in every framing, coded or not, before
// anything more is read; on the loop others have their turn between two of them. What it says last is what counts.
func TestRest(t *testing.T) {
	body := strings.Repeat("<p>something that takes its time to be read</p>\n", 3000)
	for _, framing := range framings() {
		for _, name := range []string{"", "gzip"} {
			coded, fields := body, ""
			if name != "" {
				coded, fields = pack(t, body, name), "Content-Encoding: "+name+"\r\n"
			}
			s := serve(t, sending([]string{framed(framing, fields, coded)}, 1<<30))
			onEach(t, func(t *testing.T, k kind) {
				e := k.engine(t)
				with(t, e, Options{Decode: true}, func(c client) error {
					checkRest(t, e, k, c, s.base+"/0", body)
					return nil
				})
			})
		}
	}
}

func checkRest(t *testing.T, e engine.Engine, k kind, c client, url, body string) {
	t.Helper()
	onLoop := strings.HasPrefix(k.name, "loop")
	turns, over := 0, false
	if onLoop {
		e.Go("other", func(ctx context.Context) error {
			for ; !over; turns++ {
				if err := e.Sleep(ctx, 0); err != nil {
					return err
				}
			}
			return nil
		})
	}
	last, again := 0, 0
	d := &digesting{}
	d.calls = func(rested bool) {
		if rested && onLoop && turns == last {
			again++
		}
		last = turns
	}
	v := c.do(url, Request{OnBody: d.take})
	if v.err != nil || string(d.got) != body || d.left > 0 || d.turns < len(body)/1000 {
		t.Errorf("%v; %d of %d bytes, %d turns left after %d", v.err, len(d.got), len(body), d.left, d.turns)
	}
	if again > 0 {
		t.Errorf("%d of %d turns came without one of another task", again, d.turns)
	}
	broken := errors.New("made up")
	d = &digesting{fails: broken, calls: func(bool) {}}
	if v := c.do(url, Request{OnBody: d.take}); !errors.Is(v.err, broken) || ClassOf(v.err) != Internal {
		t.Errorf("what has failed in its third turn: %v", fmt.Sprint(v.err))
	}
	over = true
}

// resting takes a body, and after its first stretch three turns of its own, of which it tells each.
func resting(told func(turn int)) func(p []byte) error {
	turn := 0
	return func(p []byte) error {
		if p == nil {
			turn++
			told(turn)
		}
		if turn < 3 {
			return ErrRest
		}
		return nil
	}
}

// TestRestTime: what turns take is not the server's time, whether all of the body is there already or not.
func TestRestTime(t *testing.T) {
	body := strings.Repeat("0123456789", 300)
	coded := pack(t, body, "gzip")
	for name, answer := range map[string][]string{
		"whole":  {framed("length", "", body)},
		"coded":  {framed("length", "Content-Encoding: gzip\r\n", coded)},
		"halves": {framed("length", "", body)[:200], framed("length", "", body)[200:]},
		"closed": {framed("close", "", body)[:200], framed("close", "", body)[200:]},
	} {
		t.Run(name, func(t *testing.T) {
			onEachAndThreads(t, func(t *testing.T, k kind) {
				rested := make(chan struct{})
				s := serve(t, func(p *peer) {
					p.request()
					for i, part := range answer {
						if i > 0 {
							select {
							case <-rested:
							case <-time.After(bound):
								t.Error("nobody has rested")
							}
						}
						p.send(part)
					}
					p.close()
				})
				e := newShifted(k.engine(t))
				with(t, e, Options{Decode: true, TotalTimeout: time.Hour}, func(c client) error {
					take := resting(func(turn int) {
						if e.advance(2 * time.Hour); turn == 3 {
							close(rested)
						}
					})
					c.do(s.base, Request{OnBody: take}).want(t, 200, body)
					return nil
				})
			})
		})
	}
}

// TestRestThenSilence: the server's time counts again when the turns are over.
func TestRestThenSilence(t *testing.T) {
	s := serve(t, func(p *peer) {
		p.request()
		p.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
		p.idle()
	})
	onEachAndThreads(t, func(t *testing.T, k kind) {
		with(t, hastily(punctual(k.engine(t))), Options{}, func(c client) error {
			c.do(s.base, Request{OnBody: resting(func(int) {})}).wantClass(t, TimeoutRead)
			return nil
		})
	})
}

// TestRestCancelled: a fetch that is cancelled while it takes turns ends there.
func TestRestCancelled(t *testing.T) {
	body := strings.Repeat("0123456789", 300)
	for _, answer := range []string{framed("length", "", body), framed("length", "Content-Encoding: gzip\r\n", pack(t, body, "gzip"))} {
		s := serve(t, answering(answer))
		onEachAndThreads(t, func(t *testing.T, k kind) {
			e := k.engine(t)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			raw := NewClient(e, Options{Decode: true})
			e.Go("test", func(ctx context.Context) error {
				defer raw.Close()
				turns := 0
				v := client{raw, t, ctx, e}.do(s.base, Request{OnBody: func([]byte) error {
					if turns++; turns == 3 {
						cancel()
					}
					return ErrRest
				}})
				if v.wantClass(t, Cancelled); turns < 3 {
					t.Errorf("it was cancelled after %d turns", turns)
				}
				return nil
			})
			if err := e.Run(ctx); err != nil {
				t.Error(err)
			}
			if raw.pool.open != 0 {
				t.Errorf("%d connections are left", raw.pool.open)
			}
		})
	}
}

// TestRestLimit: what was given before a limit is passed has its turns, and the class is that of the limit.
func TestRestLimit(t *testing.T) {
	body := strings.Repeat("0123456789", 300)
	for _, framing := range []string{"chunked", "close"} {
		for _, name := range []string{"", "gzip"} {
			coded, fields := body, ""
			if name != "" {
				coded, fields = pack(t, body, name), "Content-Encoding: "+name+"\r\n"
			}
			s := serve(t, sending([]string{framed(framing, fields, coded), framed("length", "", body[:2000])}, 1000))
			onEach(t, func(t *testing.T, k kind) {
				with(t, k.engine(t), Options{Decode: true, MaxBody: 2500}, func(c client) error {
					d := &digesting{calls: func(bool) {}}
					c.do(s.base+"/0", Request{OnBody: d.take}).wantClass(t, LimitBody)
					if d.left > 0 || name == "" && framing == "chunked" && d.turns == 0 {
						t.Errorf("%s %q: %d turns, %d left", framing, name, d.turns, d.left)
					}
					v := c.do(s.base+"/1", Request{OnBody: d.take})
					if v.want(t, 200, body[:2000]); v.Reused {
						t.Error("what is behind a limit is taken for an answer")
					}
					return nil
				})
			})
		}
	}
}

// TestRestReuses: a connection serves again after turns, and who has had some asks for none where there is no body.
func TestRestReuses(t *testing.T) {
	body := strings.Repeat("0123456789", 300)
	none := []string{
		"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n", framed("length", "", ""), framed("chunked", "", ""),
		framed("length", "Content-Encoding: gzip\r\n", ""), framed("chunked", "Content-Encoding: gzip\r\n", ""),
	}
	onEachWire(t, func(t *testing.T, k kind, w wire) {
		s := w.serve(t, sending(append([]string{framed("chunked", "", body)}, none...), 1<<30))
		with(t, k.engine(t), Options{Decode: true, TLS: w.client}, func(c client) error {
			for i := 1; i <= len(none); i++ {
				turns := 0
				v := c.do(s.base+"/0", Request{OnBody: resting(func(int) { turns++ })})
				if v.want(t, 200, body); turns != 3 || v.Reused != (i > 1) {
					t.Errorf("%d turns, reused %v", turns, v.Reused)
				}
				v = c.do(fmt.Sprint(s.base, "/", i), Request{OnBody: func(p []byte) error {
					t.Errorf("%q is given", p)
					return ErrRest
				}})
				if v.wantClass(t, OK); !v.Reused {
					t.Error("the connection does not serve again")
				}
			}
			return nil
		})
	})
}
