//go:build unix

package fetch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

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
