package http1

import (
	"bytes"
	"strings"
	"testing"

	"crawl/internal/suites"
)

// vector is a case of the HTTP/1.1 suites that other projects wrote; its README explains the fields.
type vector struct {
	ID       string      `json:"id"`
	Title    string      `json:"title"`
	Raw      []byte      `json:"raw_b64"`
	Expect   *string     `json:"expect"`
	Status   *int        `json:"status"`
	Headers  [][2]string `json:"headers"`
	Body     *[]byte     `json:"body_b64"`
	Output   []byte      `json:"expected_output_b64"`
	Curl     *int        `json:"curl_errorcode"`
	Messages int         `json:"messages"`
	EOFBody  *bool       `json:"eof_body"`
	Interim  bool        `json:"interim"`
}

// TestSuiteCore: every case has to hold, whole and with every byte by itself.
func TestSuiteCore(t *testing.T) {
	list := suites.Read[vector](t, "http1-core.jsonl", 75)
	for _, v := range list {
		t.Run(v.ID+" "+v.Title, func(t *testing.T) {
			m := readAnyhow(t, v.Raw, "GET", Limits{})
			v.check(t, m)
		})
	}
}

func (v vector) check(t *testing.T, m message) {
	t.Helper()
	switch {
	case v.Interim:
		// The status is that of the 1xx; the final response counts for all else and may be cut off.
		if len(m.interim) == 0 || m.interim[0] != *v.Status || m.status/100 != 2 {
			t.Fatalf("interim %v, status %d, want %d and then a 2xx", m.interim, m.status, *v.Status)
		}
		return
	case *v.Expect == "reject":
		if m.err == nil {
			t.Fatalf("accepted: %v", m)
		}
		return
	case *v.Expect == "truncated":
		if kind(m.err) != ErrTruncated || m.stage != "body" {
			t.Fatalf("%s: error %v, want a truncated body", m.stage, m.err)
		}
	case m.err != nil:
		t.Fatalf("rejected: %v", m.err)
	}
	if v.Status != nil && m.status != *v.Status {
		t.Errorf("status %d, want %d", m.status, *v.Status)
	}
	if v.Headers != nil && joined(m.fields) != joined(v.Headers) {
		t.Errorf("fields %q, want %q", m.fields, v.Headers)
	}
	if v.Body != nil && !bytes.Equal(m.body, *v.Body) {
		t.Errorf("body %q, want %q", m.body, *v.Body)
	}
	if _, body, found := bytes.Cut(bytes.ReplaceAll(v.Output, []byte("\r\n"), []byte("\n")), []byte("\n\n")); found {
		if got := bytes.ReplaceAll(m.body, []byte("\r\n"), []byte("\n")); !bytes.Equal(got, body) {
			t.Errorf("body %q, want %q", got, body)
		}
	}
	if v.EOFBody != nil && *v.EOFBody != (m.framing.Kind == Close) {
		t.Errorf("framing %v, want the end of the connection to end the body: %v", m.framing.Kind, *v.EOFBody)
	}
	if v.Messages > 1 && len(m.leftover) == 0 {
		t.Errorf("the bytes of the following message are gone")
	}
}

// policy says which way we go with a group of cases on which real clients differ, and why.
type policy struct {
	why  string
	want string // "accept", or the kind of the error
	ids  string
}

