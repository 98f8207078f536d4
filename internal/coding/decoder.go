package coding

import (
	"errors"
	"fmt"
	"io"
	"iter"
)

// What a body may unpack to, besides its limit in bytes. Deflate cannot do more than 1,032 : 1 (258 bytes for two bits),
// and text that is worth reading stays below 100 : 1; brotli and zstd can do a million. Below FreeBytes nobody
// looks: that costs a few milliseconds at most, and small pages of the same line over and over are no attack.
// The ratio is to what has arrived, so a body at the very limit may pass in one piece and fail in many.
const (
	MaxRatio  = 1000
	FreeBytes = 1 << 20
)

// MaxStretch is the most that one call of Next returns, and about the most that it unpacks; but see brotliLayer.
const MaxStretch = 16 << 10

// maxWork is what may be unpacked below the last coding before Next returns without anything.
const maxWork = 4 * MaxStretch

// A Decoder undoes the codings of one body at a time. It comes from a Pool.
//
//	d.Feed(p)                   // or, behind the last stretch, d.End()
//	for more := true; more; {
//		data, more, err = d.Next()
//	}
type Decoder struct {
	limit int64
	chain []meter // of the layers, that which is undone first at the beginning
	out   []byte  // MaxStretch bytes

	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool

	in     []byte // coded bytes that nobody has read
	ended  bool   // there will be no more
	coded  int64  // bytes fed
	data   []byte // decoded bytes to hand out
	hungry bool   // the coroutine waits for input
	wants  int64  // bytes that it waits for leave to hold
	work   int    // bytes unpacked since Next returned
	over   bool
	fault  error // of a limit: it goes before what a decompressor makes of it
	err    error
	broken bool // its layers are of no use any more
}

// Feed gives the decoder the next bytes of the coded body. They must stay as they are until Next reports that there
// is no more, and it must have done so of what was fed before.
func (d *Decoder) Feed(p []byte) {
	d.in = p
	d.coded += int64(len(p))
}

// End tells the decoder that there is nothing more to feed.
func (d *Decoder) End() { d.ended = true }

// Next returns a stretch of the decoded body, which may be empty and is valid until the next call, and whether it
// has more. If it has not, it wants to be fed, or the body has ended: without an error after End, the body is whole.
// A body of no bytes at all is whole. An error is final.
func (d *Decoder) Next() (data []byte, more bool, err error) {
	if d.over {
		return nil, false, d.err
	}
	if d.next == nil {
		d.next, d.stop = iter.Pull(d.run)
	}
	d.data, d.hungry, d.work, d.wants = nil, false, 0, 0
	if _, alive := d.next(); !alive {
		d.over = true
		return nil, false, d.err
	}
	return d.data, !d.hungry, nil
}

// Holds is how much memory the decoder holds, in bytes, rather somewhat more than it is than less. Before the first call
// of Next it is what it is going to hold at least.
func (d *Decoder) Holds() int64 {
	n := int64(decoderSize)
	for i := range d.chain {
		n += d.chain[i].size()
	}
	return n
}

// Wants is how much more, in bytes, it is going to hold from the next call of Next on, and 0 nearly always: Next has
// returned early, with nothing and with more to come, so that the call may wait until there is room for that.
func (d *Decoder) Wants() int64 { return d.wants }

// Stop ends the decoder wherever it is. Whoever got it has to call it, where the decoder was used, once the body has
// ended or nobody wants the rest of it.
func (d *Decoder) Stop() {
	if !d.over {
		d.over, d.err = true, errStopped
	}
	d.in, d.data = nil, nil
	if d.stop != nil {
		d.stop()
	}
	d.next, d.stop, d.yield = nil, nil, nil
}

// run is the coroutine. A page that makes a decompressor panic must not be the end of a crawl of a million.
func (d *Decoder) run(yield func(struct{}) bool) {
	defer func() {
		if v := recover(); v != nil {
			d.broken = true
			d.err = fmt.Errorf("%w: %.100q", ErrPanic, fmt.Sprint(v))
		}
	}()
	d.yield = yield
	d.err = d.decode()
}

