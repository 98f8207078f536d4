//go:build unix

package fetch

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"strings"
	"testing"

	"crawl/internal/cookies"
)

// errand is a request that both clients make. Header fields that both would send in their own way are among those that
// they are told to send.
type errand struct {
	method, path, body string
	user               string // user information of the URL
	fields             []Field
	random             bool // the body is another each time
}

func (e errand) String() string {
	return strings.TrimSpace(fmt.Sprint(e.method, " ", e.user, e.path, " ", e.fields))
}

// common are the fields that both clients send.
var common = []Field{{Name: "User-Agent", Value: "oracle"}, {Name: "Accept", Value: "*/*"}, {Name: "Accept-Encoding", Value: "gzip, deflate"}}

// finding is what came of an errand.
type finding struct {
	status int
	body   []byte
	final  string // URL
	err    error
}

// standardClient follows redirects and keeps cookies as ours does, and shows nothing of its own.
func standardClient(t *testing.T, roots *x509.CertPool) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true, TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport: transport, Jar: jar, Timeout: bound,
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			req.Header.Del("Referer") // we send none
			if len(via) > 10 {
				return errors.New("too many redirects")
			}
			return nil
		},
	}
}

// standardly runs an errand by the standard client.
func (e errand) standardly(t *testing.T, c *http.Client, base string) (f finding) {
	t.Helper()
	req, err := http.NewRequest(e.method, e.url(base), strings.NewReader(e.body))
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range append(common, e.fields...) {
		req.Header.Set(field.Name, field.Value)
	}
	res, err := c.Do(req)
	if err != nil {
		return finding{err: err}
	}
	defer res.Body.Close()
	f.status = res.StatusCode
	res.Request.URL.User = nil
	f.final = res.Request.URL.String()
	f.body, f.err = io.ReadAll(res.Body)
	if f.err == nil && len(f.body) > 0 {
		f.body, f.err = decoded(f.body, res.Header.Get("Content-Encoding"))
	}
	return f
}

