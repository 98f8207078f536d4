//go:build unix

package fetch

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
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
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "suites", "curl-flow.jsonl"))
	if err != nil {
		t.Skipf("SKIPPED, the suite is not there: %v", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var c flow
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(c.Opts, "--compressed") == codings {
			list = append(list, c)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}
