package fetch

import (
	"crypto/tls"
	"net/netip"
	"sync"
	"time"

	"crawl/internal/http1"
)

// A Trace is told what happens in a fetch, as it happens.
type Trace struct {
	// Event is called from tasks, leaves and callbacks, one call at a time. It must not wait, nor keep what an event
	// points to.
	Event func(e *Event)
}

// EventKind says what an Event is about, and which of its fields are set.
type EventKind uint8

// The events, in the order of a fetch. Those of a host with several addresses overlap: see Event.Text.
const (
	EventBegin       EventKind = iota // of the fetch: Text is the method and the URL, without user information
	EventAddresses                    // of a host are known: Text is the host; Addrs, From, Took; Err if there are none
	EventConnecting                   // Text is the address and port
	EventConnected                    // Text, Took
	EventUnconnected                  // the attempt has failed: Text, Took, Err
	EventPressure                     // this machine has no descriptor, port or memory for it, and waits: Text, Err
	EventReused                       // a connection kept from before: Text
	EventTunnel                       // a proxy has made one, or not: Text is the proxy, From where it leads, Took, Err
	EventTLS                          // the handshake is over: Text is the host, Took; State, or Err
	EventRequest                      // is sent: Head
	EventInterim                      // response: Head
	EventHead                         // of the response: Head
	EventTrailers                     // Head
	EventDecoded                      // Text is the coding, Coded and Decoded
	EventAgain                        // the connection turned out to be closed: once more, on a fresh one
	EventHop                          // an exchange is over, well or not: Spans
	EventRedirect                     // is followed: Text is the URL, without user information
	EventEnd                          // of the fetch: Err, Response
)

// An Event is something that has happened in a fetch.
type Event struct {
	Kind     EventKind
	At       time.Time // by the engine's clock, when it was over
	Took     time.Duration
	Text     string
	From     string
	Addrs    []netip.Addr
	Head     []byte // as it is on the wire, from its first line to the empty one
	State    *tls.ConnectionState
	Insecure bool // it was not looked at whose certificate it is
	Coded    int64
	Decoded  int64
	Spans    []Span
	Err      error
	Response *Response
}

// A Span is one phase of one hop. The spans of a fetch add up to its Timings, but for one that is not Ended.
type Span struct {
	Phase Phase
	Begin time.Duration // since Response.Started
	Took  time.Duration
	Ended bool // else the fetch ended in it, and Timings do not count it
}

// A Phase is a part of a fetch: see Timings.
type Phase uint8

// The phases in their order.
const (
	PhaseQueue Phase = iota
	PhaseDNS
	PhaseConnect
	PhaseTLS
	PhaseFirstByte
	PhaseBody
)

// tracing is the trace of one fetch.
type tracing struct {
	client *Client
	trace  *Trace
	mu     sync.Locker // attempts at several addresses are told of one by one

	before Timings       // at the beginning of this hop
	sent   bool          // its request is
	sentAt time.Duration // since Response.Started
}

// startTrace begins to tell of a fetch.
func (c *Client) startTrace(req *Request, res *Response) {
	res.more().trace = &tracing{client: c, trace: req.Trace, mu: c.engine.NewMutex()}
	u := withoutUserinfo(req.URL)
	res.trace().tell(&Event{Kind: EventBegin, Text: req.method() + " " + u.String()})
}

func (t *tracing) tell(e *Event) {
	e.At = t.client.engine.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.trace.Event(e)
}

// Who says which addresses a name has.
const (
	fromUser     = "the user says so"
	fromSystem   = "the system's resolver says so"
	fromResolver = "a name server says so"
	fromHosts    = "this machine says so, no server was asked"
)

// from says who has answered.
func (r *resolver) from(q question) string {
	if o, ok := q.(*owed); ok {
		if o.Local {
			return fromHosts
		}
		return fromResolver
	}
	return fromSystem
}

// tellAddresses tells what a name stands for.
func (d *dialing) tellAddresses(addrs []netip.Addr, from string, took time.Duration, err error) {
	d.response.trace().tell(&Event{Kind: EventAddresses, Text: d.route.host, Addrs: addrs, From: from, Took: took, Err: err})
}

// tellAttempt tells how an attempt to connect has begun or ended.
func (d *dialing) tellAttempt(kind EventKind, took time.Duration, err error) {
	d.response.trace().tell(&Event{Kind: kind, Text: d.address, Took: took, Err: err})
}

// tellRequest tells of the request that is about to be sent, without its body.
func (t *tracing) tellRequest(b *buffer) {
	t.sent, t.sentAt = true, b.res.phase
	if b.conn.used {
		t.tell(&Event{Kind: EventReused, Text: b.conn.remote})
	}
	t.tell(&Event{Kind: EventRequest, Head: b.out[:len(b.out)-len(b.req.Body)]})
}

// tellHop tells what the phases were of a hop that has ended, with err or well: what Timings have become more by. Those of
// making the connection came one after the other before the request, the others behind it.
func (t *tracing) tellHop(res *Response, err error) {
	now, was, is := t.client.engine.Now().Sub(res.Started), t.before, res.Timings
	ready := now
	if t.sent {
		ready = t.sentAt
	}
	before := [...]time.Duration{is.Queue - was.Queue, is.DNS - was.DNS, is.Connect - was.Connect, is.TLS - was.TLS}
	at := ready
	for _, took := range before {
		at -= took
	}
	var spans []Span
	for phase, took := range before {
		if took > 0 {
			spans = append(spans, Span{Phase(phase), at, took, true})
		}
		at += took
	}
	if t.sent {
		first, body := is.FirstByte-was.FirstByte, is.Body-was.Body
		switch {
		case !res.got:
			spans = append(spans, Span{PhaseFirstByte, ready, now - ready, false})
		case err != nil && body == 0:
			spans = append(spans, Span{PhaseFirstByte, ready, first, true}, Span{PhaseBody, ready + first, now - ready - first, false})
		default:
			spans = append(spans, Span{PhaseFirstByte, ready, first, true}, Span{PhaseBody, ready + first, body, true})
		}
	}
	t.before, t.sent = is, false
	t.tell(&Event{Kind: EventHop, Spans: spans})
}

// tellAgain tells of a request that is sent once more.
func (t *tracing) tellAgain(res *Response, err error) {
	t.tellHop(res, err)
	t.tell(&Event{Kind: EventAgain, Err: err})
}

// tellEnd tells how the fetch has ended.
func (t *tracing) tellEnd(res *Response, err error) {
	t.tellHop(res, err)
	if res.BytesDecoded() > 0 {
		t.tell(&Event{Kind: EventDecoded, Text: res.Coding(), Coded: res.BytesBody, Decoded: res.BytesDecoded()})
	}
	t.tell(&Event{Kind: EventEnd, Err: err, Response: res})
}

func headKind(h *http1.Head) EventKind {
	if h.Interim() {
		return EventInterim
	}
	return EventHead
}
