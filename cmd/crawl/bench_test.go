package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"crawl/internal/bench"
)

// A baseline is kept only of what holds: what is uncertain passes, and may be a regression all the same.
func TestBaselineKept(t *testing.T) {
	for outcome, kept := range map[bench.Outcome]bool{bench.Held: true, bench.Uncertain: false, bench.Unmeasured: false, bench.Failed: false} {
		var said bytes.Buffer
		file := filepath.Join(t.TempDir(), "baseline.json")
		r := &bench.Report{Verdict: outcome, Checks: []bench.Check{{Outcome: outcome}}, Measured: &bench.Measurement{Version: bench.FormatVersion}}
		err := verdict(streams{in: strings.NewReader(""), out: &said, err: &said}, r, file)
		if passes := outcome == bench.Held || outcome == bench.Uncertain; passes != (err == nil) {
			t.Errorf("%s: %v", outcome, err)
		}
		if _, err := os.Stat(file); kept != (err == nil) || !kept && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", outcome, err)
		}
		if kept == strings.Contains(said.String(), "baseline.json is left as it is") {
			t.Errorf("%s: it says %q", outcome, &said)
		}
	}
}
