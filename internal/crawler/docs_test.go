package crawler

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"crawl/internal/fetch"
)

// recordsPage is the description of records, for users.
const recordsPage = "../../docs/records.md"

func readPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(recordsPage)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// tableOf is the cells of the table whose header line begins so.
func tableOf(t *testing.T, page, header string) [][]string {
	t.Helper()
	_, rest, ok := strings.Cut(page, "\n"+header)
	if !ok {
		t.Fatalf("%s: no table %q", recordsPage, header)
	}
	var rows [][]string
	for line := range strings.Lines(rest[strings.IndexByte(rest, '\n')+1:]) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	return rows[1:] // below the rule
}

// TestPageClasses: the page has every class, in the order of fetch.Classes, with its sentence, and whether it is
// tried again.
func TestPageClasses(t *testing.T) {
	var want [][]string
	for _, a := range fetch.Classes() {
		again := ""
		switch {
		case a.Class == fetch.OK:
			again = "by status"
		case mayGoBetter(a.Class, 0):
			again = "yes"
		}
		want = append(want, []string{"`" + string(a.Class) + "`", again, a.Sentence})
	}
	got := tableOf(t, readPage(t), "| class |")
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || !slices.Equal(got[i], want[i]) {
			t.Fatalf("%s: class %d differs from fetch.Classes: it is\n%q, want\n%q", recordsPage, i, got[min(i, len(got)-1)], want[min(i, len(want)-1)])
		}
	}
}

// TestPageSkips: the page has why URLs are not asked for, in the order of Skips, with the sentence.
func TestPageSkips(t *testing.T) {
	var want [][]string
	for _, a := range Skips() {
		if !IsPassedOver(a.Class) || !isSkip(a.Class) {
			t.Errorf("%s is not counted as skipped", a.Class)
		}
		want = append(want, []string{"`" + string(a.Class) + "`", a.Sentence})
	}
	got := tableOf(t, readPage(t), "| skipped |")
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || len(got[i]) != 3 || !slices.Equal([]string{got[i][0], got[i][2]}, want[i]) {
			t.Fatalf("%s: what is skipped, row %d, differs from Skips: they are\n%q, want\n%q", recordsPage, i, got, want)
		}
		if hasRecord := map[bool]string{true: "yes"}[Skips()[i].Class == SkipRobots]; got[i][1] != hasRecord {
			t.Errorf("%s: %s: a record is %q, want %q", recordsPage, got[i][0], got[i][1], hasRecord)
		}
	}
}

// TestPageFields: the page has every field, in the order of the records, with its type, and its unit or meaning.
func TestPageFields(t *testing.T) {
	fields := selectable(nil)
	rows := tableOf(t, readPage(t), "| field |")
	for i := range max(len(rows), len(fields)) {
		if i >= len(rows) || i >= len(fields) {
			t.Fatalf("%s has %d fields, want %d", recordsPage, len(rows), len(fields))
		}
		f, cells := fields[i], rows[i]
		if len(cells) != 5 || cells[3] == "" || cells[4] == "" {
			t.Errorf("%s: %q lacks something", recordsPage, cells)
		} else if want := []string{"`" + f.Name + "`", f.Type(), f.About}; !slices.Equal(cells[:3], want) {
			t.Errorf("%s: field %d is %q, want %q", recordsPage, i, cells[:3], want)
		}
	}
}

// TestPageColumns: the page has the columns that CSV has where none are chosen.
func TestPageColumns(t *testing.T) {
	if list := strings.Join(Columns(), ","); !strings.Contains(readPage(t), "\n    "+list+"\n") {
		t.Errorf("%s does not have %s", recordsPage, list)
	}
}

// TestPageExamples: every record that the page shows is one that TestAppendJSON makes.
func TestPageExamples(t *testing.T) {
	golden, err := os.ReadFile(goldenRecords)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(readPage(t)) {
		if strings.HasPrefix(line, "{") {
			n++
			if !strings.Contains(string(golden), "\n"+line) {
				t.Errorf("%s: not a record of %s: %s", recordsPage, goldenRecords, line)
			}
		}
	}
	if n == 0 {
		t.Errorf("%s shows no record", recordsPage)
	}
}

// TestPageFigures: the limits that the page names are those of the code.
func TestPageFigures(t *testing.T) {
	page := readPage(t)
	for _, figure := range []string{
		"longer than " + thousands(maxLine) + " bytes",
		"below " + thousands(int(MinLag.Microseconds())),
		"statuses 408, 429, 502, 503 and 504",
		"discovered = fetched + failed + skipped + pending",
		"version 1",
	} {
		if !strings.Contains(page, figure) {
			t.Errorf("%s does not say %q", recordsPage, figure)
		}
	}
}

// thousands writes a number from 1,000 to 999,999 as people do.
func thousands(n int) string {
	s := strconv.Itoa(n)
	return s[:len(s)-3] + "," + s[len(s)-3:]
}
