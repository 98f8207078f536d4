package fetch

import (
	"time"

	"crawl/internal/http1"
	"crawl/internal/link"
)

// A Field is a header field of a request.
type Field = http1.Pair

// A Request is one thing to fetch. It is not changed by Client.Do.
type Request struct {
	URL    *link.URL
	Method string  // "" is GET
	Fields []Field // written after Host, in this order
	Body   []byte  // sent with its Content-Length

	// Guarded says that the URL is not the user's but comes from a public page (a redirect, a link), which may not lead
	// to a private address: such are left out, and if there is no other the class is AddressPrivate. The address that
	// is dialled is what counts, and that of a connection kept from before. One that Options.Resolve gives is the
	// user's word, and may be private. The requests that follow a redirect are guarded where it is needed.
	Guarded   bool
	elsewhere bool // a redirect leads here from another origin than the first: what the user gave is not for it

	// Stay says that no redirect is followed, whatever Options.MaxRedirects is: it is the answer, and Response.Location
	// says where it would lead.
	Stay bool
	// Redirects, if not 0, is how many are followed, instead of as many as Options.MaxRedirects says.
	Redirects uint8

	// OnBody, if not nil, is given the body as it arrives, decoded if Options.Decode says so, stretch by stretch; it must
	// not keep them, nor wait for anything (see engine.Engine.Leaf). Its error ends the fetch. After a retry on a fresh
	// connection nothing has been given twice, for there is none once a byte of the response has arrived. See ErrRest.
	OnBody func([]byte) error

	Selection *Selection // nil: the whole, whatever its version
	Trace     *Trace     // nil: nobody is told
	Watch     *Watch     // nil: nobody wants more of the fields than is in the Response
}

// A Head is status and fields of a response.
type Head = http1.Head

// A Watch is given fields of a response, which it must not keep. It must not wait.
type Watch struct {
	OnHead     func(*Head)         // nil, or given the head, before the body. Redirects that are followed are left out
	OnTrailers func(*http1.Fields) // nil, or given what is behind a body in chunks, if something is (RFC 9110 section 6.5)
}

func (r *Request) method() string {
	if r.Method == "" {
		return "GET"
	}
	return r.Method
}

// Timings are how long each phase took; 0 for a phase that was not needed.
type Timings struct {
	Queue     time.Duration // waiting for a connection, or for descriptors of this machine
	DNS       time.Duration // resolving the name
	Connect   time.Duration // TCP handshake
	TLS       time.Duration // TLS handshake
	FirstByte time.Duration // from the request's first byte to the response's
	Body      time.Duration // from there to the end of the body
	Total     time.Duration // from the beginning to the end, redirects and all
}

// A Response is what one fetch gave, and the state of the fetch while it runs. It may be used again for the
// next fetch, and allocates little then.
type Response struct {
	Status    int    // of the final response; 0 if there was none
	MediaType string // of Content-Type as browsers read it, in lower case, without parameters
	Charset   string // its parameter, in lower case; "" too where it cannot be the label of an encoding
	BytesWire int64  // received, heads and framing included
	BytesBody int64  // of the body, without its framing, as it is coded
	Remote    string // address and port of the peer
	Started   time.Time
	Timings   Timings
	Lag       time.Duration // the most the engine was late with a step of this fetch

	Anomalies http1.Anomaly
	TLS       TLSInfo
	Minor     uint8 // HTTP/1.Minor
	Public    bool  // the address of Remote, or the one a SOCKS proxy was given, is not private: see Client.fromPublic
	Reused    bool  // the connection had served before
	Sent      bool  // a server may have seen a request; if not, it is safe to make any once more

	fresh   bool          // an idle connection will not do
	got     bool          // a byte of the response has arrived
	inBody  bool          // its head has
	moved   bool          // it is a redirect that is going to be followed
	phase   time.Duration // when the phase began that is under way, since Started: FirstByte or Body
	framing http1.Framing
	body    *http1.Body // nil until a body goes on beyond its first read

	extra *extra // nil: there is nothing of the kind
}

// deadline is when the whole fetch has to be over. Time in the queue does not count, nor what OnBody takes in turns of its own: it
// is not the server's.
func (c *Client) deadline(res *Response) time.Time {
	return res.Started.Add(c.options.TotalTimeout + res.ours())
}

// begun is called when the first byte has arrived. Phases add up over the redirects of a fetch.
func (r *Response) begun(now time.Time) {
	r.got = true
	at := now.Sub(r.Started)
	r.Timings.FirstByte += at - r.phase
	r.phase = at
}

// whole is called when the last byte has arrived.
func (r *Response) whole(now time.Time) {
	r.Timings.Total = now.Sub(r.Started)
	r.Timings.Body += r.Timings.Total - r.phase
	r.phase = r.Timings.Total
}

// Proxy is the proxy by which the fetch went, or was to go, as scheme://host:port; "" if none.
func (r *Response) Proxy() string {
	if v := r.via(); v != nil {
		return v.proxy.name
	}
	return ""
}

// finish is the end of a response that is whole. Where the end of the connection is the end of the body, there are no
// trailers, and body is nil.
func (r *Response) finish(req *Request, body *http1.Body, now time.Time) error {
	r.whole(now)
	if body != nil && req.Watch != nil && req.Watch.OnTrailers != nil && !r.moved {
		if trailers := body.Trailers(); r.framing.Kind == http1.Chunked && trailers.Len() > 0 {
			req.Watch.OnTrailers(trailers)
		}
	}
	if r.trace() != nil && body != nil && r.framing.Kind == http1.Chunked && body.Trailers().Len() > 0 {
		r.trace().tell(&Event{Kind: EventTrailers, Head: body.Trailers().Raw})
	}
	return r.Selected().check(r.BytesBody)
}

func (r *Response) reset(now time.Time) {
	kept := r.extra
	*r = Response{} // in place: a literal with values would be built on the stack first
	r.Started = now
	if kept != nil {
		*kept = extra{}
		r.extra = kept
	}
}