// decoded undoes a coding by the standard library.
func decoded(body []byte, coding string) ([]byte, error) {
	var r io.Reader
	var err error
	switch coding {
	case "":
		return body, nil
	case "gzip":
		r, err = gzip.NewReader(bytes.NewReader(body))
	case "deflate":
		if r, err = zlib.NewReader(bytes.NewReader(body)); err != nil {
			r, err = flate.NewReader(bytes.NewReader(body)), nil
		}
	default:
		err = fmt.Errorf("coding %q", coding)
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// url is where an errand goes.
func (e errand) url(base string) string {
	if e.user != "" {
		base = strings.Replace(base, "://", "://"+e.user+"@", 1)
	}
	return base + e.path
}

// ours runs an errand by a Client.
func (e errand) ours(c client, base string) (f finding) {
	v := c.do(e.url(base), Request{Method: e.method, Body: []byte(e.body), Fields: append(common[:len(common):len(common)], e.fields...)})
	f = finding{status: v.Status, body: v.body, final: v.finalURL(), err: v.err}
	if f.final == "" {
		f.final = base + e.path
	}
	return f
}

// agree runs errands by both clients, on every engine, and compares status, body and final URL.
func agree(t *testing.T, base string, errands []errand) {
	t.Helper()
	roots := webAuthority(t)
	onEach(t, func(t *testing.T, k kind) {
		standard := standardClient(t, roots)
		with(t, k.engine(t), Options{MaxRedirects: 10, Decode: true, Cookies: cookies.New(), TLS: TLSOptions{Roots: roots}}, func(c client) error {
			for _, e := range errands {
				want, got := e.standardly(t, standard, base), e.ours(c, base)
				switch {
				case (want.err == nil) != (got.err == nil):
					t.Errorf("%s: %v, the standard client has %v", e, got.err, want.err)
				case want.err != nil:
				case got.status != want.status:
					t.Errorf("%s: status %d, want %d", e, got.status, want.status)
				case got.final != want.final:
					t.Errorf("%s: it ended at %s, want %s", e, got.final, want.final)
				case !e.random && !bytes.Equal(got.body, want.body):
					t.Errorf("%s: a body of %d bytes %.200q, want %d bytes %.200q", e, len(got.body), got.body, len(want.body), want.body)
				}
			}
			return nil
		})
	})
}

func webAuthority(t *testing.T) *x509.CertPool {
	t.Helper()
	pem, err := os.ReadFile(webServer(t, "CRAWL_WEB_AUTHORITY"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate in CRAWL_WEB_AUTHORITY")
	}
	return roots
}

// httpbinErrands are what go-httpbin has, but for what only shows the request as it was.
func httpbinErrands() (all []errand) {
	for _, path := range []string{
		"/get?a=1&b=2", "/headers", "/ip", "/user-agent", "/html", "/json", "/xml", "/robots.txt", "/deny", "/encoding/utf8", "/forms/post",
		"/hostname", "/base64/aGVsbG8=", "/bytes/1024?seed=1", "/bytes/100000?seed=2", "/stream/3", "/stream-bytes/5000?seed=1&chunk_size=100",
		"/range/1000", "/drip?duration=200ms&numbytes=5&delay=0s", "/delay/0.1", "/gzip", "/deflate", "/brotli", "/image/png", "/image/svg",
		"/cache/60", "/etag/abc", "/response-headers?X-A=b", "/trailers?X-Sum=1", "/unstable?failure_rate=0", "/unstable?failure_rate=1",
		"/redirect/3", "/redirect/9", "/relative-redirect/3", "/absolute-redirect/3", "/redirect/12",
		"/redirect-to?url=%2Fget&status_code=301", "/redirect-to?url=%2Fget%3Fx%3Dy%23part&status_code=302", "/redirect-to?url=..%2Fget",
		"/redirect-to?url=%2F%2F&status_code=302", "/redirect-to?url=http%3A%2F%2F%5B&status_code=302",
		"/links/3", "/cookies/set?a=b&c=d", "/cookies", "/cookies/delete?a", "/cookies",
		"/basic-auth/me/secret", "/hidden-basic-auth/me/secret", "/digest-auth/auth/me/secret", "/bearer", "/nowhere", "/a%20b", "/?q=ä&r=%zz",
	} {
		all = append(all, errand{method: "GET", path: path})
	}
	for _, status := range []int{200, 201, 204, 206, 300, 301, 304, 400, 404, 406, 418, 429, 500, 503, 599} {
		all = append(all, errand{method: "GET", path: fmt.Sprintf("/status/%d", status)})
	}
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} {
		all = append(all, errand{method: method, path: "/anything", body: map[bool]string{true: "a=1"}[method[0] == 'P'], fields: []Field{{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}}})
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		all = append(all, errand{method: "POST", path: fmt.Sprintf("/redirect-to?url=%%2Fanything&status_code=%d", status), body: "b=2", fields: []Field{{Name: "X-Own", Value: "1"}}})
	}
	return append(all,
		errand{method: "GET", path: "/basic-auth/me/secret", user: "me:secret"},
		errand{method: "GET", path: "/basic-auth/me/secret", user: "me:wrong"},
		errand{method: "GET", path: "/bearer", fields: []Field{{Name: "Authorization", Value: "Bearer abc"}}},
		errand{method: "GET", path: "/range/1000", fields: []Field{{Name: "Range", Value: "bytes=10-19"}}},
		errand{method: "GET", path: "/range/1000", fields: []Field{{Name: "Range", Value: "bytes=2000-"}}},
		errand{method: "GET", path: "/etag/abc", fields: []Field{{Name: "If-None-Match", Value: `"abc"`}}},
		errand{method: "GET", path: "/cache", fields: []Field{{Name: "If-Modified-Since", Value: "Sat, 29 Oct 1994 19:43:31 GMT"}}},
		errand{method: "GET", path: "/uuid", random: true},
	)
}

// TestWebHTTPBin: what go-httpbin answers, plain and over TLS, is what the standard client makes of it.
func TestWebHTTPBin(t *testing.T) {
	for _, variable := range []string{"CRAWL_WEB_HTTPBIN", "CRAWL_WEB_HTTPBIN_TLS"} {
		t.Run(variable, func(t *testing.T) { agree(t, webServer(t, variable), httpbinErrands()) })
	}
}

// TestWebNginx: the same of nginx over TLS, which compresses in chunks, redirects to absolute URLs, and knows parts and
// versions.
func TestWebNginx(t *testing.T) {
	base := webServer(t, "CRAWL_WEB_NGINX")
	var errands []errand
	for _, path := range []string{
		"/", "/page.html", "/page.html?x=1#part", "/folder", "/folder/", "/folder/../page.html", "/moved", "/found", "/refused", "/gone", "/nothing",
		"/nowhere", "/empty.txt", "/large.bin", "/slow/page.html", "/zipped/page.html", "/zipped/large.bin", "/zipped/empty.txt", "/%70age.html", "/a%2fb",
	} {
		errands = append(errands, errand{method: "GET", path: path}, errand{method: "HEAD", path: path})
	}
	for _, part := range []string{"bytes=0-0", "bytes=100-199", "bytes=-5", "bytes=9000000-", "bytes=5-1"} {
		errands = append(errands, errand{method: "GET", path: "/large.bin", fields: []Field{{Name: "Range", Value: part}}})
	}
	errands = append(errands,
		errand{method: "POST", path: "/page.html", body: "x"},
		errand{method: "GET", path: "/page.html", fields: []Field{{Name: "If-Modified-Since", Value: "Fri, 01 Jan 2100 00:00:00 GMT"}}},
		errand{method: "GET", path: "/page.html", fields: []Field{{Name: "Connection", Value: "close"}}},
		errand{method: "GET", path: "/page.html", fields: []Field{{Name: "X-Long", Value: strings.Repeat("x", 20_000)}}},
	)
	agree(t, base, errands)
}
