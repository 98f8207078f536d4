package fetch

import "time"

// extra is what most responses have nothing to say of. Ten thousand fetches in flight have ten thousand responses.
type extra struct {
	redirection  *Redirection
	retryAfter   time.Duration
	selected     *Selected
	location     string
	coding       string
	bytesDecoded int64

	via      *via      // nil: no proxy
	decoding *decoding // nil: of this body nothing is undone
	trace    *tracing  // nil: nobody is told

	resting *Request      // whose OnBody has more to do; nil: it has not
	rested  time.Duration // what it has taken for that, in turns of its own
}

// more is extra, for who has something to put there.
func (r *Response) more() *extra {
	if r.extra == nil {
		r.extra = new(extra)
	}
	return r.extra
}

// Redirection is nil if no redirect was followed. What else is said is of the last response, but for Started, BytesWire,
// Lag and Timings, which are of all requests together.
func (r *Response) Redirection() *Redirection {
	if r.extra == nil {
		return nil
	}
	return r.extra.redirection
}

// RetryAfter is how long the server asks to wait, told with a status of 429, 503 or 3xx; 0 if it does not.
func (r *Response) RetryAfter() time.Duration {
	if r.extra == nil {
		return 0
	}
	return r.extra.retryAfter
}

// SetRetryAfter is for who stands in for a Client.
func (r *Response) SetRetryAfter(d time.Duration) { r.more().retryAfter = d }

// Location is where a redirect leads that is not followed because of Request.Stay, as it is written there; "" if nowhere.
func (r *Response) Location() string {
	if r.extra == nil {
		return ""
	}
	return r.extra.location
}

// SetLocation is for who stands in for a Client.
func (r *Response) SetLocation(s string) { r.more().location = s }

// Selected is of the version and the part that came; nil without a Request.Selection, or a success.
func (r *Response) Selected() *Selected {
	if r.extra == nil {
		return nil
	}
	return r.extra.selected
}

// Coding is of Content-Encoding, in lower case, undone or not.
func (r *Response) Coding() string {
	if r.extra == nil {
		return ""
	}
	return r.extra.coding
}

// BytesDecoded is the body without its codings, as far as OnBody was given it; 0: none were undone.
func (r *Response) BytesDecoded() int64 {
	if r.extra == nil {
		return 0
	}
	return r.extra.bytesDecoded
}

// ours is how much of the time since Started was not the server's.
func (r *Response) ours() time.Duration {
	if r.extra == nil {
		return r.Timings.Queue
	}
	return r.Timings.Queue + r.extra.rested
}

func (r *Response) via() *via {
	if r.extra == nil {
		return nil
	}
	return r.extra.via
}

func (r *Response) decoding() *decoding {
	if r.extra == nil {
		return nil
	}
	return r.extra.decoding
}

func (r *Response) trace() *tracing {
	if r.extra == nil {
		return nil
	}
	return r.extra.trace
}

// clone is r as it is, for who goes on when the fetch may not.
func (r *Response) clone() Response {
	c := *r
	if r.extra != nil {
		c.extra = new(extra)
		*c.extra = *r.extra
	}
	return c
}
