//go:build unix

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"crawl/internal/crawler"
	"crawl/internal/fetch"
)

// record is one line of the output, as somebody reads it who knows only its documentation.
type record struct {
	URL          string           `json:"url"`
	FinalURL     string           `json:"final_url"`
	Status       int              `json:"status"`
	Class        fetch.Class      `json:"class"`
	Error        string           `json:"error"`
	Attempts     int              `json:"attempts"`
	Redirects    int              `json:"redirects"`
	RetryAfter   int64            `json:"retry_after"`
	MediaType    string           `json:"media_type"`
	Charset      string           `json:"charset"`
	Coding       string           `json:"coding"`
	BytesWire    int64            `json:"bytes_wire"`
	BytesBody    int64            `json:"bytes_body"`
	BytesDecoded int64            `json:"bytes_decoded"`
	Digest       string           `json:"digest"`
	Range        string           `json:"range"`
	ETag         string           `json:"etag"`
	LastModified string           `json:"last_modified"`
	Remote       string           `json:"remote"`
	Proxy        string           `json:"proxy"`
	Protocol     string           `json:"protocol"`
	TLS          map[string]any   `json:"tls"`
	Started      string           `json:"started"`
	Timings      map[string]int64 `json:"timings"`
	Lag          int64            `json:"lag"`
	page

	Extracted    map[string]any   `json:"extracted"`
	Items        []map[string]any `json:"items"`
	ItemErrors   []map[string]any `json:"item_errors"`
	ExtractError string           `json:"extract_error"`
}

// page is what a record has besides where links are followed.
type page struct {
	Referrer   string `json:"referrer"`
	Depth      *int   `json:"depth"`
	Title      string `json:"title"`
	Lang       string `json:"lang"`
	Canonical  string `json:"canonical"`
	Duplicate  string `json:"duplicate_of"`
	Links      int    `json:"links"`
	Internal   int    `json:"links_internal"`
	External   int    `json:"links_external"`
	OtherLinks int    `json:"other_links"`
	NoIndex    bool   `json:"noindex"`
	NoFollow   bool   `json:"nofollow"`
	Disallowed bool   `json:"disallowed"`
	Robots     string `json:"robots"`

	Sitemap      string `json:"sitemap"`
	Entries      *int   `json:"entries"`
	Dropped      int    `json:"dropped"`
	SitemapError string `json:"sitemap_error"`
}

// recordFields are the fields in their order, and those of timings in theirs.
const (
	recordFields = "url final_url status class error attempts redirects retry_after media_type charset coding bytes_wire bytes_body bytes_decoded digest range etag last_modified remote proxy protocol tls started timings lag referrer depth title lang canonical duplicate_of links links_internal links_external other_links noindex nofollow disallowed robots sitemap entries dropped sitemap_error extracted items item_errors extract_error"
	timingFields = "queue dns connect tls first_byte body total"
)

// readRecords reads records strictly.
func readRecords(ts *testscript.TestScript, file string) []record {
	text := ts.ReadFile(file)
	if text != "" && !strings.HasSuffix(text, "\n") {
		fatal("%s: the last line is torn: %q", file, text[strings.LastIndexByte(text, '\n')+1:])
	}
	var all []record
	for i, line := range strings.SplitAfter(text, "\n") {
		if line == "" {
			break
		}
		var r record
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&r); err != nil || d.InputOffset() != int64(len(line)-1) {
			fatal("%s:%d: %v: %s", file, i+1, err, line)
		}
		if err := r.check(line); err != nil {
			fatal("%s:%d: %v: %s", file, i+1, err, line)
		}
		all = append(all, r)
	}
	return all
}

// check is what holds of every record.
func (r *record) check(line string) error {
	var raw struct {
		Timings json.RawMessage `json:"timings"`
	}
	if err := json.Unmarshal([]byte(line), &raw); err != nil {
		return err
	}
	known := slices.ContainsFunc(advices(), func(a fetch.Advice) bool { return a.Class == r.Class })
	asked := r.Class != fetch.Input && !crawler.IsPassedOver(r.Class) && !strings.HasPrefix(r.Error, "robots.txt: ")
	switch {
	case r.URL == "":
		return fmt.Errorf("no URL")
	case !known:
		return fmt.Errorf("unknown class %q", r.Class)
	case (r.Class == fetch.OK) != (r.Error == ""):
		return fmt.Errorf("an error if and only if the class is not ok")
	case r.Class == fetch.OK && (r.Status == 0 || r.Protocol == "" || r.Remote == ""):
		return fmt.Errorf("a response without a status, a protocol or an address")
	case (r.FinalURL != "") != (r.Redirects > 0):
		return fmt.Errorf("redirects if and only if there is a final URL")
	case r.Depth == nil && r.page != (page{}) || r.Depth != nil && (*r.Depth < 0 || *r.Depth > 0 && r.Referrer == ""):
		return fmt.Errorf("facts of a page without a depth, or a depth without a referrer")
	case r.Status != 200 && (r.Title != "" || r.Links > 0 || r.Extracted != nil || r.Items != nil):
		return fmt.Errorf("facts of a page that is none")
	case asked != (r.Attempts > 0) || asked != (r.Timings != nil) || asked != (r.Started != ""):
		return fmt.Errorf("attempts, started and timings if and only if it was asked for")
	case !inOrder(objectKeys([]byte(line)), recordFields) || !inOrder(objectKeys(raw.Timings), timingFields):
		return fmt.Errorf("the fields are not in the order of %q and %q", recordFields, timingFields)
	}
	if !asked {
		return nil
	}
	if _, ok := r.Timings["total"]; !ok {
		return fmt.Errorf("no total time")
	}
	_, err := time.Parse("2006-01-02T15:04:05.000000Z", r.Started)
	return err
}

