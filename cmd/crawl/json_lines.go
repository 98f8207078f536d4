package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"crawl/internal/crawler"
)

// jsonLines writes results as JSON, one object a line, in which nothing commands a terminal.
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
	line := bytes.TrimSuffix(j.buf.Bytes(), []byte("\n"))
	_, _ = j.w.Write(append(crawler.AppendJSON(nil, line), '\n')) // flush returns the error
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
