package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"
)

// jsonLines writes results as JSON, one object a line, in which nothing commands a terminal: besides what the encoder escapes,
// DEL, the C1 controls, and what turns the direction of text round are.
type jsonLines struct {
	w   *bufio.Writer
	buf bytes.Buffer
	enc *json.Encoder
}

func newJSONLines(w io.Writer) *jsonLines {
	j := &jsonLines{w: bufio.NewWriter(w)}
	j.enc = json.NewEncoder(&j.buf)
	j.enc.SetEscapeHTML(false)
	return j
}

// write writes one object. Its error, as that of flush, is of the output.
func (j *jsonLines) write(v any) error {
	j.buf.Reset()
	if err := j.enc.Encode(v); err != nil {
		return err
	}
	for b := j.buf.Bytes(); len(b) > 0; {
		r, size := utf8.DecodeRune(b)
		if r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			fmt.Fprintf(j.w, `\u%04x`, r)
		} else {
			_, _ = j.w.Write(b[:size]) // flush returns the error
		}
		b = b[size:]
	}
	if j.w.Buffered() > 0 && j.w.Available() == 0 {
		return j.flush()
	}
	return nil
}

func (j *jsonLines) flush() error {
	if err := j.w.Flush(); err != nil {
		return ioError(fmt.Errorf("standard output: %w", err))
	}
	return nil
}

// flushingReader flushes what is written before it waits for more to read, so that who asks line by line gets an answer.
type flushingReader struct {
	in  io.Reader
	out *jsonLines
}

func (f flushingReader) Read(p []byte) (int, error) {
	if err := f.out.flush(); err != nil {
		return 0, err
	}
	return f.in.Read(p)
}
