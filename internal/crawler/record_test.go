package crawler

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"crawl/internal/fetch"
)

var update = flag.Bool("update", false, "write the golden files")

const goldenRecords = "testdata/records.txt"

// kinds is a record of each kind there is.
func kinds() []struct {
	name   string
	record Record
} {
	started := time.Date(2026, 7, 28, 9, 5, 7, 1_234_567, time.FixedZone("", 2*3600))
	digest := sha256.Sum256([]byte("hello"))
	const µs, ms = time.Microsecond, time.Millisecond
	return []struct {
		name   string
		record Record
	}{
		{"a page over a new connection, with a digest", Record{
			URL: "http://example.com/a", Status: 200, Class: fetch.OK, Attempts: 1,
			MediaType: "text/html", Charset: "utf-8", BytesWire: 2310, BytesBody: 2048, Digest: digest[:],
			Remote: "192.0.2.7:80", Protocol: "HTTP/1.1", Started: started,
			Timings: fetch.Timings{DNS: 1200 * µs, Connect: 8 * ms, FirstByte: 21*ms + 345*µs, Body: 999, Total: 30*ms + 546*µs},
		}},
		{"a page over a warm connection", Record{
			URL: "http://example.com/b", Status: 200, Class: fetch.OK, Attempts: 1,
			MediaType: "text/html", BytesWire: 2310, BytesBody: 2048, Remote: "192.0.2.7:80", Protocol: "HTTP/1.1",
			Started: started, Timings: fetch.Timings{FirstByte: 400 * µs, Body: 20 * µs, Total: 420 * µs},
		}},
		{"a page that was compressed", Record{
			URL: "http://example.com/c", Status: 200, Class: fetch.OK, Attempts: 1,
			MediaType: "text/html", Charset: "utf-8", Coding: "gzip", BytesWire: 1310, BytesBody: 1024, BytesDecoded: 5120, Digest: digest[:],
			Remote: "192.0.2.7:80", Protocol: "HTTP/1.1", Started: started, Timings: fetch.Timings{FirstByte: 400 * µs, Body: 20 * µs, Total: 420 * µs},
		}},
		{"a coding that is not known", Record{
			URL: "http://example.com/d", Status: 200, Class: fetch.ProtocolUnknownCoding, Err: errors.New(`unknown content coding: "\x1b[2j"`), Attempts: 1,
			Coding: "gzip, \x1b[2j", BytesWire: 300, Remote: "192.0.2.7:80", Protocol: "HTTP/1.1", Started: started, Timings: fetch.Timings{FirstByte: 400 * µs, Total: 420 * µs},
		}},
		{"a page over TLS", Record{
			URL: "https://example.com/a", Status: 200, Class: fetch.OK, Attempts: 1, BytesWire: 2310, BytesBody: 2048,
			Remote: "192.0.2.7:443", Protocol: "HTTP/1.1", TLS: fetch.NewTLSInfo(tls.VersionTLS13, tls.TLS_AES_128_GCM_SHA256, false),
			Started: started, Timings: fetch.Timings{Connect: 8 * ms, TLS: 9 * ms, FirstByte: 8 * ms, Total: 25 * ms},
		}},
		{"a page over TLS of a session that was there before", Record{
			URL: "https://example.com/b", Status: 200, Class: fetch.OK, Attempts: 1, BytesWire: 2310, BytesBody: 2048,
			Remote: "192.0.2.7:443", Protocol: "HTTP/1.1", TLS: fetch.NewTLSInfo(tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, true),
			Started: started, Timings: fetch.Timings{Connect: 8 * ms, TLS: 9 * ms, FirstByte: 8 * ms, Total: 25 * ms},
		}},
		{"a certificate that is no more", Record{
			URL: "https://old.example/", Class: fetch.TLSExpired, Err: errors.New("tls handshake: x509: certificate has expired"), Attempts: 1,
			Remote: "192.0.2.8:443", Started: started, Timings: fetch.Timings{Connect: 8 * ms, TLS: 9 * ms, Total: 17 * ms},
		}},
		{"a status that is no success, after three attempts", Record{
			URL: "http://example.com/busy", Status: 503, Class: fetch.OK, Attempts: 3, BytesWire: 80,
			Remote: "[2001:db8::1]:8080", Protocol: "HTTP/1.0", Started: started, Timings: fetch.Timings{Queue: 5 * ms, FirstByte: 2 * ms, Total: 7 * ms},
		}},
		{"a redirect that was followed", Record{
			URL: "http://example.com/old#part", FinalURL: "http://www.example.com/new#part", Status: 200, Class: fetch.OK, Attempts: 1, Redirects: 2,
			MediaType: "text/html", BytesWire: 2810, BytesBody: 2048, Remote: "192.0.2.8:80", Protocol: "HTTP/1.1",
			Started: started, Timings: fetch.Timings{Connect: 16 * ms, FirstByte: 42 * ms, Total: 59 * ms},
		}},
		{"redirects without an end", Record{
			URL: "http://example.com/loop", FinalURL: "http://example.com/loop", Status: 302, Class: fetch.RedirectLoop, Err: errors.New(`redirect to "/loop": once more`), Attempts: 1, Redirects: 1,
			BytesWire: 160, Remote: "192.0.2.7:80", Protocol: "HTTP/1.1", Started: started, Timings: fetch.Timings{FirstByte: 2 * ms, Total: 3 * ms},
		}},
		{"a server that asks for patience", Record{
			URL: "http://example.com/busy", Status: 429, Class: fetch.OK, Attempts: 1, RetryAfter: time.Hour - ms, BytesWire: 120,
			Remote: "192.0.2.7:80", Protocol: "HTTP/1.1", Started: started, Timings: fetch.Timings{FirstByte: 2 * ms, Total: 3 * ms},
		}},
		{"a part, with validators", Record{
			URL: "http://example.com/big", Status: 206, Class: fetch.OK, Attempts: 1, BytesWire: 300, BytesBody: 100,
			Range: "0-99/1234", ETag: `"abc"`, LastModified: "Tue, 28 Jul 2026 07:05:07 GMT",
			Remote: "192.0.2.7:80", Protocol: "HTTP/1.1", Started: started, Timings: fetch.Timings{FirstByte: 2 * ms, Total: 3 * ms},
		}},
		{"nobody listens", Record{
			URL: "http://192.0.2.1:81/", Class: fetch.ConnectRefused, Err: errors.New("dial tcp 192.0.2.1:81: connect: connection refused"), Attempts: 3,
			Started: started, Timings: fetch.Timings{Connect: 300 * µs, Total: 310 * µs},
		}},
		{"a name that does not exist", Record{
			URL: "http://nowhere.example/", Class: fetch.DNSNotFound, Err: errors.New(`lookup nowhere.example: no such host`), Attempts: 1,
			Started: started, Timings: fetch.Timings{DNS: 3 * ms, Total: 3 * ms},
		}},
		{"a page by a proxy", Record{
			URL: "http://example.com/c", Status: 200, Class: fetch.OK, Attempts: 1, BytesWire: 100, BytesBody: 2,
			Remote: "192.0.2.9:3128", Proxy: "http://proxy.example:3128", Protocol: "HTTP/1.1", Started: started, Timings: fetch.Timings{FirstByte: 9 * ms, Total: 9 * ms},
		}},
		{"a proxy that is not there", Record{
			URL: "https://example.com/", Class: fetch.ProxyConnect, Err: errors.New("proxy http://192.0.2.9:3128: dial tcp 192.0.2.9:3128: connect: connection refused"), Attempts: 3,
			Proxy: "http://192.0.2.9:3128", Started: started, Timings: fetch.Timings{Connect: 300 * µs, Total: 310 * µs},
		}},
		{"a response that broke off", Record{
			URL: "http://example.com/big", Status: 200, Class: fetch.ProtocolTruncated, Err: errors.New("connection ended in the body"), Attempts: 1,
			MediaType: "application/pdf", BytesWire: 70000, BytesBody: 69800, Remote: "192.0.2.7:80", Protocol: "HTTP/1.1",
			Started: started, Timings: fetch.Timings{FirstByte: 2 * ms, Body: 1500 * ms, Total: 1502 * ms},
		}},
		{"a loop that was late", Record{
			URL: "http://example.com/late", Status: 200, Class: fetch.OK, Attempts: 1, BytesWire: 100, BytesBody: 2, Remote: "192.0.2.7:80", Protocol: "HTTP/1.1",
			Started: started, Timings: fetch.Timings{FirstByte: 20 * ms, Total: 20 * ms}, Lag: 12*ms + 345*µs + 678,
		}},
		{"a lag that is not worth a word", Record{
			URL: "http://example.com/", Status: 204, Class: fetch.OK, Attempts: 1, BytesWire: 50, Remote: "192.0.2.7:80", Protocol: "HTTP/1.1",
			Started: started, Timings: fetch.Timings{FirstByte: 9 * ms, Total: 9 * ms}, Lag: MinLag - 1,
		}},
		{"a line that is no URL", Record{
			URL: "www.example.com", Class: fetch.Input, Err: errors.New("line 17: not an http:// or https:// URL"),
		}},
		{"a page that a link has led to", Record{
			URL: "http://example.com/guide/", Status: 200, Class: fetch.OK, Attempts: 1, MediaType: "text/html", Charset: "utf-8", BytesWire: 2310, BytesBody: 2048,
			Remote: "192.0.2.7:80", Protocol: "HTTP/1.1", Started: started, Timings: fetch.Timings{FirstByte: 400 * µs, Total: 420 * µs},
			Page: &PageFacts{Referrer: "http://example.com/", Depth: 1, Title: "The guide", Lang: "en", Canonical: "http://example.com/guide", Links: 42, Internal: 30, External: 11, Other: 1},
		}},
		{"a page that asks for a lot, and is disallowed", Record{
			URL: "http://example.com/secret", Status: 200, Class: fetch.OK, Attempts: 1, BytesWire: 2310, BytesBody: 2048, Remote: "192.0.2.7:80", Protocol: "HTTP/1.1",
			Started: started, Timings: fetch.Timings{FirstByte: 400 * µs, Total: 420 * µs}, Lag: MinLag,
			Page: &PageFacts{NoIndex: true, NoFollow: true, Disallowed: true, Rule: "line 3: Disallow: /secret"},
		}},
		{"a sitemap that is broken", Record{
			URL: "http://example.com/sitemap.xml", Status: 200, Class: fetch.OK, Attempts: 1, MediaType: "text/xml", BytesWire: 2310, BytesBody: 2048, Remote: "192.0.2.7:80", Protocol: "HTTP/1.1",
			Started: started, Timings: fetch.Timings{FirstByte: 400 * µs, Total: 420 * µs},
			Page: &PageFacts{Sitemap: "urlset", Entries: 12, Dropped: 2, SitemapError: "the sitemap declares XML entities"},
		}},
		{"a page that is the same as another", Record{
			URL: "http://example.com/copy", Status: 200, Class: fetch.OK, Attempts: 1, BytesWire: 2310, BytesBody: 2048, Remote: "192.0.2.7:80", Protocol: "HTTP/1.1",
			Started: started, Timings: fetch.Timings{FirstByte: 400 * µs, Total: 420 * µs},
			Page: &PageFacts{Referrer: "http://example.com/", Depth: 1, DuplicateOf: "http://example.com/guide/"},
		}},
		{"what robots.txt disallows", Record{
			URL: "http://example.com/private/", Class: SkipRobots, Err: errors.New("robots.txt line 3: Disallow: /private/"),
			Page: &PageFacts{Referrer: "http://example.com/guide/", Depth: 2, Rule: "line 3: Disallow: /private/"},
		}},
		{"a page that something was taken out of", Record{
			URL: "http://example.com/lamps", Status: 200, Class: fetch.OK, Attempts: 1, MediaType: "text/html", BytesWire: 2310, BytesBody: 2048,
			Remote: "192.0.2.7:80", Protocol: "HTTP/1.1", Started: started, Timings: fetch.Timings{FirstByte: 400 * µs, Total: 420 * µs},
			Extracted: &Extracted{
				Names: []string{"heading", "none", "size"}, Values: [][]byte{[]byte(`"Lamps"`), nil, []byte("-3")},
				Items: []byte(`[{"name":"Desk lamp","price":49.9},{"name":"Bulb"}]`), ItemErrors: []byte(`[{"item":1,"field":"price","problem":"not a float","text":"sold out"}]`),
			},
		}},
		{"a page that could not be taken apart", Record{
			URL: "http://example.com/deep", Status: 200, Class: fetch.OK, Attempts: 1, MediaType: "text/html", BytesWire: 2310, BytesBody: 2048,
			Remote: "192.0.2.7:80", Protocol: "HTTP/1.1", Started: started, Timings: fetch.Timings{FirstByte: 400 * µs, Total: 420 * µs},
			Extracted: &Extracted{Names: []string{"heading", "none", "size"}, Err: errors.New("open stack of elements exceeds 512 nodes")},
		}},
		{"hostile text", Record{
			URL: "http://example.com/\"\\\x00\x1b[2J\u009b\x7f\u2028\u202e\u2066é😀\xff", Class: fetch.Input, Err: errors.New("line 3: not valid UTF-8"),
		}},
	}
}

