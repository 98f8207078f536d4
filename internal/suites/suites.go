// Package suites reads the test vectors that other projects wrote. They stand beside the repository because of their
// licences, so where they are missing a test skips itself, and says so.
//
// It is for tests only, of packages two levels below the root. What the fields mean stands in the README of the suites.
package suites

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// longest is the longest line that is read, in bytes: a case of several MB is somebody's limit put to the test.
const longest = 16 << 20

// Path is where a file or folder of the suites is, seen from the package under test.
func Path(name string) string { return filepath.Join("..", "..", "..", "shared", "suites", name) }

// Read reads a file of cases, one JSON object a line, which must be at least so many. Without the file the test is
// skipped.
func Read[T any](t testing.TB, name string, least int) (list []T) {
	t.Helper()
	f, err := os.Open(Path(name))
	if err != nil {
		t.Skipf("SKIPPED, the suite is not there: %v", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, longest)
	for lines.Scan() {
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		list = append(list, v)
	}
	if err := lines.Err(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if len(list) < least {
		t.Fatalf("%s: only %d cases, want at least %d", name, len(list), least)
	}
	return list
}
