package link

import (
	"golang.org/x/text/transform"
)

// A Transcoder makes UTF-8 of a stream in another encoding, which it is given in stretches of any length. What is ASCII goes
// through as it is, and in UTF-8 everything; in others, what is no character becomes U+FFFD.
type Transcoder struct {
	decoder transform.Transformer // nil: it is UTF-8
	ascii   bool                  // charset.hasASCII
	to      func([]byte)
	held    [heldMost]byte // the beginning of a character
	n       int
	out     []byte
}

// heldMost is more than any encoding needs for a character, with a change of its state before it.
const heldMost = 16

// transcoded is how much is made UTF-8 at once, in bytes of it.
const transcoded = 4 << 10

// NewTranscoder makes one for the encoding of a label, which is UTF-8 if none has that label. to is given the text, which is valid
// during the call.
func NewTranscoder(label string, to func([]byte)) *Transcoder {
	t := &Transcoder{to: to}
	c, _ := lookupCharset(label)
	t.reset(c)
	return t
}

func (t *Transcoder) reset(c charset) {
	t.decoder, t.n = nil, 0
	if c.enc != nil {
		t.decoder, t.ascii = c.enc.NewDecoder().Transformer, c.hasASCII()
		if t.out == nil {
			t.out = make([]byte, transcoded)
		}
	}
}

// Write takes the next stretch.
func (t *Transcoder) Write(p []byte) {
	for len(p) > 0 {
		switch {
		case t.n > 0:
			p = p[t.complete(p):]
		case t.decoder == nil || t.ascii && isASCII(p):
			t.to(p)
			p = nil
		default:
			t.n = copy(t.held[:], p[t.decode(p, false):])
			p = nil
		}
	}
}

// complete takes from p what is missing of the character that is held, and returns how many bytes.
func (t *Transcoder) complete(p []byte) (taken int) {
	had := t.n
	n := had + copy(t.held[had:], p)
	used := t.decode(t.held[:n], false)
	switch {
	case used >= had:
		t.n = 0
		return used - had
	case used == 0 && n < heldMost:
		t.n = n
		return n - had
	}
	t.n = copy(t.held[:], t.held[max(used, 1):had])
	return 0
}

// Close is the end of the stream.
func (t *Transcoder) Close() {
	if t.n > 0 {
		t.decode(t.held[:t.n], true)
		t.n = 0
	}
}

// decode passes on what it can make of p, and returns how many bytes of it that was: all but the beginning of a
// character.
func (t *Transcoder) decode(p []byte, atEnd bool) (used int) {
	for {
		n, read, err := t.decoder.Transform(t.out, p[used:], atEnd)
		if n > 0 {
			t.to(t.out[:n])
		}
		used += read
		if err != transform.ErrShortDst || n == 0 && read == 0 { //nolint:errorlint // Transform returns it itself
			return used
		}
	}
}

func isASCII[S []byte | string](p S) bool {
	for len(p) >= 8 {
		if (p[0]|p[1]|p[2]|p[3]|p[4]|p[5]|p[6]|p[7])&0x80 != 0 {
			return false
		}
		p = p[8:]
	}
	for i := range len(p) {
		if p[i] >= 0x80 {
			return false
		}
	}
	return true
}
