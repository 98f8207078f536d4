package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"crawl/internal/http1"
	"crawl/internal/link"
)

// A redirect is recognised where the head of a response is taken in, and everything is made ready there for the request
// that follows it; Do then only goes round again with that request. What it takes is allocated with the first redirect
// of a fetch, so that fetches without one pay nothing.
//
// Methods are rewritten as the Fetch standard has it (section "HTTP-redirect fetch"), and credentials are
// left out as curl does it: what the user gave is for the origin that was asked first. On a request to any
// other origin (scheme, host or port) there is none of it, and on one back to the first there is again.

// DefaultMaxRedirects is for who follows redirects: more than 5 are rare, and browsers give up after 20.
const DefaultMaxRedirects = 10

// The body of a redirect is read for the sake of the connection, and a new one is cheaper than more than that of either.
const (
	movedBody     = 16 << 10
	movedPatience = time.Second
)

// sameURL is how often one URL may be asked for in a row of redirects: the second time a cookie may make the difference.
const sameURL = 2

var (
	errLocations = errors.New("several Location fields that differ")
	errLoop      = errors.New("once more")
)

// Redirection is where redirects have led a fetch.
type Redirection struct {
	FinalURL link.URL // of the last request, with its fragment, without user information
	Hops     []Hop    // the responses that led there, at least one

	first   *Request // as Do was given it
	request Request  // the next, or the one that is under way
	url     link.URL // its URL
	kept    []Field  // its fields, where some of the first are left out
	bare    bool     // the body has been left behind
	advance func()   // makes ready for it, for Leaf
}

// A Hop is a response that is a redirect, and what it was the response to.
type Hop struct {
	Method string
	URL    link.URL // without user information
	Status int
}

// noteRedirect makes everything ready to follow the redirect whose head has been parsed. It sets moved, unless the
// response says itself what it has to say.
func (b *buffer) noteRedirect(most int) error {
	req, res := b.req, b.res
	if !isRedirect(res.Status) {
		return nil
	}
	location, err := locationOf(&b.head)
	if err != nil || location == "" {
		return err
	}
	next, err := req.URL.Resolve(location)
	if err != nil {
		return fail(RedirectLocation, fmt.Errorf("redirect to %q: %w", presentable(location), err))
	}
	if _, ok := next.Fragment(); !ok {
		if fragment, ok := req.URL.Fragment(); ok { // RFC 9110 section 10.2.2
			next = next.WithFragment(fragment)
		}
	}
	r := res.Redirection()
	if r == nil {
		r = &Redirection{first: req, request: *req}
		r.advance = res.advance
	}
	here := Hop{Method: req.method(), URL: withoutUserinfo(req.URL), Status: res.Status}
	method, bodiless := rewritten(here.Method, res.Status)
	if r.visits(method, &next, here) >= sameURL {
		return fail(RedirectLoop, fmt.Errorf("redirect to %q: %w", presentable(location), errLoop))
	}
	if len(r.Hops) >= most {
		return fail(RedirectLimit, fmt.Errorf("redirect to %q: there were %d before", presentable(location), len(r.Hops)))
	}
	r.Hops = append(r.Hops, here)
	r.url, r.FinalURL = next, withoutUserinfo(&next)
	r.request.URL, r.request.Method = &r.url, method
	if bodiless {
		r.request.Body, r.bare = nil, true
	}
	r.request.Guarded = req.Guarded || b.client.fromPublic(res)
	r.request.elsewhere = next.Origin() != r.first.URL.Origin()
	r.request.Fields = r.fields()
	res.more().redirection, res.moved = r, true
	return nil
}

// noteLocation keeps where a redirect leads that is not followed.
func (b *buffer) noteLocation() error {
	if !isRedirect(b.res.Status) {
		return nil
	}
	location, err := locationOf(&b.head)
	if location != "" {
		b.res.more().location = location
	}
	return err
}

