package modes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"testing"

	"crawl/internal/origin"
)

// TestPages: each fetch has the status, the length and the sum that the web says, whether the list is as long as
// there are fetches, longer, or begins again; over kept connections there are no more of them than fetches in
// flight.
func TestPages(t *testing.T) {
	s := web(t, origin.Config{Pages: 40, Size: origin.Size{Min: 200, Max: 20000}})
	onEach(t, func(t *testing.T, mode string) {
		for _, c := range []int{1, 7, 50} {
			for _, lines := range []int{1, 40} {
				for _, fetches := range []int{30, 101} {
					t.Run(fmt.Sprintf("%d in flight, %d lines, %d fetches", c, lines, fetches), func(t *testing.T) {
						s.Reset()
						r, got := run(t, Spec{Mode: mode, Concurrency: c, Fetches: fetches, List: pages(t, s, lines)})
						for i, o := range got {
							status, _, body := s.Page(i % lines)
							if want := wantOutcome(status, body); o != want {
								t.Fatalf("fetch %d: %+v, want %+v", i, o, want)
							}
						}
						stats := s.Stats()
						if len(r.Failed) != 0 || r.Error != "" || stats.Requests != int64(fetches) {
							t.Errorf("failed: %v, %q; the server counted %d requests of %d", r.Failed, r.Error, stats.Requests, fetches)
						}
						// The standard client may be making one to spare when the work is over.
						if r.Connections < 1 || mode != NetHTTP && (int64(r.Connections) != stats.Connections || r.Connections > c) {
							t.Errorf("%d connections were made, the server counted %d, with %d in flight", r.Connections, stats.Connections, c)
						}
						if stats.MaxInFlight > int64(r.Reached) {
							t.Errorf("%d requests were in flight at the server, allowed are %d", stats.MaxInFlight, r.Reached)
						}
					})
				}
			}
		}
	})
}

// TestFraming: bodies of every framing, with and without a connection that is kept.
func TestFraming(t *testing.T) {
	s := web(t, origin.Config{})
	text := func(n int) Outcome { return wantOutcome(200, s.Filler(n)) }
	targets := []struct {
		target string
		want   Outcome
	}{
		{"/f/size/0", text(0)},
		{"/f/size/100000", text(100000)},
		{"/f/chunked/70000?chunk=1000", text(70000)},
		{"/f/chunked/5?trailers=1", text(5)},
		{"/f/close-delimited/50000", text(50000)},
		{"/f/drip/40?step=7&every=1ms&head=1", text(40)},
		{"/f/status/404", wantOutcome(404, []byte("404 Not Found\n"))},
		{"/f/no-content", wantOutcome(204, nil)},
		{"/f/interim/103?n=3", Outcome{}},
		{"/f/redirect/1", Outcome{}},
	}
	var urls []string
	for _, tt := range targets {
		urls = append(urls, tt.target)
	}
	name := listOf(t, s, urls...)
	var first []Outcome // of the first mode, for what the table does not say
	onEach(t, func(t *testing.T, mode string) {
		for _, c := range []int{1, 4} {
			r, got := run(t, Spec{Mode: mode, Concurrency: c, Fetches: 3 * len(urls), List: name})
			if len(r.Failed) != 0 {
				t.Errorf("failed: %v, %q", r.Failed, r.Error)
			}
			if first == nil {
				first = got
			}
			for i, o := range got {
				want := targets[i%len(targets)].want
				if want == (Outcome{}) {
					want = first[i]
				}
				if o != want || o.Status == 0 {
					t.Errorf("%s: %+v, want %+v", urls[i%len(urls)], o, want)
				}
			}
		}
	})
}

// TestNewConnections: where the server closes after each answer, with or without saying so, each fetch has a
// connection of its own and none fails.
func TestNewConnections(t *testing.T) {
	s := web(t, origin.Config{})
	onEach(t, func(t *testing.T, mode string) {
		for _, target := range []string{"/f/close", "/f/close-silently", "/f/close-silently?on=next"} {
			s.Reset()
			r, got := run(t, Spec{Mode: mode, Concurrency: 5, Fetches: 50, List: listOf(t, s, target)})
			if len(r.Failed) != 0 || r.Connections < 50 || r.Connections > 50 && mode != NetHTTP { // it may dial one to spare
				t.Errorf("%s: %d connections, failed: %v, %q", target, r.Connections, r.Failed, r.Error)
			}
			for i, o := range got {
				if o.Status != 200 {
					t.Errorf("%s: fetch %d: %+v", target, i, o)
				}
			}
		}
	})
}