// objectKeys are the keys of a JSON object in their order; of nothing, none.
func objectKeys(object []byte) (keys []string) {
	if len(object) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(object))
	_, err := d.Token()
	check(err)
	for d.More() {
		key, err := d.Token()
		check(err)
		keys = append(keys, key.(string))
		var value json.RawMessage
		check(d.Decode(&value))
	}
	return keys
}

// inOrder says whether all keys are among fields, none twice, and in their order.
func inOrder(keys []string, fields string) bool {
	rest := strings.Fields(fields)
	for _, key := range keys {
		i := slices.Index(rest, key)
		if i < 0 {
			return false
		}
		rest = rest[i+1:]
	}
	return true
}

// records checks what there is of each status and class; what is not named must not be there, if any is named.
func (*script) records(ts *testscript.TestScript, args []string) {
	all := readRecords(ts, args[0])
	got := map[string]int{}
	urls := map[string]int{}
	for _, r := range all {
		urls[r.URL]++
		if r.Class == fetch.OK {
			got[strconv.Itoa(r.Status)]++
		} else {
			got[string(r.Class)]++
		}
	}
	listed, want := false, map[string]int{}
	for _, arg := range args[1:] {
		name, value, ok := strings.Cut(arg, "=")
		if !ok {
			fatal("%q is not NAME=VALUE", arg)
		}
		if name == "list" {
			listed = true
			wantURLs(urls, ts.ReadFile(value))
			continue
		}
		n, err := strconv.Atoi(value)
		check(err)
		if name != "total" {
			want[name] = n
		} else if n != len(all) {
			fatal("%d records, want %d", len(all), n)
		}
	}
	if len(want) > 0 && !maps.Equal(got, want) {
		fatal("got %v, want %v", got, want)
	}
	for url, n := range urls {
		if n != 1 && !listed {
			fatal("%d records of %q", n, url)
		}
	}
}

// wantURLs checks that there is a record for every line of a list that counts, as often as it is there.
func wantURLs(got map[string]int, list string) {
	want := map[string]int{}
	for line := range strings.Lines(strings.TrimPrefix(list, "\ufeff")) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			want[line]++
		}
	}
	if maps.Equal(got, want) {
		return
	}
	for url, n := range want {
		if got[url] != n {
			fatal("%d records of %q, which is %d times in the list", got[url], url, n)
		}
	}
	for url, n := range got {
		if want[url] != n {
			fatal("%d records of %q, which is %d times in the list", n, url, want[url])
		}
	}
}

// ourAddress is the client's own, which only package net tells with an error.
var ourAddress = regexp.MustCompile(`127\.\d+\.\d+\.\d+:\d+->`)

// sameRecords compares two crawls of one list.
func (*script) sameRecords(ts *testscript.TestScript, args []string) {
	timeless := func(file string) []string {
		var lines []string
		for _, r := range readRecords(ts, file) {
			r.Started, r.Timings, r.Lag = "", nil, 0
			r.Error = ourAddress.ReplaceAllString(r.Error, "")
			line, err := json.Marshal(r)
			check(err)
			lines = append(lines, string(line))
		}
		slices.Sort(lines)
		return lines
	}
	a, b := timeless(args[0]), timeless(args[1])
	if len(a) == 0 || len(a) != len(b) {
		fatal("%d and %d records", len(a), len(b))
	}
	for i := range a {
		if a[i] != b[i] {
			fatal("\n%s\n%s", a[i], b[i])
		}
	}
}

var lastNumber = regexp.MustCompile(`/f/[a-z-]+/(\d+)(\?|$)`)

// digests checks them against what the test web says it sends.
func (s *script) digests(ts *testscript.TestScript, args []string) {
	n := 0
	for _, r := range readRecords(ts, args[0]) {
		var body []byte
		if m := lastNumber.FindStringSubmatch(r.URL); m != nil {
			size, err := strconv.Atoi(m[1])
			check(err)
			body = s.server.Filler(size)
		} else {
			_, _, body = s.server.Lookup(r.URL)
		}
		want := fmt.Sprintf("sha256:%x", sha256.Sum256(body))
		switch {
		case r.Class != fetch.OK && r.Digest != "":
			fatal("%s: a digest of what is not whole", r.URL)
		case r.Class != fetch.OK:
			continue
		case r.Digest != want || r.BytesBody != int64(len(body)):
			fatal("%s: %d bytes, %s; want %d bytes, %s", r.URL, r.BytesBody, r.Digest, len(body), want)
		}
		n++
	}
	if strconv.Itoa(n) != args[1] {
		fatal("%d digests, want %s", n, args[1])
	}
}

var ledgerLine = regexp.MustCompile(`(?m)^crawl: ledger: (\d+) discovered = (\d+) fetched \+ (\d+) failed \+ (\d+) skipped \+ (\d+) pending$`)

func (*script) ledger(ts *testscript.TestScript, args []string) {
	all := ledgerLine.FindAllStringSubmatch(ts.ReadFile(args[0]), -1)
	if len(all) != 1 {
		fatal("%d lines with a ledger, want 1", len(all))
	}
	got := map[string]int{}
	for i, name := range []string{"discovered", "fetched", "failed", "skipped", "pending"} {
		n, err := strconv.Atoi(all[0][i+1])
		check(err)
		got[name] = n
	}
	if got["discovered"] != got["fetched"]+got["failed"]+got["skipped"]+got["pending"] {
		fatal("it does not add up: %s", all[0][0])
	}
	for _, arg := range args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		if n, ok := got[name]; !ok || strconv.Itoa(n) != value {
			fatal("%s is not %s: %s", name, value, all[0][0])
		}
	}
}