// isRedirect tells the statuses that say where to go instead (RFC 9110 section 15.4) from 300, 304 and those that no
// longer mean anything.
func isRedirect(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// locationOf is what Location says, "" if it says nothing: a redirect without it is an answer. If it comes several times
// with different values, there is no telling what is meant.
func locationOf(h *http1.Head) (string, error) {
	var location []byte
	for value := range h.Values("Location") {
		if location != nil && !bytes.Equal(location, value) {
			return "", fail(RedirectLocation, errLocations)
		}
		location = value
	}
	if utf8.Valid(location) {
		return string(location), nil
	}
	var escaped []byte // bytes of some other encoding stay what they are, as in browsers
	for _, c := range location {
		if c < utf8.RuneSelf {
			escaped = append(escaped, c)
		} else {
			escaped = fmt.Appendf(escaped, "%%%02X", c)
		}
	}
	return string(escaped), nil
}

// rewritten is the method to follow a redirect with, and whether that leaves the body behind.
func rewritten(method string, status int) (as string, bodiless bool) {
	switch {
	case (status == 301 || status == 302) && method == "POST",
		status == 303 && method != "GET" && method != "HEAD":
		return "GET", true
	}
	return method, false
}

// visits counts how often u has been asked for by that method, here included.
func (r *Redirection) visits(method string, u *link.URL, here Hop) (n int) {
	at := withoutUserinfo(u)
	same := func(h *Hop) {
		if h.Method == method && h.URL.Origin() == at.Origin() && h.URL.Target() == at.Target() {
			n++
		}
	}
	same(&here)
	for i := range r.Hops {
		same(&r.Hops[i])
	}
	return n
}

// fields are those of the first request that the next one has, too.
func (r *Redirection) fields() []Field {
	if !r.bare && !r.request.elsewhere {
		return r.first.Fields
	}
	r.kept = r.kept[:0]
	for _, f := range r.first.Fields {
		if r.bare && describesBody(f.Name) || r.request.elsewhere && isSecret(f.Name) {
			continue
		}
		r.kept = append(r.kept, f)
	}
	return r.kept
}

// describesBody reports whether a field is about the body of a request, and is gone with it.
func describesBody(name string) bool {
	return isOneOf(name, "Content-Type", "Content-Encoding", "Content-Language", "Content-Location")
}

// isSecret reports whether a field is for one origin only.
func isSecret(name string) bool {
	return isOneOf(name, "Authorization", "Cookie", "Proxy-Authorization")
}

func isOneOf(name string, names ...string) bool {
	for _, n := range names {
		if strings.EqualFold(name, n) {
			return true
		}
	}
	return false
}

// discard takes p as a part of the body of a redirect, and reports whether enough was read of it.
func (r *Response) discard(p []byte, body *http1.Body) (over bool) {
	tooMuch := r.framing.Kind == http1.Close || r.framing.Kind == http1.Length && r.framing.Length > movedBody
	for len(p) > 0 && !body.Done() && !tooMuch {
		data, n, err := body.Next(p)
		r.BytesBody += int64(len(data))
		tooMuch = err != nil || r.BytesBody > movedBody
		p = p[n:]
	}
	if len(p) > 0 || tooMuch {
		r.framing.KeepAlive = false
	}
	return tooMuch || body.Done()
}

// follow makes res ready for the next request of its redirection, and returns that. What became of the body of the
// redirect, err, is of no interest, unless it says that the fetch is over.
func (c *Client) follow(res *Response, err error) *Request {
	if class := ClassOf(err); class == Cancelled || class == TimeoutTotal {
		return nil
	}
	if err != nil {
		res.whole(c.engine.Now())
	}
	if res.trace() != nil {
		res.trace().tellHop(res, nil)
		res.trace().tell(&Event{Kind: EventRedirect, Text: res.Redirection().FinalURL.String()})
	}
	c.engine.Leaf(res.Redirection().advance)
	return &res.Redirection().request
}

// advance forgets what is known of a response that was a redirect.
func (r *Response) advance() {
	before := *r
	*r = Response{
		Started: before.Started, BytesWire: before.BytesWire, Lag: before.Lag, Timings: before.Timings, Sent: before.Sent,
		extra: before.extra,
	}
	*r.extra = extra{redirection: before.extra.redirection, trace: before.extra.trace}
}

// withoutUserinfo is u as it may be told.
func withoutUserinfo(u *link.URL) link.URL {
	if _, _, ok := u.Userinfo(); !ok {
		return *u
	}
	text := u.Origin() + u.Target()
	if fragment, ok := u.Fragment(); ok {
		text += "#" + fragment
	}
	v, err := link.Parse(text)
	if err != nil { // which cannot be
		return link.URL{}
	}
	return v
}

// presentable is what an error says of a Location: no user and password, and not too much.
func presentable(location string) string {
	const most = 200
	end := strings.IndexAny(location, "?#")
	if end < 0 {
		end = len(location)
	}
	if at := strings.LastIndexByte(location[:end], '@'); at >= 0 {
		location = "…" + location[at:]
	}
	if len(location) > most {
		location = strings.ToValidUTF8(location[:most], "") + "…"
	}
	return location
}
