package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"crawl/internal/engine"
)

// What it takes to undo a content coding is up to the server: nine bytes of br make us hold 16 MiB, and it need not send a
// tenth. So what all decoders hold together is counted, and bounded by Options.DecodeMemory. Who needs more than there is
// room for waits, as long as the server's time limits would let it, where that is known beforehand: at the beginning of a
// body, and of a frame of zstd. A body of br that turns out to need more is ended, for it has the memory already. In both
// cases the class is LocalMemory.
//
// Small bodies must not pay for large ones, and a few servers that stall not stop the others. So one decoder may hold an
// eighth of what the others leave: the less there is, the smaller has to be who still gets some, and a part is always
// left for the small. (Switches share their buffers among ports by this rule: Choudhury and Hahne, 1998.) One that is
// alone may hold what it needs.

// DefaultDecodeMemory is room for a thousand pages of br at once that arrive slowly (some 220 KiB each, of 100 KB unpacked),
// for 90 bodies of zstd with windows of 2 MiB, which are what its usual level has, or for nine windows of br of 16 MiB.
const DefaultDecodeMemory = 256 << 20

// memoryShare is the part of the room that is left, which one decoder may have.
const memoryShare = 8

var errNoMemory = errors.New("no room to undo its content coding")

// memory is what the decoders of a client hold.
type memory struct {
	engine engine.Engine
	most   int64

	mu      sync.Locker // guards what follows, and decoding.holds and wants of those that wait
	held    int64
	waiting []*memoryWait
}

// memoryWait is a body that waits for room.
type memoryWait struct {
	*decoding
	granted engine.Cond
}

func newMemory(e engine.Engine, most int64) *memory {
	return &memory{engine: e, most: most, mu: e.NewMutex()}
}

// take gives d as much more as it wants, if there is room. The caller holds the lock.
func (m *memory) take(d *decoding) bool {
	others := m.held - d.holds
	if others > 0 && d.holds+d.wants > (m.most-others)/memoryShare {
		return false
	}
	m.held += d.wants
	d.holds += d.wants
	d.wants = 0
	return true
}

// settle is take for what d wants just now, without a wait. It costs little if that is nothing.
func (m *memory) settle(d *decoding) bool {
	if d.wants == 0 {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.take(d)
}

// wait waits until there is room for what d wants.
func (m *memory) wait(ctx context.Context, d *decoding) (err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.take(d) {
		return nil
	}
	w := &memoryWait{d, m.engine.NewCond(m.mu, "memory to decode")}
	m.waiting = append(m.waiting, w)
	for d.wants > 0 && err == nil {
		err = w.granted.Wait(ctx)
	}
	if d.wants == 0 {
		return nil
	}
	i := slices.Index(m.waiting, w)
	m.waiting = slices.Delete(m.waiting, i, i+1)
	return err
}

// giveBack takes back what d holds, and gives it to those that wait, first come, first served, as far as it does.
func (m *memory) giveBack(d *decoding) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.held -= d.holds
	d.holds = 0
	if len(m.waiting) == 0 {
		return
	}
	m.waiting = slices.DeleteFunc(m.waiting, func(w *memoryWait) bool {
		if !m.take(w.decoding) {
			return false
		}
		w.granted.Signal()
		return true
	})
}

// awaitMemory waits until there is room for what the decoding of res wants. That is this machine's shortage: OnPressure is
// told, and the class is not the server's.
func (c *Client) awaitMemory(ctx context.Context, res *Response) error {
	if c.options.OnPressure != nil {
		c.options.OnPressure(LocalMemory)
	}
	d := res.decoding()
	err := c.memory.wait(engine.WithDeadline(ctx, c.limit(c.engine.Now(), res)), d)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return d.tooLarge()
	}
	return fail(Cancelled, err)
}

// tooLarge is the error of a body that needs more memory than there is.
func (d *decoding) tooLarge() error {
	const kib = 1 << 10
	return fail(LocalMemory, fmt.Errorf("%w, %q: it needs %d KiB more than %d", errNoMemory, d.res.Coding(), (d.wants+kib-1)/kib, d.holds/kib))
}
