package dns

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Kind says why a name has no answer.
type Kind uint8

// The kinds of errors. The first two are answers that may be relied upon; with all others nothing is known of the name.
const (
	NotFound      Kind = iota + 1 // NXDOMAIN: the name does not exist, nor anything below it
	NoAddress                     // NODATA: the name exists and has no address of the families asked for
	BadName                       // it can be no name in the DNS (RFC 1035 section 2.3.4), so nobody was asked
	ServerFailure                 // SERVFAIL: the server tried, and failed
	Refused                       // REFUSED: the server does not want to
	Malformed                     // the server's answer is broken, or no answer: a referral, an endless chain of aliases
	Timeout                       // no answer in time
	Unreachable                   // nobody listens there, or there is no route
	Local                         // this machine has no descriptor or memory for a socket
	Cancelled                     // the engine was stopped
)

func (k Kind) String() string {
	switch k {
	case NotFound:
		return "no such name"
	case NoAddress:
		return "the name has no address"
	case BadName:
		return "not a name that can be looked up"
	case ServerFailure:
		return "server failure"
	case Refused:
		return "the server refuses to answer"
	case Malformed:
		return "unusable answer"
	case Timeout:
		return "no answer in time"
	case Unreachable:
		return "the server cannot be reached"
	case Local:
		return "no socket for a query"
	case Cancelled:
		return "cancelled"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// definite reports whether the kind is a statement about the name, which other servers would make too.
func (k Kind) definite() bool { return k == NotFound || k == NoAddress }

// heard reports whether the kind shows that a server is alive.
func (k Kind) heard() bool {
	return k.definite() || k == ServerFailure || k == Refused || k == Malformed
}

// An Error is why a name has no addresses.
type Error struct {
	Kind     Kind
	Families Families       // that were wanted: NoAddress is about no other
	Name     string         // that was asked for last: with a search list, the one that was made of it
	Server   netip.AddrPort // that was asked last; the zero value: none was
	Err      error          // particulars; may be nil
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "lookup %q", e.Name)
	if e.Server.IsValid() {
		fmt.Fprintf(&b, " on %s", e.Server)
	}
	if e.Kind == NoAddress && e.Families != Both {
		fmt.Fprintf(&b, ": the name has no %s address", e.Families)
	} else {
		fmt.Fprintf(&b, ": %s", e.Kind)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

var (
	errOther     = errors.New("not an answer to this question") // never leaves the package
	errChain     = errors.New("chain of aliases is too long, or a loop")
	errLength    = errors.New("address of the wrong length")
	errReferral  = errors.New("a referral to other servers")
	errTruncated = errors.New("truncated over TCP too")
	errStranger  = errors.New("answer to another question over TCP")
	errShort     = errors.New("shorter than a message can be")
)
