package http1

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

// message is what a client makes of a stream of bytes: one exchange.
type message struct {
	interim   []int // status codes before the final one
	status    int
	minor     uint8
	reason    string
	fields    [][2]string
	framing   Framing
	anomalies Anomaly
	body      []byte
	trailers  [][2]string
	leftover  []byte // what follows the message; kept only if the message ended by itself
	stage     string // where err came from: head, framing, body
	err       error
}

// read drives the package the way a connection would: pieces arrive one after the other, then the
// connection ends. It uses up each piece before it takes the next, so nothing is decided with hindsight.
func read(pieces [][]byte, method string, lim Limits) (m message) {
	var (
		buf  []byte
		head Head
		body Body
	)
	more := func() bool {
		if len(pieces) == 0 {
			return false
		}
		buf = append(buf, pieces[0]...)
		pieces = pieces[1:]
		return true
	}
	for {
		end, from := -1, 0
		for end < 0 {
			end, from, m.err = HeadEnd(buf, from, lim)
			if m.err != nil {
				m.stage = "head"
				return m
			}
			if end < 0 && !more() {
				m.stage, m.err = "head", fail(ErrTruncated, "the head has no end:", buf)
				return m
			}
		}
		if m.err = head.Parse(buf[:end:end], lim); m.err != nil {
			m.stage = "head"
			return m
		}
		buf = buf[end:]
		if !head.Interim() {
			break
		}
		m.interim = append(m.interim, head.Status)
	}
	head.Raw = bytes.Clone(head.Raw)
	m.framing, m.err = head.Framing(method)
	m.status, m.minor, m.reason, m.fields, m.anomalies = head.Status, head.Minor, string(head.Reason()), pairs(&head.Fields), head.Anomalies
	if m.err != nil {
		m.stage = "framing"
		return m
	}
	body.Reset(m.framing, lim)
	for !body.Done() {
		if len(buf) == 0 && !more() {
			m.stage, m.err = "body", body.EOF()
			m.trailers = pairs(body.Trailers())
			return m
		}
		data, n, err := body.Next(buf)
		if n == 0 && len(buf) > 0 && err == nil && !body.Done() {
			panic("no progress")
		}
		m.body = append(m.body, data...)
		if buf = buf[n:]; err != nil {
			m.stage, m.err = "body", err
			return m
		}
	}
	if err := body.EOF(); err != nil {
		panic("done, but truncated: " + err.Error())
	}
	m.trailers = pairs(body.Trailers())
	for more() {
	}
	m.leftover = buf
	return m
}

func pairs(f *Fields) (list [][2]string) {
	for name, value := range f.All() {
		list = append(list, [2]string{string(name), string(value)})
	}
	return list
}

// whole is one piece, bytewise one for each byte, splitAt two.
func whole(raw []byte) [][]byte { return [][]byte{raw} }

func bytewise(raw []byte) (pieces [][]byte) {
	for i := range raw {
		pieces = append(pieces, raw[i:i+1])
	}
	return pieces
}

func splitAt(raw []byte, i int) [][]byte { return [][]byte{raw[:i], raw[i:]} }

// kind returns the sentinel of err, or nil.
func kind(err error) error {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return err
}

// String has everything that must not depend on how the bytes arrive. Of an error that is its kind: the bytes
// it quotes may be fewer.
func (m message) String() string {
	return fmt.Sprintf("interim %v, status %d %q, minor %d, fields %q, framing %v %v %d, anomalies %v, body %q, trailers %q, leftover %q, stage %q, error %v",
		m.interim, m.status, m.reason, m.minor, m.fields, m.framing.Kind, m.framing.KeepAlive, m.framing.Length, m.anomalies,
		m.body, m.trailers, m.leftover, m.stage, kind(m.err))
}

// readAnyhow reads raw whole, byte by byte and split at every byte, checks that it is the same message each
// time, and returns it. Input of more than 1 KiB, all of it repetition, is split at some 50 places only.
func readAnyhow(t testing.TB, raw []byte, method string, lim Limits) message {
	t.Helper()
	m := read(whole(raw), method, lim)
	want := m.String()
	if got := read(bytewise(raw), method, lim).String(); got != want {
		t.Fatalf("byte by byte differs for %q\n got %s\nwant %s", raw, got, want)
	}
	step := 1
	if len(raw) > 1<<10 {
		step = len(raw) / 50
	}
	for i := 0; i <= len(raw); i += step {
		if got := read(splitAt(raw, i), method, lim).String(); got != want {
			t.Fatalf("split at %d differs for %q\n got %s\nwant %s", i, raw, got, want)
		}
	}
	return m
}
