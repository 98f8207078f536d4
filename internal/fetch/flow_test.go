//go:build unix

package fetch

import (
	"slices"
	"testing"

	"crawl/internal/suites"
)

// flow is one of curl's own cases about what happens with a response; the README of the suites explains the fields.
type flow struct {
	ID      string            `json:"id"`
	Command string            `json:"command"`
	Opts    []string          `json:"opts"`
	Replies map[string][]byte `json:"replies"`
	Code    int               `json:"errorcode"`
	Output  []byte            `json:"expected_output_b64"`
	Asked   string            `json:"expected_requests"`
}

// flows reads those about content codings, or the others, which are about redirects.
func flows(t *testing.T, codings bool) (list []flow) {
	t.Helper()
	for _, c := range suites.Read[flow](t, "curl-flow.jsonl", 1) {
		if slices.Contains(c.Opts, "--compressed") == codings {
			list = append(list, c)
		}
	}
	return list
}
