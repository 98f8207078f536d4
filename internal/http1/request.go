package http1

import "strconv"

// Pair is a field of a request.
type Pair struct{ Name, Value string }

// Request is the head of a request. Host and the fields that frame the body are not among Fields: AppendRequest
// writes them itself, so that no request can say two things about its own end.
type Request struct {
	Method string // a token; case matters
	Target string // "/path?query", "http://host/path" to a proxy, "host:port" for CONNECT, "*" for OPTIONS
	Host   string // for the Host field: "host" or "host:port", IPv6 in brackets; "" is allowed (RFC 9112 §3.2)
	Fields []Pair // written in this order, after Host
	Length int64  // bytes of the body that the caller sends next; 0 is no body
}

// AppendRequest appends the head of r to dst and returns the longer slice. If a part of r could not
// be sent as one request with one meaning, it returns dst as it was and an *Error of kind ErrRequest.
func AppendRequest(dst []byte, r *Request) ([]byte, error) {
	if err := r.check(); err != nil {
		return dst, err
	}
	dst = append(dst, r.Method...)
	dst = append(dst, ' ')
	dst = append(dst, r.Target...)
	dst = append(dst, " HTTP/1.1\r\nHost: "...)
	dst = append(dst, r.Host...)
	dst = append(dst, "\r\n"...)
	for i := range r.Fields {
		f := &r.Fields[i]
		dst = append(dst, f.Name...)
		dst = append(dst, ": "...)
		dst = append(dst, f.Value...)
		dst = append(dst, "\r\n"...)
	}
	// A method that expects content says so even if there is none (RFC 9110 §8.6).
	if r.Length > 0 || r.Method == "POST" || r.Method == "PUT" || r.Method == "PATCH" {
		dst = append(dst, "Content-Length: "...)
		dst = strconv.AppendInt(dst, r.Length, 10)
		dst = append(dst, "\r\n"...)
	}
	return append(dst, "\r\n"...), nil
}

func (r *Request) check() error {
	switch {
	case !ValidToken(r.Method):
		return failRequest("method", r.Method)
	case !ValidTarget(r.Target):
		return failRequest("target", r.Target)
	case !ValidHost(r.Host):
		return failRequest("host", r.Host)
	case r.Length < 0:
		return failRequest("length", strconv.FormatInt(r.Length, 10))
	}
	for i := range r.Fields {
		f := &r.Fields[i]
		switch {
		case !ValidToken(f.Name):
			return failRequest("field name", f.Name)
		case Reserved(f.Name):
			return failRequest("field, it is not for the caller:", f.Name)
		case !ValidValue(f.Value):
			return failRequest("value of "+f.Name, f.Value)
		}
	}
	return nil
}

func failRequest(what, offender string) error {
	return fail(ErrRequest, what, []byte(offender))
}

// Reserved reports whether a field of this name is refused in [Request.Fields]: Host and
// Content-Length come from elsewhere in the Request, and a chunked request body is not supported.
func Reserved(name string) bool {
	switch len(name) {
	case len("Host"):
		return equalFold([]byte(name), "Host")
	case len("Content-Length"):
		return equalFold([]byte(name), "Content-Length")
	case len("Transfer-Encoding"):
		return equalFold([]byte(name), "Transfer-Encoding")
	}
	return false
}

// AsksToClose reports whether fields tell the server to close the connection after its response; the client must
// not use it again then, whatever the response says (RFC 9112 §9.6).
func AsksToClose(fields []Pair) bool {
	for i := range fields {
		f := &fields[i]
		if len(f.Name) == len("Connection") && equalFold([]byte(f.Name), "Connection") && listHas([]byte(f.Value), "close") {
			return true
		}
	}
	return false
}

// ValidToken reports whether s is a token (RFC 9110 §5.6.2), as methods and field names are.
func ValidToken(s string) bool {
	for i := range len(s) {
		if !isToken(s[i]) {
			return false
		}
	}
	return s != ""
}

// ValidValue reports whether s may be sent as a field value: no control byte but HTAB (RFC 9110 §5.5).
func ValidValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// ValidTarget reports whether s may be sent as a request target: visible ASCII, without a fragment (RFC 9112 §3.2).
// It does not look at the form; escaping the rest is the URL parser's task.
func ValidTarget(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '#' {
			return false
		}
	}
	return s != ""
}

// ValidHost reports whether s may be sent in a Host field: bytes that RFC 3986 §3.2 allows in a host and a port. User
// information is not among them.
func ValidHost(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c|0x20 && c|0x20 <= 'z', isDigit(c):
		case c == '-', c == '.', c == '_', c == '~', c == ':', c == '[', c == ']', c == '%':
		case c == '!', c == '$', c == '&', c == '\'', c == '(', c == ')', c == '*', c == '+', c == ',', c == ';', c == '=':
		default:
			return false
		}
	}
	return true
}
