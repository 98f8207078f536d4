package http1

import (
	"bytes"
	"errors"
	"math/bits"
	"slices"
	"strings"
	"testing"
)

// A head that comes byte by byte is scanned once: the next look begins at most at the last LF and the CR after it.
func TestHeadEndLooksOnce(t *testing.T) {
	raw := []byte(nginxHead)
	from := 0
	for n := range len(raw) {
		end, next, err := HeadEnd(raw[:n], from, Limits{})
		if end != -1 || err != nil {
			t.Fatalf("end %d, error %v after %d of %d bytes", end, err, n, len(raw))
		}
		if next < n-2 || next > n {
			t.Fatalf("after %d bytes the next look begins at %d", n, next)
		}
		from = next
	}
	if end, _, err := HeadEnd(raw, from, Limits{}); end != len(raw) || err != nil {
		t.Fatalf("end %d, error %v, want %d", end, err, len(raw))
	}
}

// A server of another protocol is found out by the first byte that differs, not after 256 KiB.
func TestHeadEndOtherProtocol(t *testing.T) {
	for _, first := range []string{"\x15", "S", "220 ", "H2", "HTTP/2", "ICY 200 OK", "\r\n", "<!DOCTYPE html>"} {
		_, _, err := HeadEnd([]byte(first), 0, Limits{})
		if !errors.Is(err, ErrHead) || !strings.Contains(err.Error(), "not an HTTP/1.x response") {
			t.Errorf("%q: error %v, want %v", first, err, ErrHead)
		}
	}
	for _, first := range []string{"", "H", "HTTP", "HTTP/1.", "HTTP/1.1 2"} {
		if end, _, err := HeadEnd([]byte(first), 0, Limits{}); end != -1 || err != nil {
			t.Errorf("%q: end %d, error %v, want more bytes", first, end, err)
		}
	}
}

// Parse wants the head and nothing else; bytes of the body in Raw would end up in the record.
func TestParseWantsOneHead(t *testing.T) {
	var h Head
	for raw, want := range map[string]error{
		ok + "A: b\r\n\r\n":      nil,
		ok + "A: b\r\n\r\nbody":  ErrHead,
		ok + "A: b\r\n":          ErrHead,
		ok + "A: b":              ErrField,
		ok + "A":                 ErrField,
		ok + "A: b\r\n c":        ErrField,
		ok:                       ErrHead,
		"HTTP/1.1 200 OK":        ErrHead,
		"":                       ErrHead,
		"\r\n":                   ErrHead,
		"HTTP/1.1 200 OK\n\nx":   ErrHead,
		"HTTP/1.1 200 OK\r\n\r":  ErrField,
		"HTTP/1.1 200\r\n\r\nxy": ErrHead,
	} {
		if err := h.Parse([]byte(raw), Limits{}); kind(err) != want {
			t.Errorf("%q: error %v, want kind %v", raw, err, want)
		}
	}
	// Cut anywhere, a head is an error, not a shorter head.
	for n := range len(nginxHead) {
		if err := h.Parse([]byte(nginxHead[:n]), Limits{}); err == nil {
			t.Errorf("accepted the first %d bytes", n)
		}
	}
}

// The limit holds to the byte in both places: before the end is there, and for who finds the end by other means.
func TestHeadLimit(t *testing.T) {
	raw := []byte(ok + "A: b\r\n\r\n")
	exact, short := Limits{Head: len(raw)}, Limits{Head: len(raw) - 1}
	if end, _, err := HeadEnd(raw, 0, exact); end != len(raw) || err != nil {
		t.Errorf("at the limit: end %d, error %v", end, err)
	}
	if _, _, err := HeadEnd(raw, 0, short); !errors.Is(err, ErrHeadLimit) {
		t.Errorf("a byte over the limit: error %v", err)
	}
	if _, _, err := HeadEnd(raw[:len(raw)-1], 0, short); !errors.Is(err, ErrHeadLimit) {
		t.Errorf("no end at the limit: error %v", err)
	}
	if _, _, err := HeadEnd(raw[:len(raw)-2], 0, short); err != nil {
		t.Errorf("no end a byte before the limit: error %v", err)
	}
	var h Head
	if err := h.Parse(raw, exact); err != nil {
		t.Errorf("Parse at the limit: error %v", err)
	}
	if err := h.Parse(raw, short); !errors.Is(err, ErrHeadLimit) {
		t.Errorf("Parse a byte over the limit: error %v", err)
	}
}

