//go:build unix

package fetch

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"crawl/internal/suites"
)

// vector is a case of the HTTP/1.1 suite that other projects wrote; its README explains the fields.
type vector struct {
	ID       string  `json:"id"`
	Title    string  `json:"title"`
	Raw      []byte  `json:"raw_b64"`
	Expect   *string `json:"expect"`
	Status   *int    `json:"status"`
	Body     *[]byte `json:"body_b64"`
	Output   []byte  `json:"expected_output_b64"`
	Messages int     `json:"messages"`
	Interim  bool    `json:"interim"`
	Upgrade  bool    `json:"upgrade"`
}

// TestSuite: every case over a real connection, whole and with every byte in a write of its own, ends as its
// source says, and what is behind the response reaches nobody.
func TestSuite(t *testing.T) {
	list := suites.Read[vector](t, "http1-core.jsonl", 75)
	for how, step := range map[string]int{"whole": 1 << 30, "bytewise": 1} {
		t.Run(how, func(t *testing.T) {
			onEachWire(t, func(t *testing.T, k kind, w wire) {
				s := w.serve(t, func(p *peer) {
					for req := p.request(); req != nil; req = p.request() {
						i := slices.IndexFunc(list, func(v vector) bool { return "/"+v.ID == req.URL.Path })
						if i < 0 {
							p.send(hello)
							continue
						}
						for part := range slices.Chunk(list[i].Raw, step) {
							if _, err := p.Write(part); err != nil {
								break
							}
						}
						p.close()
						return
					}
				})
				e := k.engine(t)
				with(t, e, Options{TLS: w.client}, func(c client) error {
					for _, v := range list {
						c.get(s.base+"/before").want(t, 200, "hello")
						got := c.get(s.base + "/" + v.ID)
						v.check(t, got)
						// What has not arrived when the next request goes out cannot be told from its answer.
						if err := c.awaitStale(); err != nil {
							return err
						}
						c.get(s.base+"/after").want(t, 200, "hello")
					}
					return nil
				})
			})
		})
	}
}

func (v vector) check(t *testing.T, got *visit) {
	t.Helper()
	failed := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s %s: "+format, append([]any{v.ID, v.Title}, args...)...)
	}
	switch {
	case v.Upgrade: // that was not asked for
		if ClassOf(got.err) != ProtocolHead || got.Status != 101 {
			failed("status %d, error %v, want 101 refused", got.Status, got.err)
		}
		return
	case v.Interim: // the status is that of the 1xx; the final response counts, and may be cut off
		if got.Status/100 != 2 || got.err != nil && ClassOf(got.err) != ProtocolTruncated {
			failed("status %d, error %v, want the final response", got.Status, got.err)
		}
		return
	case v.Expect == nil:
		failed("it expects nothing")
		return
	case *v.Expect == "reject":
		if class := ClassOf(got.err); class.Family() != "protocol" && class.Family() != "limit" && (len(v.Raw) > 0 || class != ClosedEarly) {
			failed("class %s, want it refused: %v", ClassOf(got.err), got.err)
		}
		return
	case *v.Expect == "truncated":
		if ClassOf(got.err) != ProtocolTruncated || got.Status == 0 {
			failed("status %d, class %s, want a truncated body", got.Status, ClassOf(got.err))
		}
	case got.err != nil:
		failed("refused: %v", got.err)
	}
	if v.Status != nil && got.Status != *v.Status {
		failed("status %d, want %d", got.Status, *v.Status)
	}
	if v.Body != nil && !bytes.Equal(got.body, *v.Body) {
		failed("body %q, want %q", got.body, *v.Body)
	}
	unix := func(b []byte) string { return strings.ReplaceAll(string(b), "\r\n", "\n") }
	if _, body, found := strings.Cut(unix(v.Output), "\n\n"); found && unix(got.body) != body {
		failed("body %q, want %q", got.body, body)
	}
}
