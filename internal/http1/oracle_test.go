package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"crawl/internal/suites"
)

// The oracle is net/http: whatever both accept has to be the same message. Where they differ on
// purpose, one of the two rejects, or the message carries an anomaly that compare knows:
//
//   - CodingIn10: net/http ignores Transfer-Encoding in HTTP/1.0, we decode it and then close.
//   - SpaceBeforeColon: net/http keeps the space as part of the name, so the field has no effect there.
//   - ObsFold: an empty continuation line leaves a space at the end of the value there.
//   - CONNECT: net/http sees a body where we see a tunnel, so it is not compared.
//   - Persistence: we keep fewer connections, never more.
//
// Only net/http accepts: a bare CR or NUL in the reason phrase, other major versions, names with a
// space, status codes below 100, bare LF among trailers. Only we accept: a list of equal lengths,
// control bytes in values.

// reference is what net/http makes of raw.
func reference(raw []byte, method string) (m message, resp *http.Response) {
	br := bufio.NewReader(bytes.NewReader(raw))
	for {
		resp, m.err = http.ReadResponse(br, &http.Request{Method: method})
		if m.err != nil {
			return m, nil
		}
		if resp.StatusCode >= 200 || resp.StatusCode == 101 {
			break
		}
		m.interim = append(m.interim, resp.StatusCode)
	}
	m.status = resp.StatusCode
	m.body, m.err = io.ReadAll(resp.Body)
	m.leftover, _ = io.ReadAll(br)
	return m, resp
}

// compare reports every difference between our reading and the reference.
func compare(t *testing.T, raw []byte, method string, ours message) {
	t.Helper()
	theirs, resp := reference(raw, method)
	if resp == nil || ours.anomalies&CodingIn10 != 0 {
		return
	}
	truncated := kind(ours.err) == ErrTruncated && ours.stage == "body"
	switch {
	case ours.err != nil && !truncated:
		return
	case theirs.err != nil && !errors.Is(theirs.err, io.ErrUnexpectedEOF):
		return
	case truncated != (theirs.err != nil):
		t.Fatalf("truncated: %v here, %v there, in %q", ours.err, theirs.err, raw)
	}
	if ours.status != theirs.status || len(ours.interim) != len(theirs.interim) {
		t.Fatalf("status %v %d here, %v %d there, in %q", ours.interim, ours.status, theirs.interim, theirs.status, raw)
	}
	if !bytes.Equal(ours.body, theirs.body) {
		t.Fatalf("body %q here, %q there, in %q", ours.body, theirs.body, raw)
	}
	if !truncated && !bytes.Equal(ours.leftover, theirs.leftover) {
		t.Fatalf("leftover %q here, %q there, in %q", ours.leftover, theirs.leftover, raw)
	}
	compareHead(t, raw, ours, resp)
}

func compareHead(t *testing.T, raw []byte, ours message, resp *http.Response) {
	t.Helper()
	chunked := len(resp.TransferEncoding) == 1
	if f := ours.framing; f.Kind == Chunked != (chunked && resp.Body != http.NoBody) && resp.Request.Method != "HEAD" && ours.status != 304 {
		t.Fatalf("framing %v here, transfer encoding %q there, in %q", f.Kind, resp.TransferEncoding, raw)
	} else if f.Kind == Length && f.Length != resp.ContentLength {
		t.Fatalf("length %d here, %d there, in %q", f.Length, resp.ContentLength, raw)
	}
	if ours.anomalies&SpaceBeforeColon != 0 {
		return
	}
	if ours.framing.KeepAlive && resp.Close {
		t.Fatalf("we keep a connection that the reference closes, in %q", raw)
	}
	if ours.anomalies == 0 && ours.framing.Kind != Close && ours.framing.Kind != Tunnel && !ours.framing.KeepAlive && !resp.Close &&
		ours.status != 304 && resp.Request.Method != "HEAD" {
		t.Fatalf("we close a connection without anomaly that the reference keeps, in %q", raw)
	}
	if reason := strings.Trim(resp.Status[len("200"):], " \t"); ours.reason != reason {
		t.Fatalf("reason %q here, %q there, in %q", ours.reason, reason, raw)
	}
	if ours.anomalies&ObsFold != 0 {
		return
	}
	fields := http.Header{}
	for _, f := range ours.fields {
		fields.Add(f[0], f[1])
	}
	for name, values := range fields {
		switch name {
		case "Transfer-Encoding", "Content-Length", "Trailer", "Connection": // ReadResponse takes these for itself
			continue
		}
		if strings.Join(values, "|") != strings.Join(resp.Header[name], "|") {
			t.Fatalf("%s: %q here, %q there, in %q", name, values, resp.Header[name], raw)
		}
	}
}

// TestOracle compares on everything the other tests have.
func TestOracle(t *testing.T) {
	both := 0
	try := func(raw []byte, method string) {
		m := read(whole(raw), method, Limits{})
		compare(t, raw, method, m)
		if _, resp := reference(raw, method); m.err == nil && resp != nil {
			both++
		}
	}
	for _, w := range wires {
		w := w.complete()
		if w.method == "CONNECT" || w.lim != (Limits{}) {
			continue
		}
		try([]byte(w.raw), w.method)
	}
	if both < 60 {
		t.Errorf("only %d cases are accepted by both, the comparison has lost its object", both)
	}
	for _, name := range []string{"http1-core.jsonl", "http1-policy.jsonl"} {
		t.Run(name, func(t *testing.T) {
			for _, v := range suites.Read[vector](t, name, 1) {
				m := read(whole(v.Raw), "GET", Limits{})
				compare(t, v.Raw, "GET", m)
			}
		})
	}
}