// decode undoes the codings of the body to its end. Behind the end of the last coding the rest is read too: only
// then is it known whether the other codings, and the body, are whole.
func (d *Decoder) decode() error {
	if !d.await() {
		if d.ended {
			return nil // no byte at all
		}
		return errStopped
	}
	last := &d.chain[len(d.chain)-1]
	for {
		n, err := last.Read(d.out)
		if err == io.EOF {
			break
		}
		if err != nil {
			return d.reason(err)
		}
		if d.data = d.out[:n]; !d.yield(struct{}{}) {
			return errStopped
		}
	}
	for i := len(d.chain) - 2; i >= 0; i-- {
		if err := discard(&d.chain[i], d.out); err != nil {
			return d.reason(err)
		}
	}
	return d.reason(discard((*source)(d), d.out))
}

func discard(r io.Reader, buffer []byte) error {
	for {
		if _, err := r.Read(buffer); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (d *Decoder) reason(err error) error {
	if d.fault != nil {
		return d.fault
	}
	return err
}

// await waits for input and reports whether there is some: else the body has ended, or the decoder is stopped.
func (d *Decoder) await() bool {
	for len(d.in) == 0 && !d.ended {
		d.data, d.hungry = nil, true
		if !d.yield(struct{}{}) {
			return false
		}
	}
	return len(d.in) > 0
}

// source is the coded body as the first layer reads it.
type source Decoder

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	d := (*Decoder)(s)
	if !d.await() {
		if d.ended {
			return 0, io.EOF
		}
		return 0, errStopped
	}
	n := copy(p, d.in)
	d.in = d.in[n:]
	return n, nil
}

// meter is a layer whose output is counted and whose errors are final and say which coding they are of.
type meter struct {
	layer
	decoder *Decoder
	kind    kind
	count   int64
	err     error
}

// Read implements io.Reader. It returns no bytes together with an error, and some or an error.
func (m *meter) Read(p []byte) (int, error) {
	d := m.decoder
	if m.err != nil {
		return 0, m.err
	}
	n := 0
	for n == 0 && m.err == nil {
		if d.work >= maxWork && !d.rest() {
			return 0, errStopped
		}
		if n, m.err = m.layer.Read(p); m.err != nil {
			m.err = m.explain(m.err)
		}
	}
	m.count += int64(n)
	d.work += n
	if err := d.check(m.count); err != nil {
		m.err, d.fault = err, err
		return 0, err
	}
	if n > 0 {
		return n, nil
	}
	return 0, m.err
}

// rest has Next return with nothing, although there is input.
func (d *Decoder) rest() bool {
	d.data = nil
	return d.yield(struct{}{})
}

// ask has Next return early for the sake of Wants, and reports whether it was called again.
func (d *Decoder) ask(more int64) bool {
	d.data, d.wants = nil, more
	return d.yield(struct{}{})
}

// check holds what one of the codings has unpacked to against the limits.
func (d *Decoder) check(count int64) error {
	switch {
	case count > d.limit:
		return fmt.Errorf("%w of %d bytes", ErrSize, d.limit)
	case count > FreeBytes && count/MaxRatio >= d.coded:
		return fmt.Errorf("%w: more than %d : 1", ErrRatio, MaxRatio)
	}
	return nil
}

// explain gives an error of a decompressor its kind. Those from below have theirs.
func (m *meter) explain(err error) error {
	switch {
	case err == io.EOF || errors.Is(err, errStopped) || m.isFromBelow(err):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: %v ends early", ErrTruncated, m.kind)
	}
	return fmt.Errorf("%w: %v: %w", ErrCorrupt, m.kind, err)
}

func (m *meter) isFromBelow(err error) bool {
	for i := range m.decoder.chain {
		if below := &m.decoder.chain[i]; below != m && errors.Is(err, below.err) {
			return true
		}
	}
	return false
}
