package latency

import (
	"os"
	"strings"
	"testing"
)

// The table of references in the documentation is the one that is printed.
func TestDocumentHasTheReferences(t *testing.T) {
	text, err := os.ReadFile("../../docs/latency.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for l := range strings.Lines(string(text)) {
		if strings.HasPrefix(l, "| ") && strings.Count(l, "|") == 4 && !strings.HasPrefix(l, "| | ") {
			lines++
		}
	}
	references := 0
	for _, q := range quantities() {
		if q.reference == 0 {
			continue
		}
		references++
		cells := " | " + Real(q.reference) + " | " + Felt(q.reference/ReferenceInstruction) + " |\n"
		if !strings.Contains(string(text), cells) {
			t.Errorf("%s: no line ends with %q", q.title, cells)
		}
		if title := "| " + q.title + " |"; q.reason != "" && !strings.Contains(string(text), title) {
			t.Errorf("no line is about %q", q.title)
		}
	}
	if lines != references-1 { // one line for system call and thread switch
		t.Errorf("%d lines for %d references", lines, references)
	}
}
