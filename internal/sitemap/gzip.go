package sitemap

import (
	"errors"
	"fmt"
	"math"

	"crawl/internal/coding"
)

// gzipMagic is how gzip begins (RFC 1952 section 2.3.1): no text and no XML in any encoding does.
const gzipMagic = "\x1f\x8b"

// IsGzip reports whether a document that begins so is packed with gzip. A Parser finds that out by itself; a content
// coding that the response speaks of has to be undone before.
func IsGzip(prefix []byte) bool {
	return len(prefix) >= len(gzipMagic) && string(prefix[:len(gzipMagic)]) == gzipMagic
}

// unpacker undoes gzip.
type unpacker struct {
	to      func([]byte) error
	pool    *coding.Pool
	decoder *coding.Decoder
	data    []byte // unpacked, and not handed out
	busy    bool   // the decoder has more
}

func newUnpacker(o *Options, to func([]byte) error) *unpacker {
	u := &unpacker{to: to, pool: o.Decoders}
	if u.pool == nil {
		u.pool = &coding.Pool{}
	}
	codings, _ := coding.Parse("gzip")                                            // which is known
	limit := min(o.MaxBytes, math.MaxInt64-coding.MaxStretch) + coding.MaxStretch // so that MaxBytes is met first, to the byte
	u.decoder = u.pool.Get(codings, limit)
	return u
}

// feed gives it more, of which the last call of more was false.
func (u *unpacker) feed(b []byte) {
	u.decoder.Feed(b)
	u.busy = true
}

// more reports whether there is something to do for step.
func (u *unpacker) more() bool { return u.busy || len(u.data) > 0 }

// step hands out what fits into one.
func (u *unpacker) step() (err error) {
	if len(u.data) == 0 {
		if u.data, u.busy, err = u.decoder.Next(); err != nil {
			return explain(err)
		}
	}
	b := u.data[:min(len(u.data), StepBytes)]
	u.data = u.data[len(b):]
	return u.to(b)
}

// close reports whether it was cut short.
func (u *unpacker) close() (cut bool, err error) {
	u.decoder.End()
	for u.busy = true; u.more() && err == nil; {
		err = u.step()
	}
	if errors.Is(err, coding.ErrTruncated) {
		return true, nil
	}
	return false, err
}

func (u *unpacker) stop() {
	u.decoder.Stop()
	u.pool.Put(u.decoder)
}

// explain gives an error of the coding its kind; one of the document has its own.
func explain(err error) error {
	for _, kind := range []error{coding.ErrCorrupt, coding.ErrRatio, coding.ErrPanic} {
		if errors.Is(err, kind) {
			return fmt.Errorf("%w: %w", ErrPacked, err)
		}
	}
	return err
}
