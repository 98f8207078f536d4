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
	rest    func()
	pool    *coding.Pool
	decoder *coding.Decoder
	since   int // bytes unpacked since the last rest
}

func newUnpacker(o *Options, to func([]byte) error) *unpacker {
	u := &unpacker{to: to, rest: o.Rest, pool: o.Decoders}
	if u.pool == nil {
		u.pool = &coding.Pool{}
	}
	codings, _ := coding.Parse("gzip")                                            // which is known
	limit := min(o.MaxBytes, math.MaxInt64-coding.MaxStretch) + coding.MaxStretch // so that MaxBytes is met first, to the byte
	u.decoder = u.pool.Get(codings, limit)
	return u
}

func (u *unpacker) write(b []byte) error {
	u.decoder.Feed(b)
	return u.drain()
}

func (u *unpacker) drain() error {
	for more := true; more; {
		data, again, err := u.decoder.Next()
		if err == nil {
			err = u.to(data)
		}
		if err != nil {
			return explain(err)
		}
		more = again
		if u.since += len(data); u.since >= RestBytes && u.rest != nil {
			u.rest()
			u.since = 0
		}
	}
	return nil
}

// close reports whether it was cut short.
func (u *unpacker) close() (cut bool, err error) {
	u.decoder.End()
	if err = u.drain(); errors.Is(err, coding.ErrTruncated) {
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
