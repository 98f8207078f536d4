package coding

import (
	"fmt"
	"strings"
)

// Accept is an Accept-Encoding field with all that is undone here (RFC 9110 section 12.5.3).
const Accept = "gzip, deflate, br, zstd"

// MaxStacked is how many codings one body may have. One is usual, two come about when a proxy packs what was packed;
// each more multiplies what a few bytes can unpack to.
const MaxStacked = 4

// kind is a coding that is undone here.
type kind uint8

const (
	gzipKind kind = iota
	deflateKind
	brotliKind
	zstdKind
	numKinds
)

func (k kind) String() string { return [...]string{"gzip", "deflate", "br", "zstd"}[k] }

// A List is the codings of a body in the order in which they were applied: the last is undone first. "identity" is
// none, and is not on it.
type List struct {
	kinds [MaxStacked]kind
	n     int
}

// Empty reports whether there is nothing to undo.
func (l List) Empty() bool { return l.n == 0 }

// Parse reads the value of a Content-Encoding field, or of several, joined with commas. Names are in any case of
// letters, with any white space around them (RFC 9110 section 8.4); "x-gzip" is gzip, and "none", which some servers
// send, is nothing, as it is for curl. The error is of kind ErrUnknown or ErrStacked.
func Parse(field string) (List, error) {
	var l List
	for name := range strings.SplitSeq(field, ",") {
		name = strings.Trim(name, " \t")
		var k kind
		switch {
		case name == "" || strings.EqualFold(name, "identity") || strings.EqualFold(name, "none"):
			continue
		case strings.EqualFold(name, "gzip") || strings.EqualFold(name, "x-gzip"):
			k = gzipKind
		case strings.EqualFold(name, "deflate"):
			k = deflateKind
		case strings.EqualFold(name, "br"):
			k = brotliKind
		case strings.EqualFold(name, "zstd"):
			k = zstdKind
		default:
			const maxOffender = 64 // enough to recognise it, short enough for one line
			return List{}, fmt.Errorf("%w: %q", ErrUnknown, name[:min(len(name), maxOffender)])
		}
		if l.n == MaxStacked {
			return List{}, fmt.Errorf("%w: more than %d", ErrStacked, MaxStacked)
		}
		l.kinds[l.n] = k
		l.n++
	}
	return l, nil
}
