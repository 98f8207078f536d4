package live

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"net/http"
)

// The page is one answer: style and script stand in it, and nothing else is asked for but the events.
var (
	//go:embed page.html
	pageHTML []byte
	//go:embed page.css
	pageCSS []byte
	//go:embed page.js
	pageJS []byte
	//go:embed login.html
	loginHTML []byte
)

// page is the page and the login, put together, each with its policy (Content Security Policy Level 3): the script
// and the style that are allowed are named by their digests, and requests go nowhere else.
type page struct {
	live, login             []byte
	livePolicy, loginPolicy string
}

func newPage() page {
	style, script := []byte("/*style*/"), []byte("/*script*/")
	const rest = "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	return page{
		live:        bytes.Replace(bytes.Replace(pageHTML, style, pageCSS, 1), script, pageJS, 1),
		login:       bytes.Replace(loginHTML, style, pageCSS, 1),
		livePolicy:  fmt.Sprintf("default-src 'none'; script-src %s; style-src %s; connect-src 'self'; %s", digestOf(pageJS), digestOf(pageCSS), rest),
		loginPolicy: fmt.Sprintf("default-src 'none'; style-src %s; %s", digestOf(pageCSS), rest),
	}
}

func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// servePage gives the page, or the login to who has to log in.
func (s *Server) servePage(w http.ResponseWriter, r *http.Request) {
	if s.options.Everything && !s.guard.knows(r) {
		s.showLogin(w, http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Security-Policy", s.page.livePolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(s.page.live) // he may have gone
}

func (s *Server) showLogin(w http.ResponseWriter, code int) {
	w.Header().Set("Content-Security-Policy", s.page.loginPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write(s.page.login)
}

// serveLogin gives who shows the token a cookie that scripts cannot read and other sites not use.
func (s *Server) serveLogin(w http.ResponseWriter, r *http.Request) {
	token, ok := readForm(w, r)
	if !ok {
		return
	}
	if !s.guard.is(token) {
		s.showLogin(w, http.StatusForbidden)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: s.guard.cookie, Value: s.guard.session, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
	w.Header().Set("Location", "./") // http.Redirect would make it absolute, and a proxy may have us elsewhere
	w.WriteHeader(http.StatusSeeOther)
}
