//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestVerifyRecords starts from a faultless file and spoils it in every way that must be noticed.
func TestVerifyRecords(t *testing.T) {
	url := func(i int) string { return fmt.Sprintf("http://127.0.1.%d:80/p/%d", i%3+1, i) }
	good := make([]string, 20)
	for i := range good {
		good[i] = fmt.Sprintf(`{"url":%q,"status":200,"class":"ok","bytes_wire":2200,"bytes_body":2048,"timings":{"total":5}}`+"\n", url(i))
	}
	slices.Reverse(good) // order must not matter
	for _, c := range []struct {
		name  string
		spoil func([]string) []string
		want  string // "" is success
	}{
		{"faultless", func(l []string) []string { return l }, ""},
		{"missing", func(l []string) []string { return l[1:] }, "no record of"},
		{"twice", func(l []string) []string { return append(l, l[4]) }, "reported before"},
		{"twice instead of another", func(l []string) []string { l[3] = l[4]; return l }, "reported before"},
		{"status", func(l []string) []string { l[7] = strings.Replace(l[7], "200", "404", 1); return l }, "status 404"},
		{"class", func(l []string) []string { l[7] = strings.Replace(l[7], "ok", "connect.refused", 1); return l }, `class "connect.refused"`},
		{"short body", func(l []string) []string { l[7] = strings.Replace(l[7], "2048", "2047", 1); return l }, "body of 2047 bytes"},
		{"no body", func(l []string) []string { l[7] = strings.Replace(l[7], `"bytes_body":2048,`, "", 1); return l }, "body of 0 bytes"},
		{"other host", func(l []string) []string { l[7] = strings.Replace(l[7], "127.0.1", "127.0.9", 1); return l }, "not in the list"},
		{"beyond", func(l []string) []string { l[0] = strings.Replace(l[0], "/p/19", "/p/20", 1); return l }, "not in the list"},
		{"torn", func(l []string) []string { l[19] = strings.TrimSuffix(l[19], "\n"); return l }, "EOF"},
		{"not JSON", func(l []string) []string { l[2] = "x\n"; return l }, "invalid character"},
		{"empty", func([]string) []string { return nil }, "no record of"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "out")
			if err := os.WriteFile(file, []byte(strings.Join(c.spoil(slices.Clone(good)), "")), 0o644); err != nil {
				t.Fatal(err)
			}
			checkError(t, verifyRecords(file, len(good), url), c.want)
		})
	}
}

// checkError wants an error that contains want, or none when want is empty.
func checkError(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("error %q, want none", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("error %v, want one with %q", err, want)
	}
}

func TestVerifyServer(t *testing.T) {
	before := counts{Requests: 1000}
	for got, want := range map[int64]string{999: "counted 999", 1000: "", 1001: "counted 1001"} {
		checkError(t, verifyServer(before, counts{Requests: 1000 + got}, 1000, 0), want)
	}
	checkError(t, verifyServer(before, counts{Requests: 2200}, 1000, 200), "")
	checkError(t, verifyServer(before, counts{Requests: 2201}, 1000, 200), "counted 1201")
}

func TestWrkCount(t *testing.T) {
	const ok = `Running 4s test @ http://127.0.0.1:8088/p/1
  1 threads and 100 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     0.99ms  149.51us   8.88ms   96.91%
    Req/Sec   101.27k     3.49k  103.90k    95.00%
  403124 requests in 4.00s, 0.87GB read
Requests/sec: 100700.12
`
	if n, err := wrkCount(ok, 100); n != 403124 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	for line, want := range map[string]string{
		"  Socket errors: connect 0, read 3, write 0, timeout 0\n": "Socket errors",
		"  Non-2xx or 3xx responses: 12\n":                         "Non-2xx",
	} {
		_, err := wrkCount(ok+line, 100)
		checkError(t, err, want)
	}
	_, err := wrkCount("unable to connect to 127.0.0.1:1 Connection refused\n", 100)
	checkError(t, err, "no number of requests")
	_, err = wrkCount("  0 requests in 1.24s, 0.00B read\n", 100)
	checkError(t, err, "only 0 requests on 100 connections")
}
