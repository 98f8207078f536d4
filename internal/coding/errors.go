package coding

import "errors"

// Kinds of errors, for errors.Is.
var (
	// ErrUnknown: a coding that is not known here.
	ErrUnknown = errors.New("unknown content coding")
	// ErrStacked: more than MaxStacked codings on top of each other.
	ErrStacked = errors.New("too many content codings")
	// ErrCorrupt: the body is not in the coding it is said to be in, or a checksum is wrong.
	ErrCorrupt = errors.New("broken content coding")
	// ErrTruncated: the body ends before its coding does.
	ErrTruncated = errors.New("truncated content coding")
	// ErrSize: the body, or what is between two of its codings, is larger than the limit.
	ErrSize = errors.New("decoded body is larger than the limit")
	// ErrRatio: the body unpacks to more than MaxRatio times its size.
	ErrRatio = errors.New("decoded body is out of all proportion to the coded one")
	// ErrPanic: a decompressor panicked, which is a bug in it.
	ErrPanic = errors.New("decompressor panicked")
)

// errStopped is what decompressors are told when the rest of a body is not wanted; it never leaves this package.
var errStopped = errors.New("stopped")
