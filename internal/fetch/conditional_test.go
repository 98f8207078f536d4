//go:build unix

package fetch

import (
	"fmt"
	"strings"
	"testing"

	"crawl/internal/http1"
	"crawl/internal/link"
	"crawl/internal/origin"
)

// answerWith is a response with these fields and this body.
func answerWith(status int, body string, fields ...string) string {
	head := fmt.Sprintf("HTTP/1.1 %d x\r\n", status)
	for _, f := range fields {
		head += f + "\r\n"
	}
	if status == 304 {
		return head + "\r\n"
	}
	return head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
}

func versionURL(t testing.TB, rawURL string) string {
	t.Helper()
	u, err := link.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	return VersionURL(&u)
}

// TestConditional: what is asked when a version is known, and where.
func TestConditional(t *testing.T) {
	const etag, modified = `W/"1"`, "Sun, 06 Nov 1994 08:49:37 GMT"
	for _, c := range []struct {
		name, method, at string // where it is known from
		known            Version
		want             map[string]string // by target
	}{
		{"nothing", "GET", "/b", Version{}, nil},
		{"both", "GET", "/b", Version{ETag: etag, LastModified: modified}, map[string]string{"/b": etag + "|" + modified}},
		{"an etag", "HEAD", "/b", Version{ETag: etag}, map[string]string{"/b": etag + "|"}},
		{"a date", "GET", "/b", Version{LastModified: modified}, map[string]string{"/b": "|" + modified}},
		{"of the redirect", "GET", "/a?x", Version{ETag: etag}, map[string]string{"/a?x": etag + "|"}},
		{"of another page", "GET", "/bb", Version{ETag: etag}, nil},
		{"for a method that changes things", "PUT", "/b", Version{ETag: etag}, nil},
	} {
		onEach(t, func(t *testing.T, k kind) {
			s := newSite(t, map[string]string{"/a?x": redirectBy(307, "/b#f")})
			with(t, k.engine(t), following, func(cl client) error {
				if c.known != (Version{}) {
					c.known.URL = versionURL(t, s.base+c.at)
				}
				cl.do(strings.Replace(s.base, "//", "//u:p@", 1)+"/a?x#f", Request{Method: c.method, Selection: &Selection{Known: c.known}})
				return nil
			})
			for _, a := range s.take() {
				got := a.fields.Get("If-None-Match") + "|" + a.fields.Get("If-Modified-Since")
				if want := c.want[a.target]; got != want && (got != "|" || want != "") {
					t.Errorf("%s: %s was asked with %q, want %q", c.name, a.target, got, want)
				}
			}
		})
	}
}

// TestValidators: what is noted of a response, if somebody asks.
func TestValidators(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := newSite(t, map[string]string{})
		known := Version{URL: versionURL(t, s.base+"/a"), ETag: `"k"`, LastModified: "k"}
		for _, c := range []struct{ answer, want string }{
			{answerWith(200, "x", `ETag: "1"`, "Last-Modified: then"), `"1" then`},
			{answerWith(200, "x"), " "},
			{answerWith(203, "x", "etag: unquoted"), "unquoted "},
			{answerWith(200, "x", "ETag: \"\xe9\"", "Last-Modified: é"), " "},
			{answerWith(200, "x", "ETag: \""+strings.Repeat("x", maxValidator)+"\""), " "},
			{answerWith(304, "", `ETag: "2"`), `"2" `},
			{answerWith(304, ""), `"k" k`},
			{answerWith(404, "x", `ETag: "1"`), "none"},
			{answerWith(500, "x", `ETag: "1"`), "none"},
		} {
			s.page("/a", c.answer)
			with(t, k.engine(t), following, func(cl client) error {
				v := cl.do(s.base+"/a", Request{Selection: &Selection{Known: known}})
				got := "none"
				if v.Selected() != nil {
					got = v.Selected().ETag + " " + v.Selected().LastModified
				}
				if v.err != nil || got != c.want {
					t.Errorf("%q: %q, want %q: %v", c.answer, got, c.want, v.err)
				}
				if v := cl.get(s.base + "/a"); v.Selected() != nil {
					t.Errorf("nobody asked for %+v", v.Selected())
				}
				return nil
			})
		}
	})
}

