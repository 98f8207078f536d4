package http1

import (
	"bytes"
	"errors"
	"strconv"
)

// Kinds of [Error], for errors.Is. All but ErrRequest are the peer's doing.
var (
	// ErrHead: no status line of HTTP/1.x, or the head does not end where it should.
	ErrHead = errors.New("malformed head")
	// ErrField: a field line that has no safe reading.
	ErrField = errors.New("malformed field")
	// ErrFraming: where the body ends is contradictory or cannot be known (RFC 9112 §6.3).
	ErrFraming = errors.New("faulty framing")
	// ErrChunk: the chunked coding is broken, its trailer section included (RFC 9112 §7.1).
	ErrChunk = errors.New("malformed chunk")
	// ErrHeadLimit: the head is longer than Limits.Head.
	ErrHeadLimit = errors.New("head too large")
	// ErrFieldLimit: a line, the number of fields or the trailer section is over its limit.
	ErrFieldLimit = errors.New("fields too large")
	// ErrTruncated: the connection ended before the message did (RFC 9112 §8).
	ErrTruncated = errors.New("truncated message")
	// ErrRequest: a request that must not be written; the fault is on our side.
	ErrRequest = errors.New("invalid request")
)

// maxOffender bounds the bytes of the peer that an Error repeats: enough to recognise what it was,
// short enough for one line of a report.
const maxOffender = 64

// Error says what is wrong with a message. Kind is one of the sentinels above and is what
// errors.Is finds.
type Error struct {
	Kind     error
	Detail   string // what was expected, in words
	Offender string // a copy of the bytes in question, cut at 64; may be empty
}

func (e *Error) Error() string {
	text := "http1: " + e.Kind.Error() + ": " + e.Detail
	if e.Offender != "" {
		text += " " + strconv.Quote(e.Offender)
	}
	return text
}

// Unwrap returns the kind.
func (e *Error) Unwrap() error { return e.Kind }

// fail stays out of line so that its callers, which run on small stacks, need no room for it.
//
//go:noinline
func fail(kind error, detail string, offender []byte) error {
	return &Error{Kind: kind, Detail: detail, Offender: string(offender[:min(len(offender), maxOffender)])}
}

// failLine quotes the first line of b only.
//
//go:noinline
func failLine(kind error, detail string, b []byte) error {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return fail(kind, detail, bytes.TrimSuffix(line, []byte("\r")))
}