func TestHeadReuse(t *testing.T) {
	var h Head
	first := "HTTP/1.0  404 Gone\nA: b\r\n c\r\nD: e\r\n f\r\n\r\n"
	if err := h.Parse([]byte(first), Limits{}); err != nil {
		t.Fatal(err)
	}
	if err := h.Parse([]byte("HTTP/1.1 9"), Limits{}); err == nil {
		t.Fatal("accepted half a status line")
	}
	if err := h.Parse([]byte(ok+"X: y\r\n z\r\n\r\n"), Limits{}); err != nil {
		t.Fatal(err)
	}
	if got := joined(pairs(&h.Fields)); got != "X=y z" || h.Status != 200 || h.Minor != 1 || h.Anomalies != ObsFold || string(h.Reason()) != "OK" {
		t.Errorf("traces of an earlier head: %q %d %d %q %q", got, h.Status, h.Minor, h.Anomalies, h.Reason())
	}
	if string(h.folded) != "y z" {
		t.Errorf("joined values pile up: %q", h.folded)
	}
}

// Fields are offsets: the bytes may be copied and their buffer given back.
func TestRawMayMove(t *testing.T) {
	buf := []byte(ok + "A: b\r\nC: d\r\n e\r\n\r\n")
	want := string(buf)
	var h Head
	if err := h.Parse(buf, Limits{}); err != nil {
		t.Fatal(err)
	}
	h.Raw = bytes.Clone(h.Raw)
	clear(buf)
	if got := joined(pairs(&h.Fields)); got != "A=b|C=d e" || string(h.Reason()) != "OK" || string(h.Raw) != want {
		t.Errorf("after the move: fields %q, reason %q, raw %q", got, h.Reason(), h.Raw)
	}
}

func TestFields(t *testing.T) {
	var h Head
	raw := ok + "Set-Cookie: a=1\r\nVary: x, Accept-Encoding ,y\r\nset-cookie: b=2\r\nSET-COOKIE:\r\nVary: *\r\n\r\n"
	if err := h.Parse([]byte(raw), Limits{}); err != nil {
		t.Fatal(err)
	}
	var values []string
	for v := range h.Values("set-Cookie") {
		values = append(values, string(v))
	}
	if !slices.Equal(values, []string{"a=1", "b=2", ""}) {
		t.Errorf("Values: %q", values)
	}
	for v := range h.Values("Set-Cookie") {
		if string(v) != "a=1" {
			t.Errorf("Values went on after a break: %q", v)
		}
		break
	}
	for name := range h.All() {
		if string(name) != "Set-Cookie" {
			t.Errorf("All went on after a break: %q", name)
		}
		break
	}
	if v, found := h.Get("vary"); !found || string(v) != "x, Accept-Encoding ,y" {
		t.Errorf("Get: %q, %v", v, found)
	}
	for _, name := range []string{"Set-Cooki", "Set-Cookie2", "Set Cookie", ""} {
		if v, found := h.Get(name); found || v != nil {
			t.Errorf("Get(%q): %q", name, v)
		}
	}
	if name, value := h.At(2); h.Len() != 5 || string(name) != "set-cookie" || string(value) != "b=2" {
		t.Errorf("At(2) of %d: %q, %q", h.Len(), name, value)
	}
	for token, want := range map[string]bool{"accept-encoding": true, "X": true, "y": true, "*": true, "accept": false, "": false} {
		if h.HasToken("Vary", token) != want {
			t.Errorf("HasToken(%q) is not %v", token, want)
		}
	}
}