// TestFailures: what goes wrong has the same class in each mode, the outcome says that there is nothing, and the
// other fetches go well.
func TestFailures(t *testing.T) {
	s := web(t, origin.Config{})
	for _, tt := range []struct{ target, class string }{
		{refused(t), "connect.refused"},
		{"/f/reset", "closed.reset"},
		{"/f/reset?at=head", "closed.reset"},
		{"/f/reset?at=body", "closed.reset"},
		{"/f/truncate/100", "protocol.truncated"},
		{"/f/truncate/0", "protocol.truncated"},
		{"/f/stall", "timeout.total"},
		{"/f/stall-body/1000", "timeout.total"},
		{"/f/garbage", "protocol.head"},
		{"/f/bad-length", "protocol.framing"},
		{"/f/two-lengths", "protocol.framing"},
		{"/f/chunked/100?broken=size", "protocol.chunk"},
		{"/f/chunked/100?broken=crlf", "protocol.chunk"},
		{"/f/chunked/100?broken=end", "protocol.truncated"},
		{"/f/raw/?then=close", "closed.early"},
		{"/f/raw/SFRUUC8xLjEgMjAwIE9LDQpBOiBiDQo?then=close", "protocol.truncated"}, // HTTP/1.1 200 OK, and no more
	} {
		name := listOf(t, s, "/f/size/10", tt.target)
		t.Run(tt.target, func(t *testing.T) {
			onEach(t, func(t *testing.T, mode string) {
				spec := Spec{Mode: mode, Concurrency: 3, Fetches: 6, List: name}
				if tt.class == "timeout.total" {
					spec.Timeout = 150_000_000
				}
				r, got := run(t, spec)
				if want := map[string]int{tt.class: 3}; !maps.Equal(r.Failed, want) || r.Error == "" {
					t.Errorf("failed: %v, %q, want %v", r.Failed, r.Error, want)
				}
				for i, o := range got {
					want := wantOutcome(200, s.Filler(10))
					if i%2 == 1 {
						want = Outcome{}
					}
					if o != want {
						t.Errorf("fetch %d: %+v, want %+v", i, o, want)
					}
				}
			})
		})
	}
}

// TestAnswerBeforeRequest: a server that answers before it is asked, on a connection for each fetch. The answer is
// there when the client begins to look, and nothing comes after it.
func TestAnswerBeforeRequest(t *testing.T) {
	const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"
	address := serve(t, func(c net.Conn) {
		_, _ = c.Write([]byte(answer))
		_, _ = io.Copy(io.Discard, c)
	})
	onEach(t, func(t *testing.T, mode string) {
		if mode == NetHTTP {
			t.Skip("the standard client takes it for a broken connection now and then")
		}
		r, got := run(t, Spec{Mode: mode, Concurrency: 2, Fetches: 10, List: listOf(t, nil, "http://"+address+"/")})
		if len(r.Failed) != 0 {
			t.Errorf("failed: %v, %q", r.Failed, r.Error)
		}
		for i, o := range got {
			if want := wantOutcome(200, []byte("hi")); o != want {
				t.Errorf("fetch %d: %+v, want %+v", i, o, want)
			}
		}
	})
}

// TestCancel: a run that is cancelled ends with the reason and leaves nothing open.
func TestCancel(t *testing.T) {
	s := web(t, origin.Config{})
	name := listOf(t, s, "/f/stall")
	onEach(t, func(t *testing.T, mode string) {
		s.Reset()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		ended := make(chan error, 1)
		go func() {
			_, err := Run(ctx, Spec{Mode: mode, Concurrency: 3, Fetches: 10, List: name, Timeout: patience})
			ended <- err
		}()
		want := int64(min(3, most(mode)))
		if _, err := s.Await(ctx, func(st origin.Stats) bool { return st.InFlight == want }); err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
	})
}
