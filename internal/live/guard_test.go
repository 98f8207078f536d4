package live

import (
	"encoding/base64"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestGuard: each request that must be refused is, with the status that says why, and does nothing.
func TestGuard(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	right, wrong := "Bearer "+testToken, "Bearer "+testToken[1:]+"x"
	for _, c := range []struct {
		name, method, path, body string
		fields                   []string
		loopback, everything     int // statuses
		acts                     bool
	}{
		{"the page", "GET", "/", "", nil, 200, 401, false},
		{"health", "GET", "/healthz", "", nil, 200, 401, false},
		{"metrics", "GET", "/metrics", "", nil, 200, 401, false},
		{"profiles", "GET", "/debug/pprof/", "", nil, 401, 401, false},
		{"a profile", "GET", "/debug/pprof/cmdline", "", nil, 401, 401, false},
		{"by another way of writing it", "GET", "/x/../debug//pprof/cmdline", "", nil, 307, 401, false},
		{"a profile with the token", "GET", "/debug/pprof/cmdline", "", []string{"Authorization", right}, 200, 200, false},
		{"with a wrong one", "GET", "/debug/pprof/cmdline", "", []string{"Authorization", wrong}, 403, 403, false},
		{"with the token as a password", "GET", "/debug/pprof/cmdline", "", []string{"Authorization", password(testToken)}, 200, 200, false},
		{"with a wrong password, to be asked again", "GET", "/debug/pprof/cmdline", "", []string{"Authorization", password("x")}, 401, 401, false},
		{"the metrics with a password", "GET", "/metrics", "", []string{"Authorization", password(testToken)}, 200, 200, false},
		{"a profile for another site, with a password", "GET", "/debug/pprof/cmdline", "", []string{"Authorization", password(testToken), "Sec-Fetch-Site", "cross-site"}, 403, 403, false},
		{"pause for another site, with a password", "POST", "/pause", "", []string{"Authorization", password(testToken), "Origin", "http://evil.example"}, 403, 403, false},
		{"health with the token", "GET", "/healthz", "", []string{"Authorization", right}, 200, 200, false},
		{"health with a wrong one", "GET", "/healthz", "", []string{"Authorization", wrong}, 200, 403, false},
		{"the page with the token", "GET", "/", "", []string{"Authorization", right}, 200, 200, false},
		{"nothing there", "GET", "/x", "", []string{"Authorization", right}, 404, 404, false},
		{"the default mux's vars", "GET", "/debug/vars", "", []string{"Authorization", right}, 404, 404, false},

		{"a GET pauses nothing", "GET", "/pause", "", []string{"Authorization", right}, 405, 405, false},
		{"nor does a HEAD", "HEAD", "/resume", "", []string{"Authorization", right}, 405, 405, false},
		{"the page takes no POST", "POST", "/", "", []string{"Authorization", right}, 405, 405, false},
		{"pause", "POST", "/pause", "", []string{"Authorization", right}, 200, 200, true},
		{"resume", "POST", "/resume", "", []string{"Authorization", right}, 200, 200, true},
		{"a scheme in small letters", "POST", "/pause", "", []string{"Authorization", "bearer " + testToken}, 200, 200, true},
		{"without a token", "POST", "/pause", "", nil, 401, 401, false},
		{"another scheme", "POST", "/pause", "", []string{"Authorization", "Basic " + testToken}, 401, 401, false},
		{"a wrong token", "POST", "/pause", "", []string{"Authorization", wrong}, 403, 403, false},
		{"the beginning of the token", "POST", "/pause", "", []string{"Authorization", "Bearer " + testToken[:8]}, 403, 403, false},
		{"an empty token", "POST", "/pause", "", []string{"Authorization", "Bearer "}, 403, 403, false},
		{"the token in the query", "POST", "/pause?token=" + testToken, "", nil, 401, 401, false},
		{"the token in a form", "POST", "/pause", "token=" + testToken, []string{"Content-Type", form}, 200, 401, true},
		{"a wrong one", "POST", "/pause", "token=" + testToken + "x", []string{"Content-Type", form}, 403, 401, false},
		{"an empty form", "POST", "/pause", "token=", []string{"Content-Type", form}, 401, 401, false},
		{"JSON", "POST", "/pause", "{}", []string{"Content-Type", "application/json", "Authorization", right}, 415, 415, false},
		{"what a form of another site can send", "POST", "/pause", "token=" + testToken, []string{"Content-Type", "text/plain"}, 415, 401, false},
		{"a body without a type", "POST", "/pause", "token=" + testToken, []string{"Authorization", right}, 415, 415, false},
		{"a long form", "POST", "/pause", "token=" + testToken + "&x=" + strings.Repeat("x", maxForm), []string{"Content-Type", form, "Authorization", right}, 400, 400, false},

		{"from the page", "POST", "/pause", "", []string{"Authorization", right, "Origin", "http://127.0.0.1:4321", "Sec-Fetch-Site", "same-origin"}, 200, 200, true},
		{"from another site", "POST", "/pause", "", []string{"Authorization", right, "Sec-Fetch-Site", "cross-site"}, 403, 403, false},
		{"from another port", "POST", "/pause", "", []string{"Authorization", right, "Sec-Fetch-Site", "same-site"}, 403, 403, false},
		{"by an older browser", "POST", "/pause", "", []string{"Authorization", right, "Origin", "http://evil.example"}, 403, 403, false},
		{"from a page without an origin", "POST", "/pause", "", []string{"Authorization", right, "Origin", "null"}, 403, 403, false},
		{"an image of another site", "GET", "/debug/pprof/profile", "", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}, 403, 403, false},
		{"a link to a profile", "GET", "/debug/pprof/profile", "", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 403, 403, false},
		{"a link to the page", "GET", "/", "", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 200, 401, false},
		{"a frame", "GET", "/", "", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}, 403, 403, false},

		{"localhost", "GET", "/healthz", "", []string{"Host", "localhost:80", "Authorization", right}, 200, 200, false},
		{"IPv6", "GET", "/healthz", "", []string{"Host", "[::1]:4321", "Authorization", right}, 200, 200, false},
		{"no port", "GET", "/healthz", "", []string{"Host", "127.0.0.1", "Authorization", right}, 200, 200, false},
		{"IPv6 without a port", "GET", "/healthz", "", []string{"Host", "[::1]", "Authorization", right}, 200, 200, false},
		{"a name that was rebound", "GET", "/healthz", "", []string{"Host", "evil.example:4321", "Authorization", right}, 403, 200, false},
		{"and to pause", "POST", "/pause", "", []string{"Host", "evil.example", "Authorization", right}, 403, 200, true},
		{"a password is asked for where a browser shows profiles", "GET", "/debug/pprof/", "", []string{"Authorization", "Basic !"}, 401, 401, false},
		{"a name that looks like loopback", "GET", "/healthz", "", []string{"Host", "127.0.0.1.evil.example", "Authorization", right}, 403, 200, false},
		{"and like localhost", "GET", "/healthz", "", []string{"Host", "localhost.evil.example", "Authorization", right}, 403, 200, false},
		{"another address", "GET", "/healthz", "", []string{"Host", "192.0.2.1:4321", "Authorization", right}, 403, 200, false},
		{"no name", "GET", "/healthz", "", []string{"Host", "", "Authorization", right}, 403, 200, false},

		{"a login that is not needed", "POST", "/login", "token=" + testToken, []string{"Content-Type", form}, 404, 303, false},
	} {
		for _, everything := range []bool{false, true} {
			crawl := busyCrawl()
			s := New(Options{Crawl: crawl, Token: testToken, Everything: everything})
			w := ask(s.Handler(), c.method, c.path, c.body, c.fields...)
			want := c.loopback
			if everything {
				want = c.everything
			}
			n := crawl.counts()
			acted := n[1]+n[2] > 0
			if w.Code != want || acted != (c.acts && want == 200) {
				t.Errorf("%s (%s %s), token for everything %v: %d, acted %v, want %d: %s", c.name, c.method, c.path, everything, w.Code, acted, want, w.Body)
			}
			if w.Code == 405 && w.Header().Get("Allow") == "" {
				t.Errorf("%s: no Allow", c.name)
			}
			if w.Code == 401 && c.path != "/" && w.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%s: no WWW-Authenticate", c.name)
			}
			asks := slices.ContainsFunc(w.Header().Values("WWW-Authenticate"), func(v string) bool { return strings.HasPrefix(v, "Basic ") })
			if asks != (w.Code == 401 && strings.HasPrefix(c.path, "/debug/pprof/")) { // elsewhere a browser would put a dialog over the page
				t.Errorf("%s: asked for a password: %v", c.name, asks)
			}
			checkFields(t, c.name, w.Header())
		}
	}
}