// TestAppendJSON: the line of each kind of record, as it has always been.
func TestAppendJSON(t *testing.T) {
	var b []byte
	for _, k := range kinds() {
		b = append(append(append(b, "# "...), k.name...), '\n')
		b = k.record.AppendJSON(b)
	}
	if *update {
		if err := os.WriteFile(goldenRecords, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenRecords)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(string(b), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		if i >= len(gotLines) || i >= len(wantLines) || gotLines[i] != wantLines[i] {
			t.Fatalf("%s:%d differs (-update writes it anew):\n got %q\nwant %q", goldenRecords, i+1, gotLines[min(i, len(gotLines)-1)], wantLines[min(i, len(wantLines)-1)])
		}
	}
}

// fieldOrder is the order of a record's fields, parts behind a dot.
func fieldOrder() []string {
	var all []string
	for _, f := range selectable(nil) {
		all = append(all, f.Name)
	}
	return all
}

// fieldsOf is the names of a record's fields in their order.
func fieldsOf(t testing.TB, line string) []string {
	t.Helper()
	return membersOf(t, json.NewDecoder(strings.NewReader(line)), "")
}

// membersOf reads an object, and those in it that have parts.
func membersOf(t testing.TB, d *json.Decoder, prefix string) (names []string) {
	t.Helper()
	token := func() json.Token {
		token, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	if token() != json.Delim('{') {
		t.Fatal("no object")
	}
	for d.More() {
		name, _ := token().(string)
		names = append(names, prefix+name)
		if name == "tls" && prefix == "" || name == "timings" {
			names = append(names, membersOf(t, d, name+".")...)
			continue
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatal(err)
		}
	}
	token()
	return names
}

// TestFieldOrder: fields come in the documented order, and there are no others.
func TestFieldOrder(t *testing.T) {
	seen := map[string]bool{}
	fieldOrder := fieldOrder()
	for _, k := range kinds() {
		last := -1
		for _, field := range fieldsOf(t, string(k.record.AppendJSON(nil))) {
			at := slices.Index(fieldOrder, field)
			if at <= last {
				t.Errorf("%s: field %q at the wrong place", k.name, field)
			}
			last = at
			seen[field] = true
		}
	}
	for _, field := range fieldOrder {
		if !seen[field] {
			t.Errorf("no kind of record has the field %q", field)
		}
	}
}

// TestFieldsAbsent: when a field is left out, as docs/records.md has it.
func TestFieldsAbsent(t *testing.T) {
	started := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	cases := []struct {
		name   string
		record Record
		want   string
	}{
		{"nothing but a class", Record{Class: fetch.OK}, `{"url":"","class":"ok"}`},
		{"status 0 has no bytes", Record{URL: "u", Class: fetch.ClosedEarly, BytesWire: 9, BytesBody: 9}, `{"url":"u","class":"closed.early"}`},
		{"bytes of 0 are told with a status", Record{URL: "u", Class: fetch.OK, Status: 200}, `{"url":"u","status":200,"class":"ok","bytes_wire":0,"bytes_body":0}`},
		{"a coding that was not undone", Record{URL: "u", Class: fetch.OK, Status: 200, Coding: "br", BytesBody: 5}, `{"url":"u","status":200,"class":"ok","coding":"br","bytes_wire":0,"bytes_body":5}`},
		{"a total of 0 is told", Record{URL: "u", Class: fetch.OK, Started: started}, `{"url":"u","class":"ok","started":"2026-01-01T00:00:00.000000Z","timings":{"total":0}}`},
		{"timings without a start are none", Record{URL: "u", Class: fetch.OK, Timings: fetch.Timings{DNS: 1e9, Total: 1e9}}, `{"url":"u","class":"ok"}`},
		{"a phase below a microsecond took no time", Record{URL: "u", Class: fetch.OK, Started: started, Timings: fetch.Timings{DNS: 999, Connect: 1000, Total: 1999}}, `{"url":"u","class":"ok","started":"2026-01-01T00:00:00.000000Z","timings":{"connect":1,"total":1}}`},
		{"a wait is told in whole seconds, at least", Record{URL: "u", Class: fetch.OK, RetryAfter: 1}, `{"url":"u","class":"ok","retry_after":1}`},
		{"the least lag", Record{URL: "u", Class: fetch.OK, Lag: MinLag}, `{"url":"u","class":"ok","lag":1000}`},
		{"an empty error is one", Record{URL: "u", Class: fetch.Internal, Err: errors.New("")}, `{"url":"u","class":"internal","error":""}`},
	}
	for _, c := range cases {
		if got := string(c.record.AppendJSON([]byte("before"))); got != "before"+c.want+"\n" {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// wantString is what a string comes back as after it has been a JSON string: what is not UTF-8 is U+FFFD, byte
// by byte.
func wantString(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		b.WriteRune(r)
		i += size
	}
	return b.String()
}

// checkString checks one string against encoding/json, and that nothing in it can command a terminal.
func checkString(t testing.TB, s string) {
	t.Helper()
	got := AppendString(nil, s)
	var decoded, oracle string
	if err := json.Unmarshal(got, &decoded); err != nil {
		t.Fatalf("%q: %s: %v", s, got, err)
	}
	theirs, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(theirs, &oracle); err != nil {
		t.Fatal(err)
	}
	if decoded != oracle || decoded != wantString(s) {
		t.Errorf("%q comes back as %q, from encoding/json as %q", s, decoded, oracle)
	}
	for _, r := range string(got) {
		if r < 0x20 || 0x7f <= r && r < 0xa0 || r == 0x2028 || r == 0x2029 {
			t.Errorf("%q: %q has %U unescaped", s, got, r)
		}
	}
	if !utf8.Valid(got) {
		t.Errorf("%q: %q is not UTF-8", s, got)
	}
}

// TestAppendString: every byte, every character that might be special, and many at random.
func TestAppendString(t *testing.T) {
	for b := range 256 {
		checkString(t, string([]byte{byte(b)}))
		checkString(t, "a"+string([]byte{byte(b)})+"z")
	}
	for r := range rune(0x3000) {
		checkString(t, string(r))
	}
	for _, s := range []string{"", "\ufffd", "\ufeff", "\U0010ffff", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80", "\xe2\x80", "é\xe2\x80\xa8\x9b", `\u0000`, "</script>", "a&b"} {
		checkString(t, s)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		checkString(t, randomString(rng))
	}
}

// randomString mixes plain text, specials and bytes that are not UTF-8.
func randomString(rng *rand.Rand) string {
	var b []byte
	for range rng.IntN(20) {
		switch rng.IntN(5) {
		case 0:
			b = append(b, byte(rng.IntN(256)))
		case 1:
			b = utf8.AppendRune(b, rng.Int32N(0x11_0000))
		case 2:
			b = utf8.AppendRune(b, rng.Int32N(0x2100))
		default:
			b = append(b, byte(' '+rng.IntN(95)))
		}
	}
	return string(b)
}

// TestAppendTime: the same as time's own formatting.
func TestAppendTime(t *testing.T) {
	const layout = "2006-01-02T15:04:05.000000Z"
	rng := rand.New(rand.NewPCG(3, 4))
	times := []time.Time{
		time.Unix(0, 0), time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC), time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2024, 2, 29, 23, 59, 59, 1000, time.FixedZone("east", 14*3600)), time.Date(2025, 1, 1, 0, 0, 0, 999, time.FixedZone("west", -12*3600-30*60)),
	}
	for range 20_000 {
		at := time.Unix(rng.Int64N(250_000_000_000), rng.Int64N(1e9)).In(time.FixedZone("", rng.IntN(100_000)-50_000))
		times = append(times, at, time.Unix(at.Unix(), rng.Int64N(1e9))) // the second has been written just before
	}
	var same second
	for _, at := range times {
		if got, want := string(same.appendTime([]byte("x"), at)), "x"+at.UTC().Format(layout); got != want {
			t.Errorf("%v: %s, want %s", at, got, want)
		}
		if _, err := time.Parse(time.RFC3339Nano, string(same.appendTime(nil, at))); err != nil {
			t.Error(err)
		}
	}
}

// FuzzRecordJSON: whatever is in a record, it is one line of JSON that says so.
func FuzzRecordJSON(f *testing.F) {
	f.Add("http://a/", "", "text/html", "utf-8", "192.0.2.1:80", 200, int64(3), int64(1e15), int64(1e6), []byte{1, 2})
	f.Add("\x00\xff\u2028", "\"\\\x1b", "\u009b", "\x7f", "", 0, int64(0), int64(-1), int64(1<<62), []byte(nil))
	f.Fuzz(func(t *testing.T, url, failure, mediaType, charset, remote string, status int, bytesWire, started, total int64, digest []byte) {
		r := Record{
			URL: url, Status: status, Class: fetch.OK, Attempts: 1, MediaType: mediaType, Charset: charset, Remote: remote, Proxy: remote,
			FinalURL: remote, ETag: charset, LastModified: mediaType, Range: url, Redirects: status,
			BytesWire: bytesWire, BytesBody: bytesWire / 2, Digest: digest, Protocol: "HTTP/1.1",
			Started: time.UnixMicro(started % (1 << 57)), Timings: fetch.Timings{Total: time.Duration(total), Body: time.Duration(total / 2)}, Lag: time.Duration(total),
		}
		if year := r.Started.UTC().Year(); year < 0 || year > 9999 {
			return // RFC 3339 has four digits
		}
		if failure != "" {
			r.Err, r.Class = errors.New(failure), fetch.Internal
		}
		b := r.AppendJSON(nil)
		if bytes.IndexByte(b, '\n') != len(b)-1 || !utf8.Valid(b) {
			t.Fatalf("not one line of UTF-8: %q", b)
		}
		got, err := parseRow(string(b))
		if err != nil {
			t.Fatal(err)
		}
		if got.URL != wantString(url) || got.Error != wantString(failure) || got.MediaType != wantString(mediaType) ||
			got.Charset != wantString(charset) || got.Remote != wantString(remote) || got.Proxy != wantString(remote) || got.Status != status || got.Class != string(r.Class) {
			t.Errorf("%q: %+v", b, got)
		}
		if got.FinalURL != got.Remote || got.ETag != got.Charset || got.LastModified != got.MediaType || got.Range != got.URL || got.Redirects != max(0, status) {
			t.Errorf("%q: %+v", b, got)
		}
		if status != 0 && (*got.BytesWire != bytesWire || *got.BytesBody != bytesWire/2) {
			t.Errorf("%q: bytes %d and %d", b, *got.BytesWire, *got.BytesBody)
		}
		if at, err := time.Parse(time.RFC3339Nano, got.Started); err != nil || !at.Equal(r.Started) {
			t.Errorf("%q: started %v (%v), want %v", b, at, err, r.Started)
		}
		if *got.Timings.Total != r.Timings.Total.Microseconds() || got.Timings.Body != max(0, r.Timings.Body.Microseconds()) {
			t.Errorf("%q: timings %+v", b, got.Timings)
		}
		if len(digest) > 0 && got.Digest != fmt.Sprintf("sha256:%x", digest) {
			t.Errorf("%q: digest %s", b, got.Digest)
		}
		checkString(t, url)
	})
}
