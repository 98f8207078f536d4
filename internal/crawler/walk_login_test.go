//go:build unix

package crawler

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"crawl/internal/engine"
	"crawl/internal/fetch"
	"crawl/internal/robots"
)

// TestRobotsBehindLogin: what the user gave for a site is sent for its robots.txt too, for without it that would be a 401,
// which allows everything; but not to another host that robots.txt has moved to. As many redirects are followed there as
// RFC 9309 asks for, however many are for pages.
func TestRobotsBehindLogin(t *testing.T) {
	for _, field := range []fetch.Field{{Name: "Authorization", Value: "Basic dXNlcjpwYXNz"}, {Name: "Cookie", Value: "sid=1"}} {
		eachEngine(t, func(t *testing.T, e engine.Engine) {
			var mu sync.Mutex
			var elsewhere []string
			other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				elsewhere = append(elsewhere, r.URL.Path+r.Header.Get(field.Name))
				mu.Unlock()
				_, _ = fmt.Fprint(w, "User-agent: *\nDisallow: /no")
			}))
			defer other.Close()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				hops := 0
				switch _, err := fmt.Sscanf(r.URL.Path, "/hop%d", &hops); {
				case r.Header.Get(field.Name) != field.Value:
					w.WriteHeader(http.StatusUnauthorized)
				case r.URL.Path == "/robots.txt", err == nil && hops < robots.MaxRedirects-1:
					http.Redirect(w, r, fmt.Sprintf("/hop%d", hops+1), http.StatusFound)
				case err == nil:
					http.Redirect(w, r, other.URL+"/rules", http.StatusFound)
				}
			}))
			defer s.Close()
			client := fetch.NewClient(e, fetch.Options{})
			out := &output{}
			c := New(e, client, NewSource([]string{s.URL + "/yes", s.URL + "/no"}, "list", nil), NewSink("output", out), Options{
				Concurrency: 1, Fields: []fetch.Field{field}, OnLast: client.Close,
				Follow: &Follow{Token: "tester"},
			})
			run(t, e, c)
			rows := rowsOfPages(t, out.String())
			if rows[s.URL+"/yes"].Status != 200 || rows[s.URL+"/no"].Class != string(SkipRobots) {
				t.Errorf("%+v", rows)
			}
			mu.Lock()
			defer mu.Unlock()
			if got := strings.Join(elsewhere, " "); got != "/rules" {
				t.Errorf("elsewhere was asked %q", got)
			}
		})
	}
}
