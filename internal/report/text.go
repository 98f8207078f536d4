package report

import (
	"io"
	"strings"
	"unicode/utf8"
)

// WriteText writes the table in aligned columns, two blanks between them, widths counted in characters. A
// note on a row stands under it.
func (t *Table) WriteText(w io.Writer) error {
	_, err := w.Write(t.appendText(nil))
	return err
}

func (t *Table) appendText(b []byte) []byte {
	if t.Caption != "" {
		b = append(append(b, Printable(t.Caption)...), '\n')
	}
	widths := t.widths()
	titles := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		titles[i] = c.Title
	}
	b = t.appendLine(b, widths, &Row{Cells: titles})
	for i := range t.Rows {
		b = t.appendLine(b, widths, &t.Rows[i])
		if note := t.Rows[i].Note; note != "" {
			b = append(append(append(b, "    "...), Printable(note)...), '\n')
		}
	}
	if t.Note != "" {
		b = append(append(b, Printable(t.Note)...), '\n')
	}
	return b
}

// widths are the characters that each column needs.
func (t *Table) widths() []int {
	widths := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		widths[i] = utf8.RuneCountInString(Printable(c.Title))
		for j := range t.Rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(Printable(t.Rows[j].cell(i))))
		}
	}
	return widths
}

func (t *Table) appendLine(b []byte, widths []int, r *Row) []byte {
	begin := len(b)
	for i, c := range t.Columns {
		s := Printable(r.cell(i))
		pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(s))
		if i > 0 {
			b = append(b, "  "...)
		}
		if c.Number {
			b = append(append(b, pad...), s...)
		} else {
			b = append(append(b, s...), pad...)
		}
	}
	for len(b) > begin && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return append(b, '\n')
}

// WriteMarkdown writes the table as GitHub's Markdown has it, the caption as a paragraph before it. What
// Markdown or HTML would take for markup is escaped.
func (t *Table) WriteMarkdown(w io.Writer) error {
	_, err := w.Write(t.appendMarkdown(nil))
	return err
}

func (t *Table) appendMarkdown(b []byte) []byte {
	if t.Caption != "" {
		b = append(append(append(b, "**"...), Markdown(t.Caption)...), "**\n\n"...)
	}
	b = append(b, '|')
	for _, c := range t.Columns {
		b = append(append(append(b, ' '), Markdown(c.Title)...), " |"...)
	}
	b = append(b, "\n|"...)
	for _, c := range t.Columns {
		if c.Number {
			b = append(b, " ---: |"...)
		} else {
			b = append(b, " --- |"...)
		}
	}
	b = append(b, '\n')
	for i := range t.Rows {
		b = append(b, '|')
		for j := range t.Columns {
			b = append(append(append(b, ' '), Markdown(t.Rows[i].cell(j))...), " |"...)
		}
		b = append(b, '\n')
	}
	for i := range t.Rows {
		if r := &t.Rows[i]; r.Note != "" {
			b = append(append(append(append(append(b, "\n"...), Markdown(r.cell(0))...), ": "...), Markdown(r.Note)...), '\n')
		}
	}
	if t.Note != "" {
		b = append(append(append(b, '\n'), Markdown(t.Note)...), '\n')
	}
	return append(b, '\n')
}

// Markdown escapes what Markdown or HTML would take for markup, and what GitHub would take for a formula, a mention or
// an address.
func Markdown(s string) string {
	s = Printable(s)
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '@': // tells the person of that name
			b.WriteString("&#64;")
		case strings.ContainsRune("\\`*_[]|~#$", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return strings.ReplaceAll(b.String(), "://", "&#58;//")
}
