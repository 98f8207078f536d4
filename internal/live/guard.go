package live

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// guard decides who may ask for what. Each rule stands against something:
//
//   - A page of another site in the user's browser: it may link to the page, and do nothing else. What changes something is
//     a POST, from here, with the token.
//   - A site whose name suddenly has the address 127.0.0.1 (DNS rebinding): on loopback, the Host of a request is an address
//     of loopback or localhost. Elsewhere the browser has no cookie for that name.
//   - Somebody else in the network, or on this machine: the token.
type guard struct {
	token      [sha256.Size]byte // of the token: all are of one length
	everything bool
	// session is the value of the cookie of who has logged in. It is not the token, and the cookie has a name of its own:
	// browsers send cookies to all ports of a host, where other crawls are.
	session string
	cookie  string
	cross   *http.CrossOriginProtection
}

func newGuard(token string, everything bool) *guard {
	return &guard{
		token: sha256.Sum256([]byte(token)), everything: everything, session: rand.Text(), cookie: "crawl_" + rand.Text(),
		cross: http.NewCrossOriginProtection(),
	}
}

// protect stands before everything.
func (g *guard) protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 { // also of what is refused, for net/http reads that
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // a recorder of a test has none
		}
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin") // with no-referrer a browser says "Origin: null" to our own login
		h.Set("X-Frame-Options", "DENY")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		switch {
		case !g.everything && !loopbackHost(r.Host):
			refuse(w, http.StatusForbidden, "this page is asked for by the address 127.0.0.1, [::1] or by localhost")
			return
		case g.cross.Check(r) != nil || foreign(r):
			refuse(w, http.StatusForbidden, "this is for the page itself, not for other sites")
			return
		}
		open := r.URL.Path == "/" || r.URL.Path == "/login" // these see to it themselves
		if (g.everything && !open || profiles(r)) && !g.knows(r) {
			g.challenge(w, r)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		next.ServeHTTP(w, r)
	})
}

// profiles reports whether a request is for those of the runtime. They cost the crawl time, some stop the world: they need
// the token wherever they are asked for.
func profiles(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/debug/") }

// foreign reports whether a browser says that another site had the request made; a link to the page may stand anywhere.
// (What changes something has been looked at more closely by then.)
func foreign(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}
	return r.URL.Path != "/" || r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Header.Get("Sec-Fetch-Dest") != "document"
}

// loopbackHost reports whether the Host of a request is an address of loopback or localhost, with any port: the far end of a
// tunnel has another.
func loopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.Unmap().IsLoopback()
}

// is compares in a time that does not depend on what is different.
func (g *guard) is(token string) bool {
	sum := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(sum[:], g.token[:]) == 1
}

// knows reports whether a request has the token, or the cookie of who has shown it.
func (g *guard) knows(r *http.Request) bool {
	if token, ok := bearer(r); ok {
		return g.is(token)
	}
	if _, token, ok := r.BasicAuth(); ok { // for what has nothing else, as go tool pprof
		return g.is(token)
	}
	if !g.everything {
		return false
	}
	c, err := r.Cookie(g.cookie)
	return err == nil && subtle.ConstantTimeCompare([]byte(c.Value), []byte(g.session)) == 1
}

// challenge answers who has no token, 401, or a wrong one, 403; a wrong password is asked for again, for a browser would
// keep it.
func (g *guard) challenge(w http.ResponseWriter, r *http.Request) {
	if _, given := bearer(r); given {
		refuse(w, http.StatusForbidden, "the token is wrong")
		return
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="crawl"`)
	if profiles(r) { // where a browser goes by itself; elsewhere it would put its question over the page
		w.Header().Add("WWW-Authenticate", `Basic realm="crawl: the token is the password"`)
	}
	refuse(w, http.StatusUnauthorized, "the token is missing: Authorization: Bearer TOKEN")
}

// allowed decides on a request that changes something. If it says no, it has answered.
func (g *guard) allowed(w http.ResponseWriter, r *http.Request) bool {
	form, ok := readForm(w, r)
	if !ok {
		return false
	}
	if g.knows(r) || form != "" && g.is(form) {
		return true
	}
	if form != "" {
		refuse(w, http.StatusForbidden, "the token is wrong")
		return false
	}
	g.challenge(w, r)
	return false
}

// readForm returns the token of a form, "" if there is none. If the body is something else, it has answered.
func readForm(w http.ResponseWriter, r *http.Request) (token string, ok bool) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Header.Get("Content-Type") == "" && r.ContentLength == 0 {
		return "", true
	}
	if err != nil || kind != "application/x-www-form-urlencoded" {
		refuse(w, http.StatusUnsupportedMediaType, "the body can only be a form, or nothing")
		return "", false
	}
	if r.ParseForm() != nil {
		refuse(w, http.StatusBadRequest, "the form cannot be read")
		return "", false
	}
	return r.PostForm.Get("token"), true
}

func bearer(r *http.Request) (token string, ok bool) {
	scheme, token, found := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), found && strings.EqualFold(scheme, "Bearer")
}

func refuse(w http.ResponseWriter, code int, why string) { http.Error(w, why, code) }
