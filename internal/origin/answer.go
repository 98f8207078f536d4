package origin

import (
	"net/http"
	"strconv"
)

// buffer is what an answer is put together in. Connections borrow one for the time of a write.
type buffer struct {
	b    []byte
	tail []byte // what will stand at the end of the answer
}

const (
	// firstOutput holds the answer with a page of the usual size.
	firstOutput = 4 << 10
	// maxOutput is what is written at once at most; a longer answer goes out in parts.
	maxOutput = 64 << 10
)

// head describes an ordinary response head.
type head struct {
	status      int
	contentType string // none if empty
	length      int64  // of the body; noLength and chunked are special
	extra       string // further field lines, each with its CRLF
}

// Special values of head.length.
const (
	noLength = -1 // no framing field: the body ends with the connection, or there is none
	chunked  = -2 // Transfer-Encoding: chunked
)

// output returns the buffer of the answer that is being put together.
func (c *conn) output() *buffer {
	if c.out == nil {
		c.out = c.srv.buffers.Get().(*buffer)
	}
	return c.out
}

// write adds s to the answer.
func (c *conn) write(s string) {
	out := c.output()
	out.b = append(out.b, s...)
}

// writeHead adds a response head to the answer.
func (c *conn) writeHead(h head) {
	out := c.output()
	out.b = appendHead(out.b, h, &c.req)
}

func appendHead(b []byte, h head, req *request) []byte {
	b = appendStatusLine(b, h.status)
	b = append(b, "Server: crawl-origin\r\n"...)
	if h.contentType != "" {
		b = append(b, "Content-Type: "...)
		b = append(b, h.contentType...)
		b = append(b, "\r\n"...)
	}
	switch {
	case h.length >= 0:
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, h.length, 10)
		b = append(b, "\r\n"...)
	case h.length == chunked:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	}
	switch {
	case req.close:
		b = append(b, "Connection: close\r\n"...)
	case req.minor == '0':
		b = append(b, "Connection: keep-alive\r\n"...)
	}
	b = append(b, h.extra...)
	return append(b, "\r\n"...)
}

func appendStatusLine(b []byte, status int) []byte {
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, http.StatusText(status)...)
	return append(b, "\r\n"...)
}

// writeBody adds a body to the answer, unless it is one to HEAD.
func (c *conn) writeBody(body []byte) {
	if !c.req.headOnly {
		out := c.output()
		out.b = append(out.b, body...)
	}
}

// writeFiller adds n bytes of the endless text from offset off, and then tail. A long text goes out in
// parts; the last of them is left in the buffer.
func (c *conn) writeFiller(off, n int, tail []byte) error {
	for {
		out := c.output()
		for n > 0 && len(out.b) < maxOutput {
			part := c.srv.cut(off, min(n, maxOutput-len(out.b)))
			out.b = append(out.b, part...)
			off, n = off+len(part), n-len(part)
		}
		if n <= 0 {
			out.b = append(out.b, tail...)
			return nil
		}
		if err := c.send(out); err != nil {
			return err
		}
	}
}

// flush writes what is in the buffer and gives the buffer back.
func (c *conn) flush() error {
	if c.out != nil {
		out := c.out
		c.out = nil
		_ = c.send(out) // returned below
		if cap(out.b) <= 2*maxOutput {
			c.srv.buffers.Put(out)
		}
	}
	return c.err
}

// send writes the buffer and empties it. After the first error nothing is written any more.
func (c *conn) send(out *buffer) error {
	if c.err == nil && len(out.b) > 0 {
		var n int
		n, c.err = c.nc.Write(out.b)
		if !c.quiet {
			c.srv.count.bytes.Add(int64(n))
		}
	}
	out.b = out.b[:0]
	return c.err
}
