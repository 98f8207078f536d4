package fetch

import (
	"context"
	"errors"

	"crawl/internal/coding"
	"crawl/internal/http1"
)

// AcceptEncoding is the value of an Accept-Encoding field that asks for every coding that Options.Decode undoes. Who
// sends no such field may be sent any coding (RFC 9110 section 12.5.3).
const AcceptEncoding = coding.Accept

// A turn is how much of a body is decoded before other tasks have theirs: at least half a millisecond's worth, and a
// few milliseconds' where decoding is slow. Coded bytes weigh more, for some of them unpack to nothing and cost time.
const (
	turnBytes   = 256 << 10
	codedWeight = 8
	codedPiece  = 8 << 10 // fed at once
)

// decoding is the body of one response while its content codings are undone.
type decoding struct {
	client  *Client
	decoder *coding.Decoder
	req     *Request
	res     *Response

	framed []byte // what has been read and not been looked at; in the buffer, which is kept as long as paused
	coded  []byte // of the body, and not been fed yet; the same
	busy   bool   // the decoder may have more
	ended  bool   // it has been told the end
	closed bool   // the connection has ended, and with it the body
	over   bool   // the body is whole
	left   int    // of this turn
	paused bool   // the turn is over, but not what there is to do
	err    error

	holds int64 // bytes of memory, as they are counted: see memory
	wants int64 // more, before it goes on
}

// noteCoding takes the content coding from the head, and sees that it is undone if it is to be.
//
// A body that there is not has none. Nor is a part of a body decoded (206): it is a part of the coded one
// (RFC 9110 section 14.2), which by itself is not in any coding.
func (b *buffer) noteCoding(o *Options) error {
	res := b.res
	i := b.head.Index("Content-Encoding", 0)
	if i < 0 {
		return nil
	}
	res.more().coding = codingName(&b.head.Fields, i)
	f := res.framing
	if !o.Decode || res.Status == 206 || f.Kind == http1.None || f.Kind == http1.Length && f.Length == 0 {
		return nil
	}
	list, err := coding.Parse(res.Coding())
	if err != nil {
		return codingError(err, f.Kind)
	}
	if list.Empty() {
		return nil
	}
	c := b.client
	c.mu.Lock()
	decoder := c.decoders.Get(list, o.MaxBody)
	c.mu.Unlock()
	res.extra.decoding = &decoding{client: c, decoder: decoder, req: b.req, res: res, wants: decoder.Holds()}
	return nil
}

// codingName is the Content-Encoding of a head, of which field i is the first: all of them, in lower case. For one
// that is usual nothing is allocated.
func codingName(fields *http1.Fields, i int) string {
	_, value := fields.At(i)
	if fields.Index("Content-Encoding", i+1) < 0 {
		for _, usual := range [...]string{"gzip", "br", "deflate", "zstd"} {
			if string(value) == usual {
				return usual
			}
		}
	}
	all := lower(value)
	for i = fields.Index("Content-Encoding", i+1); i >= 0; i = fields.Index("Content-Encoding", i+1) {
		_, value = fields.At(i)
		all += ", " + lower(value)
	}
	return all
}

