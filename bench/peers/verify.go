//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// The rule of this file: a figure counts only when the work was done, and it is the harness that
// checks this, from the records and from the server's own count, not the client's summary.

// verifyRecords reads the JSON lines in file and reports how they differ from what a full success
// writes: exactly one record for each of the n URLs, with status 200 and a body of pageSize bytes.
// Records may come in any order.
func verifyRecords(file string, n int, url func(int) string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	seen := make([]bool, n)
	in := bufio.NewReaderSize(f, 1<<20)
	for line := 1; ; line++ {
		data, err := in.ReadBytes('\n')
		if err == io.EOF && len(data) == 0 {
			break
		}
		if err != nil {
			return fmt.Errorf("record %d: %w", line, err) // a last line without its end is torn
		}
		i, err := verifyRecord(data, n, url)
		if err != nil {
			return fmt.Errorf("record %d: %w", line, err)
		}
		if seen[i] {
			return fmt.Errorf("record %d: %q was reported before", line, url(i))
		}
		seen[i] = true
	}
	for i, ok := range seen {
		if !ok {
			return fmt.Errorf("no record of %q", url(i))
		}
	}
	return nil
}

// verifyRecord checks one line and returns which URL of the list it is about.
func verifyRecord(data []byte, n int, url func(int) string) (int, error) {
	var r struct {
		URL       string `json:"url"`
		Status    int    `json:"status"`
		Class     string `json:"class"`
		BytesBody int64  `json:"bytes_body"`
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return 0, err
	}
	i, err := strconv.Atoi(r.URL[strings.LastIndexByte(r.URL, '/')+1:])
	if err != nil || i < 0 || i >= n || r.URL != url(i) {
		return 0, fmt.Errorf("%q is not in the list", r.URL)
	}
	if r.Status != 200 || r.Class != "ok" || r.BytesBody != pageSize {
		return 0, fmt.Errorf("%q: status %d, class %q, body of %d bytes, want 200, ok and %d", r.URL, r.Status, r.Class, r.BytesBody, pageSize)
	}
	return i, nil
}

// verifyServer compares what the server saw with what was to be fetched. slack is how many further
// requests it may have seen: those that wrk leaves unanswered at its end.
func verifyServer(before, after counts, fetches, slack int64) error {
	if got := after.Requests - before.Requests; got < fetches || got > fetches+slack {
		return fmt.Errorf("the server counted %d requests for %d fetches", got, fetches)
	}
	return nil
}

var wrkRequests = regexp.MustCompile(`(?m)^\s+(\d+) requests in `)

// wrkCount takes the number of answered requests from what wrk printed. Any error that wrk mentions
// makes the run void, and so does a count that conc connections hardly began to earn.
func wrkCount(stdout string, conc int) (int64, error) {
	for line := range strings.Lines(stdout) {
		if strings.Contains(line, "Socket errors") || strings.Contains(line, "Non-2xx") {
			return 0, fmt.Errorf("wrk: %s", strings.TrimSpace(line))
		}
	}
	m := wrkRequests.FindStringSubmatch(stdout)
	if m == nil {
		return 0, errors.New("wrk printed no number of requests")
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err == nil && n < 2*int64(conc) {
		err = fmt.Errorf("wrk made only %d requests on %d connections", n, conc)
	}
	return n, err
}
