package origin

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"strconv"
)

// size: a body of N bytes with Content-Length.
func (f *fault) size() bool {
	n := f.count(maxBody)
	return f.wrong() || f.filler(200, n)
}

// chunked: N bytes in chunks, RFC 9112 section 7.1.
func (f *fault) chunked() bool {
	n, chunk := f.count(maxBody), f.number("chunk", 4096, 1, maxBody)
	trailers, extension := f.flag("trailers"), f.flag("ext")
	broken := f.choice("broken", "no", "size", "crlf", "end")
	if f.wrong() {
		return true
	}
	h := head{status: 200, contentType: typeText, length: chunked}
	if trailers {
		h.extra = "Trailer: X-Length, X-Chunks\r\n"
	}
	f.writeHead(h)
	if f.req.headOnly {
		return f.done(200)
	}
	suffix, end := "\r\n", "\r\n"
	if extension {
		suffix = `;word=token;quoted="a \"b\"; c"` + suffix
	}
	switch broken {
	case "size":
		f.write("zz\r\nhello\r\n0\r\n\r\n")
		return f.over(200)
	case "crlf":
		end = "XX"
	}
	chunks := 0
	for off := 0; off < n; off += chunk {
		size := min(chunk, n-off)
		f.write(strconv.FormatInt(int64(size), 16) + suffix)
		if f.writeFiller(off, size, []byte(end)) != nil {
			return false
		}
		chunks++
	}
	if broken == "end" {
		return f.over(200)
	}
	f.write("0" + suffix)
	if trailers {
		f.write("X-Length: " + decimal(n) + "\r\nX-Chunks: " + decimal(chunks) + "\r\n")
	}
	f.write("\r\n")
	if broken != "no" {
		return f.over(200)
	}
	return f.done(200)
}

// closeDelimited: N bytes, ended by the end of the connection, RFC 9112 section 6.3 rule 8.
func (f *fault) closeDelimited() bool {
	n := f.count(maxBody)
	if f.wrong() {
		return true
	}
	f.silently()
	f.writeHead(head{status: 200, contentType: typeText, length: noLength})
	if !f.req.headOnly && f.writeFiller(0, n, nil) != nil {
		return false
	}
	return f.over(200)
}

// truncate: announces M bytes, sends N and closes.
func (f *fault) truncate() bool {
	n := f.count(maxBody)
	of := f.number("of", n+1, 0, maxBody)
	if of <= n {
		f.fail("of: %d is not more than %d", of, n)
	}
	if f.wrong() {
		return true
	}
	f.writeHead(head{status: 200, contentType: typeText, length: int64(of)})
	if f.writeFiller(0, n, nil) != nil {
		return false
	}
	return f.over(200)
}

// gzip: a body that decodes to N bytes, RFC 1952.
func (f *fault) gzip() bool {
	return f.encoded("gzip", func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
}

// deflate: the same in the zlib format, as RFC 9110 section 8.4.1.2 says, or without its wrapper, as
// some servers send it.
func (f *fault) deflate() bool {
	return f.encoded("deflate", func(w io.Writer) io.WriteCloser {
		if f.flag("raw") {
			// The only error is about a level that does not exist.
			fw, _ := flate.NewWriter(w, flate.DefaultCompression)
			return fw
		}
		return zlib.NewWriter(w)
	})
}

// maxEncoded bounds a body that decodes to zeros: enough to be a bomb, made in about a second.
const maxEncoded = 1 << 28

func (f *fault) encoded(coding string, encoder func(io.Writer) io.WriteCloser) bool {
	zeros := f.flag("zeros")
	most := maxMemory
	if zeros {
		most = maxEncoded
	}
	n := f.count(most)
	var b bytes.Buffer
	if f.bad == nil {
		if err := f.encode(encoder(&b), n, zeros); err != nil {
			f.fail("%s: %w", coding, err)
		}
	}
	wire := b.Bytes()
	cut := f.number("cut", 0, 0, len(wire))
	wire = wire[:len(wire)-cut]
	if f.flag("corrupt") && len(wire) > 0 {
		wire[len(wire)/2] ^= 0xff
	}
	wire = append(wire, f.srv.Filler(f.number("extra", 0, 0, maxMemory))...)
	if f.wrong() {
		return true
	}
	f.writeHead(head{status: 200, contentType: typeText, length: int64(len(wire)), extra: "Content-Encoding: " + coding + "\r\n"})
	f.writeBody(wire)
	return f.done(200)
}

func (f *fault) encode(w io.WriteCloser, n int, zeros bool) error {
	block := make([]byte, textSize)
	for off := 0; off < n; {
		part := block[:min(textSize, n-off)]
		if !zeros {
			part = f.srv.cut(off, n-off)
		}
		if _, err := w.Write(part); err != nil {
			return fmt.Errorf("encode: %w", err)
		}
		off += len(part)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	return nil
}
