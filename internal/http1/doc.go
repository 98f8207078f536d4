// Package http1 is the wire format of HTTP/1.1 (RFC 9112) as a client needs it: it finds the end of
// a response's head, parses it, decides how the body ends, decodes the chunked coding, and writes
// the head of a request.
//
// Its one rule: a response has one reading or none. What every reader takes the same way, however
// ugly, is accepted and noted in [Head.Anomalies] (bare LF, obs-fold, control bytes in a value).
// What two readers could take differently is an error: two lengths that differ, an unknown transfer
// coding, a bare CR, a NUL, a space inside a field name, a chunk line that does not end in CRLF.
// Between the two stand Content-Length together with Transfer-Encoding, and Transfer-Encoding in
// HTTP/1.0: read as the RFC says, and the connection is not used again.
//
// The order of calls for one exchange:
//
//	AppendRequest → HeadEnd until it finds an end → Head.Parse → Head.Framing
//	→ while Head.Interim: HeadEnd again on the bytes that follow
//	→ Body.Reset, Body.Next until Body.Done (Body.EOF when the connection ends first)
//
// Nothing here does I/O, keeps time, or holds more than offsets into the caller's bytes, and the
// ordinary path allocates nothing once a [Head] has been used. Left out: pipelining, HTTP/0.9,
// transfer codings other than chunked, chunked request bodies, and the meaning of any field beyond
// framing (content codings, redirects, cookies).
package http1