// password is what a browser or go tool pprof sends that has one.
func password(token string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(":"+token))
}

// checkFields: what every answer says to a browser.
func checkFields(t *testing.T, name string, h http.Header) {
	t.Helper()
	for field, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY",
		"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if h.Get(field) != want {
			t.Errorf("%s: %s is %q", name, field, h.Get(field))
		}
	}
	policy := h.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("%s: the policy is %q", name, policy)
		}
	}
	if strings.Contains(policy, "unsafe") || h.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%s: %v", name, h)
	}
}

// TestLogin: the right token gives a cookie that opens everything, and that neither scripts nor other sites can use; it
// does not contain the token. On loopback it opens nothing.
func TestLogin(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	crawl := busyCrawl()
	s := New(Options{Crawl: crawl, Token: testToken, Everything: true})
	h := s.Handler()
	if w := ask(h, "POST", "/login", "token=wrong", "Content-Type", form); w.Code != 403 || w.Header().Get("Set-Cookie") != "" || !strings.Contains(w.Body.String(), "<form") {
		t.Errorf("a wrong token: %d, %v", w.Code, w.Header())
	}
	w := ask(h, "POST", "/login", "token="+testToken, "Content-Type", form)
	cookies := w.Result().Cookies()
	if w.Code != 303 || len(cookies) != 1 || w.Header().Get("Location") != "./" { // relative: a proxy may have it elsewhere
		t.Fatalf("%d, %v", w.Code, w.Header())
	}
	c := cookies[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.MaxAge != 0 || c.Domain != "" || strings.Contains(c.Value, testToken) || len(c.Value) < 20 {
		t.Errorf("%+v", c)
	}
	cookie := c.Name + "=" + c.Value
	for _, path := range []string{"/", "/healthz", "/metrics", "/debug/pprof/cmdline"} {
		if w := ask(h, "GET", path, "", "Cookie", cookie); w.Code != 200 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := ask(h, "POST", "/pause", "", "Cookie", cookie); w.Code != 200 || crawl.counts()[1] != 1 {
		t.Errorf("pause: %d", w.Code)
	}
	if w := ask(h, "POST", "/pause", "", "Cookie", cookie, "Origin", "http://evil.example"); w.Code != 403 {
		t.Errorf("pause from elsewhere: %d", w.Code)
	}
	if w := ask(h, "GET", "/healthz", "", "Cookie", c.Name+"=x"); w.Code != 401 {
		t.Errorf("another value: %d", w.Code)
	}
	other := New(Options{Crawl: busyCrawl(), Token: testToken, Everything: true})
	if w := ask(other.Handler(), "GET", "/healthz", "", "Cookie", cookie); w.Code != 401 {
		t.Errorf("another crawl: %d", w.Code)
	}
	s.guard.everything = false
	if w := ask(h, "POST", "/pause", "", "Cookie", cookie); w.Code != 401 {
		t.Errorf("on loopback: %d", w.Code)
	}
}

// TestPolicy: what the policy names is what stands in the page, and the page asks for nothing elsewhere.
func TestPolicy(t *testing.T) {
	s := New(Options{Crawl: busyCrawl(), Token: testToken})
	w := ask(s.Handler(), "GET", "/", "")
	page := w.Body.String()
	for element, directive := range map[string]string{"script": "script-src", "style": "style-src"} {
		m := regexp.MustCompile("(?s)<"+element+">(.*?)</"+element+">").FindAllStringSubmatch(page, -1)
		if len(m) != 1 || len(m[0][1]) < 1000 {
			t.Fatalf("%d elements %s", len(m), element)
		}
		if want := directive + " " + digestOf([]byte(m[0][1])) + ";"; !strings.Contains(w.Header().Get("Content-Security-Policy"), want) {
			t.Errorf("%q has no %s", w.Header().Get("Content-Security-Policy"), want)
		}
	}
	if m := regexp.MustCompile(`(?i)(https?:)?//[a-z]|@import|url\(|\son\w+=|\sstyle=|innerHTML|insertAdjacentHTML|document\.write|\beval\b`).FindString(strings.ReplaceAll(page, "// ", "")); m != "" {
		t.Errorf("the page has %q", m)
	}
	if strings.Contains(page, testToken) || strings.Contains(page, "/*s") {
		t.Error("the token, or a placeholder, stands in the page")
	}
}
