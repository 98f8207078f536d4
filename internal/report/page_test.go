package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; after a change: go test ./internal/report -update, and read the diff", file)
	}
}

// nasty is text that wants to be markup, a command or a second line.
const nasty = "<script>alert(1)</script>\"'&\x1b[31m\u202e|\n*x*\xff"

// specimen is a page with one of each block, each with nasty text wherever text can be.
func specimen() *Page {
	table := &Table{
		Caption: "Caption " + nasty, Columns: append(Left("name "+nasty), Right("a", "b")...), Note: nasty,
		Rows: []Row{{Cells: []string{nasty, "1", "22"}, Note: nasty}, {Cells: []string{"short"}, Strong: true}},
	}
	lines := &Lines{
		Title: "Lines " + nasty, Description: "Seen: " + nasty, Note: nasty,
		X: Axis{Title: "x " + nasty, Scale: Log}, Y: Axis{Title: "y", Unit: Microseconds, Scale: Log},
	}
	for i := range looks {
		s := Series{Name: fmt.Sprintf("series %d", i), Look: i, Strong: i == 4}
		for _, x := range []float64{1, 10, 100} {
			y := x * float64(i+1)
			s.Points = append(s.Points, Point{X: x, Y: y, Low: y * .9, High: y * 1.2, Hollow: x == 100 && i == 0})
		}
		lines.Series = append(lines.Series, s)
	}
	lines.Series[0].Name = nasty
	return &Page{
		Title: "Page " + nasty, Lead: []string{nasty}, Foot: nasty,
		Sections: []Section{
			{Title: "Blocks " + nasty, Blocks: []Block{
				Paragraph(nasty), Notice{nasty}, List{nasty}, Headline{{nasty, nasty, nasty}}, Facts{{nasty, nasty, nasty}}, Code("a " + nasty), table,
			}},
			{Title: "Charts", Sections: []Section{{Title: "All of them", Blocks: []Block{Grid{
				lines,
				Pile{
					&Stacks{Title: "Stacks " + nasty, Description: nasty, Unit: Microseconds, Parts: []string{"user " + nasty, "system", "third"}, Groups: []Group{
						{nasty, []Stack{{Name: nasty, Values: []float64{3, 4, 1}, Low: 7, High: 9}, {Name: "b", Values: []float64{0, 2}, Strong: true}}},
					}},
					&Bars{Title: "Bars " + nasty, Description: nasty, Bars: []Bar{{Name: nasty, Value: 3, Tip: nasty}, {Name: "none", Bad: true}}},
				},
				&Timeline{Title: "Timeline " + nasty, Description: nasty, Y: nasty, Step: .5, Layers: []Layer{{Name: nasty, Counts: []float64{0, 3, 3, 1}}, {Name: "bad", Counts: []float64{0, 1}, Bad: true}}},
				&Waterfall{Title: "Waterfall " + nasty, Description: nasty, Phases: []string{nasty, "first byte", "body"}, Labels: true, Spans: []Span{
					{Name: nasty, Begin: 100, Ends: []float64{150, 150, 400}}, {Name: "b", Begin: 300, Ends: []float64{300, 500}, Bad: true},
				}},
			}}}}},
		},
	}
}

func pageOf(t *testing.T, p *Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPage(t *testing.T) {
	page := pageOf(t, specimen())
	golden(t, "specimen.html", []byte(page))
	checkPage(t, page)
}

// checkPage holds a page to what every page promises.
func checkPage(t *testing.T, page string) {
	t.Helper()
	for _, bad := range []string{"<script", "\x1b", "\u202e", "http-equiv=\"refresh", "@import", "onload", "NaN", "Inf"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	for _, m := range regexp.MustCompile(`(?i)(?:src|href|url)\s*[=(]\s*["']?([^"')>\s]*)`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "#") && m[1] != "data:," {
			t.Errorf("the page refers to %q", m[1])
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("two elements have the id %q", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`(?:aria-labelledby="|href="#|fill="url\(#)([^")]*)`).FindAllStringSubmatch(page, -1) {
		for _, id := range strings.Fields(m[1]) {
			if !ids[id] {
				t.Errorf("nothing has the id %q", id)
			}
		}
	}
	if n := strings.Count(page, "<h1>"); n != 1 {
		t.Errorf("%d headings of the first level", n)
	}
	pictures := strings.Count(page, `role="img"`)
	if n := strings.Count(page, "<desc id="); n != pictures {
		t.Errorf("%d pictures, %d descriptions", pictures, n)
	}
	if n := strings.Count(page, "<details>"); n != pictures {
		t.Errorf("%d pictures, %d tables of their data", pictures, n)
	}
	checkTags(t, page)
}

// checkTags: what is opened is closed. A page is XML but for its void elements and its first line.
func checkTags(t *testing.T, page string) {
	t.Helper()
	_, page, _ = strings.Cut(page, "\n")
	page = regexp.MustCompile(`<(meta|link)( [^>]*)>`).ReplaceAllString(page, "<$1$2/>")
	page = regexp.MustCompile(`(?s)<style>.*</style>`).ReplaceAllString(page, "")
	d := xml.NewDecoder(strings.NewReader(page))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// luminance is that of WCAG 2.2.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 24)
	if err != nil {
		t.Fatal(err)
	}
	channel := func(shift int) float64 {
		c := float64(n>>shift&255) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+.055)/1.055, 2.4)
	}
	return .2126*channel(16) + .7152*channel(8) + .0722*channel(0)
}

// TestContrast: text is at least 4.5 to 1, marks 3 to 1, in light and in dark, on every ground they stand on.
func TestContrast(t *testing.T) {
	for name, sheet := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]float64{}
		for _, m := range regexp.MustCompile(`--(\w+):(#[0-9a-f]{6});`).FindAllStringSubmatch(sheet, -1) {
			colours[m[1]] = luminance(t, m[2])
		}
		check := func(front, ground string, least float64) {
			a, okA := colours[front]
			b, okB := colours[ground]
			if ratio := (max(a, b) + .05) / (min(a, b) + .05); !okA || !okB || ratio < least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", name, front, ground, ratio, least)
			}
		}
		for _, ground := range []string{"paper", "panel"} {
			for _, text := range []string{"ink", "soft", "accent", "bad"} {
				check(text, ground, 4.5)
			}
			for i := range looks {
				check("k"+strconv.Itoa(i), ground, 3)
			}
			for i := range 3 {
				check("a"+strconv.Itoa(i), ground, 3)
			}
		}
		check("ink", "warn", 4.5)
	}
}

func TestText(t *testing.T) {
	table := &Table{
		Caption: "Häuser", Columns: append(Left("name"), Right("Größe", "n")...), Note: "the end",
		Rows: []Row{{Cells: []string{"größer", "1.5 µs", "12"}, Note: "a note\n"}, {Cells: []string{nasty, "3"}}},
	}
	var b bytes.Buffer
	if err := table.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "table.txt", b.Bytes())
	b.Reset()
	if err := table.WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "table.md", b.Bytes())
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestWriteErrors(t *testing.T) {
	if err := specimen().WriteHTML(brokenWriter{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("page: %v", err)
	}
	if err := (&Table{}).WriteText(brokenWriter{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("text: %v", err)
	}
	if err := (&Table{}).WriteMarkdown(brokenWriter{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Markdown: %v", err)
	}
}
