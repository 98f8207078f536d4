package bench

import (
	"fmt"
	"io"
	"strings"

	"crawl/internal/report"
)

// WriteMarkdown writes the report for the summary of a CI job.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## crawl bench: %s\n\n%s  \n%s\n", report.Markdown(r.Sentence()), report.Markdown(r.title()), report.Markdown(r.where()))
	if len(r.Checks) > 0 {
		b.WriteString("\n| | check | |\n|---|---|---|\n")
	}
	for _, c := range r.Checks {
		fmt.Fprintf(&b, "| %s %s | %s | %s |\n", sign(c.Outcome), c.Outcome, report.Markdown(c.Name), report.Markdown(c.Text+c.suffix()))
	}
	b.WriteByte('\n')
	for i, row := range r.table() {
		for _, cell := range row {
			b.WriteString("| " + report.Markdown(cell) + " ")
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
		fmt.Fprintf(&b, "- %s\n", report.Markdown(line))
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