func TestParsePart(t *testing.T) {
	for text, want := range map[string]Part{
		"0-0": {0, 0}, "0-99": {0, 99}, "5-": {5, -1}, "-7": {-1, 7}, "0-4611686018427387903": {0, 1<<62 - 1},
	} {
		if p, err := ParsePart(text); err != nil || p != want || p.String() != text {
			t.Errorf("%q: %+v, %q, %v", text, p, p.String(), err)
		}
	}
	for _, text := range []string{"", "-", "5", "5-4", "-0", "a-b", "+1-2", " 1-2", "1-2,4-5", "--1", "-1-2", "0-4611686018427387904", "bytes=0-1", "0x1-2"} {
		if p, err := ParsePart(text); err == nil {
			t.Errorf("%q: taken as %+v", text, p)
		}
	}
}

// TestRange: a part has to be one that was asked for, and as long as it says.
func TestRange(t *testing.T) {
	const whole = "0123456789"
	part := func(fields ...string) string { return answerWith(206, "2345", fields...) }
	for _, c := range []struct {
		ask, answer string
		class       Class
		noted       string
	}{
		{"2-5", answerWith(200, whole), OK, ""},
		{"2-5", part("Content-Range: bytes 2-5/10"), OK, "2-5/10"},
		{"2-5", part("Content-Range: bytes 2-5/*"), OK, "2-5/*"},
		{"2-5", part("Content-Range: BYTES  2-5/10"), OK, "2-5/10"},
		{"2-99", part("Content-Range: bytes 2-5/6"), OK, "2-5/6"},
		{"2-99", part("Content-Range: bytes 2-5/10"), OK, "2-5/10"}, // less than asked for, and it says so
		{"2-", part("Content-Range: bytes 2-5/6"), OK, "2-5/6"},
		{"-4", part("Content-Range: bytes 2-5/6"), OK, "2-5/6"},
		{"-9", part("Content-Range: bytes 2-5/6"), OK, "2-5/6"},
		{"2-5", answerWith(416, "no", "Content-Range: bytes */1"), OK, ""},
		{"2-5", answerWith(304, ""), OK, ""},
		{"2-5", part(), ProtocolRange, ""},
		{"2-5", part("Content-Range: bytes 3-6/10"), ProtocolRange, ""},
		{"2-5", part("Content-Range: bytes 1-4/10"), ProtocolRange, ""},
		{"2-4", part("Content-Range: bytes 2-5/10"), ProtocolRange, ""},
		{"2-5", part("Content-Range: bytes 2-5/4"), ProtocolRange, ""},
		{"2-5", part("Content-Range: bytes 5-2/10"), ProtocolRange, ""},
		{"2-5", part("Content-Range: bytes 2-5"), ProtocolRange, ""},
		{"2-5", part("Content-Range: lines 2-5/10"), ProtocolRange, ""},
		{"2-5", part("Content-Range: bytes=2-5/10"), ProtocolRange, ""},
		{"2-5", part("Content-Range: bytes */10"), ProtocolRange, ""},
		{"2-5", part("Content-Range:"), ProtocolRange, ""},
		{"2-5", part("Content-Range: bytes 2-4/10"), ProtocolRange, "2-4/10"}, // four bytes
		{"2-9", part("Content-Range: bytes 2-9/10"), ProtocolRange, "2-9/10"},
		{"-4", part("Content-Range: bytes 2-5/10"), ProtocolRange, ""},
		{"-3", part("Content-Range: bytes 2-5/6"), ProtocolRange, ""},
		{"2-5", part("Content-Range: bytes 2-5/10", "Content-Type: multipart/byteranges; boundary=x"), ProtocolRange, ""},
		{"2-5", "HTTP/1.1 206 x\r\nContent-Range: bytes 2-5/10\r\nConnection: close\r\n\r\n2345", OK, "2-5/10"},
		{"2-5", "HTTP/1.1 206 x\r\nContent-Range: bytes 2-5/10\r\nConnection: close\r\n\r\n234", ProtocolRange, "2-5/10"},
	} {
		onEach(t, func(t *testing.T, k kind) {
			s := newSite(t, map[string]string{"/a": c.answer})
			p, err := ParsePart(c.ask)
			if err != nil {
				t.Fatal(err)
			}
			with(t, k.engine(t), following, func(cl client) error {
				v := cl.do(s.base+"/a", Request{Selection: &Selection{Part: &p}})
				v.wantClass(t, c.class)
				noted := ""
				if v.Selected() != nil {
					noted = v.Selected().Range
				}
				if noted != c.noted {
					t.Errorf("%s of %q: noted %q, want %q", c.ask, c.answer, noted, c.noted)
				}
				return nil
			})
			all := s.take()
			if len(all) != 1 || all[0].fields.Get("Range") != "bytes="+c.ask || all[0].fields.Get("Accept-Encoding") != "identity" {
				t.Errorf("asked %+v", all)
			}
		})
	}
}