// The ordinary path allocates nothing, and neither do the ways to look at the result.
func TestNoAllocations(t *testing.T) {
	length := []byte(nginxHead + strings.Repeat("x", 2048))
	chunked := []byte(ok + "Transfer-Encoding: chunked\r\nA: b\r\n c\r\n\r\n5;x=y\r\nhello\r\n0\r\n\r\n")
	var (
		h    Head
		body Body
		sum  int
	)
	exchange := func(raw []byte) {
		end, _, err := HeadEnd(raw, 0, Limits{})
		if err != nil || h.Parse(raw[:end], Limits{}) != nil {
			t.Fatal("not accepted")
		}
		f, err := h.Framing("GET")
		if err != nil {
			t.Fatal(err)
		}
		body.Reset(f, Limits{})
		for p := raw[end:]; !body.Done(); {
			data, n, err := body.Next(p)
			if err != nil {
				t.Fatal(err)
			}
			sum += len(data)
			p = p[n:]
		}
		for range h.Values("Server") {
			sum++
		}
		for range h.All() {
			sum++
		}
		v, _ := h.Get("ETag")
		sum += len(v)
	}
	for name, raw := range map[string][]byte{"length": length, "chunked": chunked} {
		exchange(raw)
		if n := testing.AllocsPerRun(100, func() { exchange(raw) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	if sum == 0 {
		t.Error("nothing was read")
	}
}

func TestAnomalyNames(t *testing.T) {
	names := strings.Fields(anomalies)
	if n := bits.Len16(uint16(UselessFraming)); len(names) != n {
		t.Errorf("%d names for %d anomalies", len(names), n)
	}
	for a, want := range map[Anomaly]string{
		0: "", BareLF: "bare-lf", SpaceBeforeColon: "space-before-colon", UselessFraming: "useless-framing",
		ObsFold | CodingIn10: "obs-fold,coding-in-1.0",
	} {
		if a.String() != want {
			t.Errorf("anomaly %b is %q, want %q", a, a, want)
		}
	}
}

// An error says what and quotes it, escaped and bounded, in one line.
func TestErrorText(t *testing.T) {
	var h Head
	long := ok + "A" + strings.Repeat("\x1b", 1000) + ": b\r\n\r\n"
	err := h.Parse([]byte(long), Limits{})
	if text := err.Error(); len(text) > 64*4+100 || strings.ContainsAny(text, "\x1b\r\n") || !strings.HasPrefix(text, "http1: malformed field: the name is not a token in \"A\\x1b") {
		t.Errorf("text %q", text)
	}
	for raw, want := range map[string]string{
		ok + "Content-Length: \r\n\r\n":                       `http1: faulty framing: no number of bytes in "Content-Length: "`,
		ok + "Content-Length: 1\nContent-Length: 2\nX: y\n\n": `http1: faulty framing: different lengths, the last in "Content-Length: 2"`,
		ok + "A: b\rc\r\nX: y\r\n\r\n":                        `http1: malformed field: NUL or bare CR in "A: b\rc"`,
		"HTTP/1.1 20 OK\r\nX: y\r\n\r\n":                      `http1: malformed head: no status code from 100 to 999 in "HTTP/1.1 20 OK"`,
		ok + "Content-Length: 7\r\n\r\nab":                    `http1: truncated message: 5 bytes of the body are missing`,
	} {
		if m := read(whole([]byte(raw)), "GET", Limits{}); m.err == nil || m.err.Error() != want {
			t.Errorf("text %v, want %s", m.err, want)
		}
	}
}

// Trailers belong to one body.
func TestBodyReuse(t *testing.T) {
	var b Body
	b.Reset(Framing{Kind: Chunked}, Limits{})
	if _, n, err := b.Next([]byte("0\r\nA: b\r\n\r\n")); err != nil || n != 11 || !b.Done() || b.Trailers().Len() != 1 {
		t.Fatalf("n %d, error %v, done %v, %d trailers", n, err, b.Done(), b.Trailers().Len())
	}
	b.Reset(Framing{Kind: Length, Length: 1}, Limits{})
	if b.Done() || b.Trailers().Len() != 0 || len(b.Trailers().Raw) != 0 {
		t.Errorf("done %v, trailers %q", b.Done(), b.Trailers().Raw)
	}
	b.Reset(Framing{Kind: Chunked}, Limits{})
	if b.Done() {
		t.Error("done before the first byte")
	}
}