// lower leaves what is not ASCII as it is.
func lower(value []byte) string {
	b := []byte(string(value))
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// codingError gives an error of package coding its class. Where the end of the connection was the end of the body,
// one that ends too early is one that was cut off.
func codingError(err error, kind http1.Kind) error {
	class := ProtocolCoding
	switch {
	case errors.Is(err, coding.ErrUnknown):
		class = ProtocolUnknownCoding
	case errors.Is(err, coding.ErrStacked), errors.Is(err, coding.ErrRatio):
		class = LimitCoding
	case errors.Is(err, coding.ErrSize):
		class = LimitBody
	case errors.Is(err, coding.ErrPanic):
		class = Internal
	case errors.Is(err, coding.ErrTruncated) && kind == http1.Close:
		class = ProtocolTruncated
	}
	return fail(class, err)
}

// consume is Client.consume for a body with codings. It may leave off before p is used up: then it is paused, and
// goes on with the rest when it is called again, without any.
func (d *decoding) consume(p []byte, body *http1.Body) (over bool, err error) {
	returns := false
	defer d.stopUnless(&returns)
	if d.paused {
		p = d.framed
	}
	d.paused, d.left = false, turnBytes
	p, d.err = d.turn(p, body)
	d.framed = p
	returns = true
	return d.over, d.err
}

// stopUnless is deferred for a panic of OnBody: nobody else would end the decoder's coroutine.
func (d *decoding) stopUnless(returns *bool) {
	if !*returns {
		d.decoder.Stop()
	}
}

// turn decodes until everything is used up, the turn is over or the body has ended. It returns what is left of p.
func (d *decoding) turn(p []byte, body *http1.Body) ([]byte, error) {
	for {
		if !d.client.memory.settle(d) {
			d.paused = true
			return p, nil
		}
		if d.busy {
			if err := d.passOn(); err != nil || d.paused {
				return p, err
			}
			if d.busy { // it wants memory
				continue
			}
		}
		switch {
		case len(d.coded) > 0:
			d.feed()
		case d.ended:
			d.over = true
			if len(p) > 0 {
				d.res.framing.KeepAlive = false
			}
			return p, nil
		case body.Done() || d.closed:
			d.decoder.End()
			d.ended, d.busy = true, true
		case len(p) == 0:
			return p, nil
		default:
			data, n, err := body.Next(p)
			if err != nil {
				return p, err
			}
			p = p[n:]
			if d.res.BytesBody += int64(len(data)); d.res.BytesBody > d.client.options.MaxBody {
				return p, errBodyLimit
			}
			d.coded = data
		}
	}
}

// feed gives the decoder a piece of what has arrived.
func (d *decoding) feed() {
	n := min(len(d.coded), codedPiece)
	d.decoder.Feed(d.coded[:n])
	d.coded = d.coded[n:]
	d.left -= codedWeight * n
	d.busy = true
}

// passOn passes on what the decoder has, until it has no more, the turn is over, or it wants memory.
func (d *decoding) passOn() error {
	for d.busy && d.wants == 0 {
		if d.left <= 0 {
			d.paused = true
			return nil
		}
		data, more, err := d.decoder.Next()
		if err != nil {
			return codingError(err, d.res.framing.Kind)
		}
		d.busy = more
		d.wants = d.decoder.Holds() - d.holds // what it has taken without asking
		if d.wants = max(d.wants, 0); !d.client.memory.settle(d) {
			return d.tooLarge()
		}
		d.wants = d.decoder.Wants()
		d.left -= len(data)
		d.res.extra.bytesDecoded += int64(len(data))
		if d.req.OnBody != nil && len(data) > 0 {
			if err := d.res.give(d.req, data); err != nil {
				return err
			}
			if d.paused = d.res.resting(); d.paused {
				return nil
			}
		}
	}
	return nil
}

// finish decodes what is left of a body that the end of its connection has ended.
func (c *Client) finish(ctx context.Context, res *Response) error {
	d := res.decoding()
	d.closed = true
	take := func() {
		c.noteLag(res, c.engine.Now())
		_, _ = d.consume(nil, res.body) // see d.err
	}
	c.engine.Leaf(take)
	if err := c.takeTurns(ctx, res, take); err != nil {
		return err
	}
	if d.err != nil {
		return d.err
	}
	return res.finish(nil, nil, c.engine.Now())
}

// stopDecoding ends what is left of decoding the body of a fetch that has ended, and keeps the decoder.
func (c *Client) stopDecoding(res *Response) {
	c.engine.Leaf(res.decoding().stop)
	res.extra.decoding = nil
}

func (d *decoding) stop() {
	d.decoder.Stop()
	d.client.mu.Lock()
	d.client.decoders.Put(d.decoder)
	d.client.mu.Unlock()
	d.client.memory.giveBack(d)
}
