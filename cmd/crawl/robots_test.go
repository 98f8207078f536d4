package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"crawl/internal/suites"
)

// TestRobotsSuite: the cases that others wrote, asked by --lines. Where URLs are read as browsers do it, two of them come out
// otherwise, for they are about bytes that are not ASCII in a URL as it is asked for, which crawl never sends.
func TestRobotsSuite(t *testing.T) {
	type question map[string]any
	encoded := map[string]bool{"google-064": true, "google-066": true}
	for _, asWritten := range []bool{true, false} {
		for name, least := range map[string]int{"robots-google.jsonl": 72, "robots-cc.jsonl": 80} {
			list := suites.Read[question](t, name, least)
			var in, out, errOut bytes.Buffer
			for _, q := range list {
				line, err := json.Marshal(q)
				if err != nil {
					t.Fatal(err)
				}
				in.Write(append(line, '\n'))
			}
			args := []string{"robots", "--lines"}
			if asWritten {
				args = append(args, "--as-written")
			}
			if code := mainCode(args, &in, &out, &errOut); code != exitOK || errOut.Len() > 0 {
				t.Fatalf("exit code %d: %s", code, errOut.String())
			}
			answers := strings.Split(strings.TrimSpace(out.String()), "\n")
			if len(answers) != len(list) {
				t.Fatalf("%d answers to %d questions", len(answers), len(list))
			}
			for i, q := range list {
				var a struct {
					ID      string
					Allowed *bool
				}
				if err := json.Unmarshal([]byte(answers[i]), &a); err != nil || a.Allowed == nil || a.ID != q["id"] {
					t.Fatalf("question %v: %s: %v", q["id"], answers[i], err)
				}
				if want := q["allowed"] == true || !asWritten && encoded[a.ID]; *a.Allowed != want {
					t.Errorf("%v, as written %v: %s, want %v", q, asWritten, answers[i], want)
				}
			}
		}
	}
}

func TestWrittenTarget(t *testing.T) {
	for u, want := range map[string]string{
		"http://h/a?b#c": "/a?b", "http://h": "/", "http://h?a": "/?a", "http://h#a": "/", "/a#b": "/a", "//h/a": "//h/a", "/a?u=http://h/b": "/a?u=http://h/b",
		"": "/", "a": "/a", "http://h/é%zz": "/é%zz", "http://h//a": "//a",
	} {
		if got := writtenTarget(u); got != want {
			t.Errorf("the target of %q is %q, want %q", u, got, want)
		}
	}
}