// TestIfRange: a part of the version that is known, if its validator is strong, and the whole of any other.
func TestIfRange(t *testing.T) {
	s, base := web(t, origin.Config{})
	text := string(s.Filler(100))
	for _, c := range []struct {
		known  Version
		status int
		body   string
	}{
		{Version{}, 206, text[10:20]},
		{Version{ETag: `"1"`}, 206, text[10:20]},
		{Version{ETag: `"2"`}, 200, text},
		{Version{ETag: `W/"2"`}, 206, text[10:20]},
		{Version{LastModified: "Sun, 06 Nov 1994 08:49:37 GMT"}, 206, text[10:20]},
	} {
		onEach(t, func(t *testing.T, k kind) {
			with(t, k.engine(t), Options{}, func(cl client) error {
				c.known.URL = versionURL(t, base+"/f/resource/100?etag=1")
				cl.do(base+"/f/resource/100?etag=1", Request{Selection: &Selection{Known: c.known, Part: &Part{10, 19}}}).want(t, c.status, c.body)
				return nil
			})
		})
	}
	onEach(t, func(t *testing.T, k kind) {
		with(t, k.engine(t), Options{}, func(cl client) error {
			target := base + "/f/resource/100?etag=1"
			first := cl.do(target, Request{Selection: &Selection{}})
			first.want(t, 200, text)
			known := Version{URL: versionURL(t, target), ETag: first.Selected().ETag, LastModified: first.Selected().LastModified}
			cl.do(target, Request{Selection: &Selection{Known: known}}).want(t, 304, "")
			cl.do(target+"2", Request{Selection: &Selection{Known: known}}).want(t, 200, text)
			cl.do(target, Request{Selection: &Selection{Part: &Part{-1, 5}}}).want(t, 206, text[95:])
			cl.do(target, Request{Selection: &Selection{Part: &Part{95, -1}}}).want(t, 206, text[95:])
			cl.do(target, Request{Selection: &Selection{Part: &Part{100, -1}}}).want(t, 416, "416 Requested Range Not Satisfiable\n")
			v := cl.do(target, Request{Method: "HEAD", Selection: &Selection{Part: &Part{10, 19}}})
			if v.want(t, 206, ""); v.Selected().Range != "10-19/100" {
				t.Errorf("of HEAD there is noted %+v", v.Selected())
			}
			return nil
		})
	})
}

// TestTrailers: who asks gets the fields behind the body, of the last response only.
func TestTrailers(t *testing.T) {
	const chunks = "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n"
	onEach(t, func(t *testing.T, k kind) {
		s := serve(t, func(p *peer) {
			for req := p.request(); req != nil; req = p.request() {
				switch req.URL.Path {
				case "/a":
					p.send("HTTP/1.1 302 x\r\nLocation: /b\r\n" + chunks + "X-Sum: no\r\n\r\n")
				case "/b":
					p.send("HTTP/1.1 200 x\r\n" + chunks)
					p.send("X-Sum: 1\r\nX-Sum: 2\r\n\r\n")
				default:
					p.send("HTTP/1.1 200 x\r\n" + chunks + "\r\n")
				}
			}
		})
		with(t, k.engine(t), following, func(c client) error {
			var got []string
			onTrailers := func(f *http1.Fields) {
				for name, value := range f.All() {
					got = append(got, string(name)+"="+string(value))
				}
			}
			c.do(s.base+"/a", Request{Watch: &Watch{OnTrailers: onTrailers}}).want(t, 200, "hi")
			c.do(s.base+"/none", Request{Watch: &Watch{OnTrailers: onTrailers}}).want(t, 200, "hi")
			c.get(s.base+"/b").want(t, 200, "hi")
			if strings.Join(got, " ") != "X-Sum=1 X-Sum=2" {
				t.Errorf("got %q", got)
			}
			return nil
		})
	})
}
