package bench

import (
	"fmt"
	"io"
	"strings"
)

// WriteMarkdown writes the report for the summary of a CI job.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## crawl bench: %s\n\n%s  \n%s\n", marked(r.Sentence()), marked(r.title()), marked(r.where()))
	if len(r.Checks) > 0 {
		b.WriteString("\n| | check | |\n|---|---|---|\n")
	}
	for _, c := range r.Checks {
		fmt.Fprintf(&b, "| %s %s | %s | %s |\n", sign(c.Outcome), c.Outcome, marked(c.Name), marked(c.Text+c.suffix()))
	}
	b.WriteByte('\n')
	for i, row := range r.table() {
		for _, cell := range row {
			b.WriteString("| " + marked(cell) + " ")
		}
		b.WriteString("|\n")
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	for i, line := range r.remarks() {
		if i == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "- %s\n", marked(line))
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

// sign is seen before the word is read.
func sign(o Outcome) string {
	switch o {
	case Failed:
		return "❌"
	case Uncertain, Unmeasured:
		return "⚠️"
	}
	return "✅"
}

// marked escapes a text for Markdown, so that nothing in it is a link, a mention or HTML.
func marked(s string) string {
	var b strings.Builder
	for _, c := range strings.ReplaceAll(plain(s), "\t", " ") {
		switch {
		case c == '<':
			b.WriteString("&lt;")
		case c == '>':
			b.WriteString("&gt;")
		case c == '&':
			b.WriteString("&amp;")
		case c == '@': // GitHub tells the person of that name
			b.WriteString("&#64;")
		case strings.ContainsRune("\\`*_{}[]#|!~$", c):
			b.WriteByte('\\')
			b.WriteRune(c)
		default:
			b.WriteRune(c)
		}
	}
	return strings.ReplaceAll(b.String(), "://", "&#58;//") // nor a bare address
}
