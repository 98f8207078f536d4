package http1

import "math"

// Kind is how a body ends.
type Kind uint8

// The kinds. The rules are those of RFC 9112 §6.3.
const (
	// None: there is no body. HEAD, 1xx, 204, 304 (rule 1).
	None Kind = iota
	// Length: the body has Framing.Length bytes (rule 6).
	Length
	// Chunked: the last chunk ends it (rule 4).
	Chunked
	// Close: the end of the connection ends it (rule 8).
	Close
	// Tunnel: the bytes after the head are no longer HTTP: 101, or a 2xx to CONNECT (rule 2).
	Tunnel
)

func (k Kind) String() string {
	switch k {
	case None:
		return "none"
	case Length:
		return "length"
	case Chunked:
		return "chunked"
	case Close:
		return "close"
	default:
		return "tunnel"
	}
}

// Framing says how the body ends and what becomes of the connection.
type Framing struct {
	Kind      Kind
	KeepAlive bool  // once the body has ended, and if no byte follows it, the connection may be used again
	Length    int64 // bytes of the body if Kind is Length, else 0
}

// claims is what the fields of a head say about framing and persistence, before any rule is applied.
type claims struct {
	length    int64 // -1: no Content-Length
	lengthErr error // why Content-Length cannot be believed
	coded     bool  // Transfer-Encoding is there, and then it is chunked unless codingErr is set
	codingErr error
	close     bool // Connection: close
	keepAlive bool // Connection: keep-alive
	folded    bool // a framing field came in several lines, which not every reader joins
}

// Framing applies RFC 9112 §6.3 to the response to a request with this method:
//
//	1  HEAD, 1xx, 204, 304                     None, whatever the fields say
//	2  101; 2xx to CONNECT                     Tunnel
//	3  Transfer-Encoding and Content-Length    Chunked; not kept alive
//	4  Transfer-Encoding: chunked              Chunked; from HTTP/1.0 not kept alive (§6.1)
//	   any other Transfer-Encoding             ErrFraming: the RFC would read to the end of the
//	                                           connection, but we could not decode what we read
//	5  Content-Length not a number, or several
//	   that differ, or over 2⁶³−1              ErrFraming
//	6  Content-Length                          Length
//	8  neither                                 Close
//
// White space between the name of a framing field and its colon is ErrFraming too: readers differ on whether
// such a field counts. KeepAlive follows §9.3. Framing adds to h.Anomalies what only it can see.
func (h *Head) Framing(method string) (Framing, error) {
	c := claims{length: -1}
	h.collect(&c)
	claimed := c.coded || c.length >= 0 || c.lengthErr != nil
	keep := !c.close && (h.Minor >= 1 || c.keepAlive) &&
		!c.folded && c.lengthErr == nil && c.codingErr == nil

	if h.Status == 101 || method == "CONNECT" && h.Status/100 == 2 {
		if claimed {
			h.Anomalies |= UselessFraming
		}
		return Framing{Kind: Tunnel}, nil
	}
	if h.Status < 200 || h.Status == 204 {
		// A server that announces a body here may well send it, so only "length 0" is harmless.
		if claimed {
			h.Anomalies |= UselessFraming
		}
		return Framing{Kind: None, KeepAlive: keep && !c.coded && c.length <= 0}, nil
	}
	if c.coded {
		if h.Minor == 0 {
			h.Anomalies |= CodingIn10
			keep = false
		}
		if c.length >= 0 || c.lengthErr != nil {
			h.Anomalies |= LengthAndCoding
			keep = false
		}
	}
	switch {
	case method == "HEAD" || h.Status == 304:
		return Framing{Kind: None, KeepAlive: keep}, nil
	case c.codingErr != nil:
		return Framing{}, c.codingErr
	case c.coded:
		return Framing{Kind: Chunked, KeepAlive: keep}, nil
	case c.lengthErr != nil:
		return Framing{}, c.lengthErr
	case c.length >= 0:
		return Framing{Kind: Length, Length: c.length, KeepAlive: keep}, nil
	}
	return Framing{Kind: Close}, nil
}

// collect reads the three fields that matter in one pass; the length of the name rules out nearly all others.
func (h *Head) collect(c *claims) {
	for i := range h.spans {
		s := &h.spans[i]
		switch name := h.Raw[s.name:s.nameEnd]; len(name) {
		case len("Connection"):
			if equalFold(name, "Connection") {
				switch value := h.value(s); string(value) {
				case "keep-alive":
					c.keepAlive = true
				default:
					c.close = c.close || listHas(value, "close")
					c.keepAlive = c.keepAlive || listHas(value, "keep-alive")
				}
			}
		case len("Content-Length"):
			if equalFold(name, "Content-Length") {
				c.folded = c.folded || s.folded
				h.addLength(c, s)
			}
		case len("Transfer-Encoding"):
			if equalFold(name, "Transfer-Encoding") {
				c.folded = c.folded || s.folded
				h.addCoding(c, s)
			}
		}
	}
}

// addLength reads one Content-Length field: a decimal number, or a list of equal ones (rule 5).
func (h *Head) addLength(c *claims, s *span) {
	value := h.value(s)
	if s.spaced {
		c.lengthErr = failLine(ErrFraming, "white space before the colon in", h.Raw[s.name:])
		return
	}
	for from := 0; from <= len(value); {
		to := from
		for to < len(value) && value[to] != ',' {
			to++
		}
		a, b := trim(value, from, to)
		n, ok := parseLength(value[a:b])
		switch {
		case !ok:
			c.lengthErr = failLine(ErrFraming, "no number of bytes in", h.Raw[s.name:])
			return
		case c.length >= 0 && n != c.length:
			c.lengthErr = failLine(ErrFraming, "different lengths, the last in", h.Raw[s.name:])
			return
		case c.length >= 0:
			h.Anomalies |= RepeatedLength
		}
		c.length = n
		from = to + 1
	}
}

// addCoding reads one Transfer-Encoding field. One field with the one word "chunked" is all that is
// understood: chunked may be applied once only (§6.1), and nothing else can be decoded.
func (h *Head) addCoding(c *claims, s *span) {
	value := h.value(s)
	switch {
	case s.spaced:
		c.codingErr = failLine(ErrFraming, "white space before the colon in", h.Raw[s.name:])
	case c.coded:
		c.codingErr = failLine(ErrFraming, "a second transfer coding in", h.Raw[s.name:])
	case !equalFold(value, "chunked"):
		c.codingErr = failLine(ErrFraming, "not the coding chunked in", h.Raw[s.name:])
	}
	c.coded = true
}

// parseLength reads 1*DIGIT (RFC 9110 §8.6).
func parseLength(b []byte) (n int64, ok bool) {
	if len(b) == 0 {
		return 0, false
	}
	for _, c := range b {
		if !isDigit(c) || n > math.MaxInt64/10 {
			return 0, false
		}
		n = n*10 + int64(c-'0') // at most 7 over the largest int64, and then negative
		if n < 0 {
			return 0, false
		}
	}
	return n, true
}