var policies = []policy{
	{
		"Nothing but SP separates the parts of a status line, and nothing precedes it: other white space is where two readers begin to differ (§4 lets us be lenient, §2.2 asks only servers to skip an empty line). An extra CRLF before a response is also what is left over from a wrong length.",
		"malformed head", "llhttp-028 llhttp-075 httpparser-r6 wpth1-001 wpth1-018 wpth1-041 wpth1-042 wpth1-052",
	},
	{
		"A bare CR is a line end to some and a byte to others, so it can hide or make a field (§2.2).",
		"malformed head", "llhttp-031 llhttp-033 wptcr-2 wpth1-019 wpth1-021 wpth1-023 wpth1-024",
	},
	{
		"The same within fields.",
		"malformed field", "wptcr-7 curl-0415 wpth1-030 wpth1-031 wpth1-032 wpth1-033 wpth1-034",
	},
	{
		"NUL ends a string for some readers (RFC 9110 §5.5).",
		"malformed head", "curl-0262 wpth1-069 wpth1-075 wpth1-077 wpth1-079",
	},
	{
		"The same within fields.",
		"malformed field", "wpth1-080 wpth1-082 wpth1-084",
	},
	{
		"Only HTTP/1.x has the syntax we read: no other major version, no ICE, no version of many digits (§2.3).",
		"malformed head", "llhttp-034 llhttp-058 curl-1433",
	},
	{
		"Not a status line in any reading.",
		"malformed head", "wpth1-007 wpth1-036 wpth1-038 wpth1-086 wpth1-087 wpth1-092 wpth1-094",
	},
	{
		"A status code is three digits from 100 on (RFC 9110 §15); below 100 nobody knows whether a final response follows.",
		"malformed head", "wptsc-03 wptsc-06",
	},
	{
		"More spaces than one before the status have one reading; noted.",
		"accept", "llhttp-036 wpth1-059",
	},
	{
		"Bare LF is accepted as a line end in heads (§2.2); noted.",
		"accept", "llhttp-039 llhttp-066 curl-0151 wpth1-012",
	},
	{
		"A line without colon is no field. Skipping it would be safe only if all did.",
		"malformed field", "wpth1-010 wpth1-013 wpth1-015",
	},
	{
		"A name is a token (RFC 9110 §5.6.2). No reader agrees with another on what a space or a delimiter in it means.",
		"malformed field", "httpparser-e6 wpth1-047 wpth1-064",
	},
	{
		"White space before the colon is removed, as §5.1 tells a proxy to do with a response; noted. It is an error in the fields that frame the body (see TestWire).",
		"accept", "wpth1-048 wpth1-065",
	},
	{
		"White space before the first field: §2.2 asks to reject it or to drop the line. A dropped line is a lost field.",
		"malformed field", "curl-1473 wpth1-063",
	},
	{
		"Control bytes in a value are invalid, but RFC 9110 §5.5 lets a recipient keep them, and they move no boundary; noted.",
		"accept", "httpparser-e4 httpparser-e5",
	},
	{
		"101 ends HTTP: no body, what follows belongs to the other protocol (RFC 9110 §15.2.2), whatever lengths say.",
		"accept", "llhttp-011 httpparser-023 httpparser-024 httpparser-025",
	},
	{
		"Space after a chunk size and an empty extension have one reading (§7.1.1).",
		"accept", "llhttp-076 llhttp-082",
	},
	{
		"Lengths that differ (§6.3 rule 5), and numbers that are none: the RFC wants them rejected where Fetch reads to the end.",
		"faulty framing", "httpparser-e1 curl-0768 wptcl-11 wptcl-12 wptcl-13 wptcl-14 wptcl-20 wptcl-22 wptcl-23 wptcl-25 wptcl-26 wptcl-28 wptcl-29 wptcl-33 wptcl-35",
	},
	{
		"Equal lengths in a list are one length (§6.3 rule 5); noted.",
		"accept", "curl-0770 wptcl-02",
	},
	{
		"A transfer coding other than chunked cannot be decoded (§6.3 rule 4).",
		"faulty framing", "curl-1722 curl-2119",
	},
	{
		"Two Location fields are not a matter of the wire format; who follows redirects decides.",
		"accept", "curl-0772",
	},
	{
		"100 KB in one line is over the limit.",
		"fields too large", "curl-1154",
	},
	{
		"The head has no end, so what is wrong in it does not matter.",
		"truncated message", "wptinc-3",
	},
}

// TestSuitePolicy: every case has the outcome that its group declares, and every case is in a group.
func TestSuitePolicy(t *testing.T) {
	list := suites.Read[vector](t, "http1-policy.jsonl", 1)
	declared := map[string]string{}
	for _, p := range policies {
		for _, id := range strings.Fields(p.ids) {
			if declared[id] != "" {
				t.Errorf("%s is in two groups", id)
			}
			declared[id] = p.want
		}
	}
	for _, v := range list {
		t.Run(v.ID+" "+v.Title, func(t *testing.T) {
			m := readAnyhow(t, v.Raw, "GET", Limits{})
			got := "accept"
			if m.err != nil {
				got = kind(m.err).Error()
			}
			if got != declared[v.ID] {
				t.Errorf("outcome %q, declared %q: %v", got, declared[v.ID], m)
			}
			v.smuggled(t, m)
			// Where the source has an opinion on an accepted message and we accept it too, the contents are the same.
			if m.err == nil && v.Expect != nil && *v.Expect == "accept" && m.framing.Kind != Tunnel {
				v.check(t, m)
			}
		})
		delete(declared, v.ID)
	}
	for id := range declared {
		t.Errorf("%s is declared, but not in the suite", id)
	}
}

// smuggled looks for what must not be in an accepted message: line ends within a field or the reason, a body of a
// length other than announced, and a message that does not account for each of its bytes.
func (v vector) smuggled(t *testing.T, m message) {
	t.Helper()
	if m.err != nil {
		return
	}
	if strings.ContainsAny(m.reason+joined(m.fields), "\r\n\x00") {
		t.Errorf("line end or NUL within %q, fields %q", m.reason, m.fields)
	}
	if m.framing.Kind == Length && int64(len(m.body)) != m.framing.Length {
		t.Errorf("a body of %d bytes, announced were %d", len(m.body), m.framing.Length)
	}
	if !bytes.HasSuffix(v.Raw, m.leftover) {
		t.Errorf("leftover %q is not the end of %q", m.leftover, v.Raw)
	}
}

// TestHugeHead stands for the case of 827 kB that was left out of the suite for its size.
func TestHugeHead(t *testing.T) {
	raw := []byte(ok + strings.Repeat("X-Filler: "+strings.Repeat("y", 1000)+"\r\n", 820) + "\r\n")
	for name, pieces := range map[string][][]byte{"whole": whole(raw), "bytewise": bytewise(raw), "halves": splitAt(raw, len(raw)/2)} {
		if m := read(pieces, "GET", Limits{}); kind(m.err) != ErrHeadLimit {
			t.Errorf("%s: error %v, want %v", name, m.err, ErrHeadLimit)
		}
	}
	m := read(bytewise(raw), "GET", Limits{Head: 1 << 20})
	if m.err != nil || len(m.fields) != 820 {
		t.Errorf("with a higher limit: error %v, %d fields", m.err, len(m.fields))
	}
}
