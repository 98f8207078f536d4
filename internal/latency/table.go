package latency

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Widths of the columns: 100 in all, with two spaces between.
const (
	titleWidth = 29
	costWidth  = 8
	spanWidth  = 16
	feltWidth  = 16
	refWidth   = 9
)

// headline is above the columns of a table.
const headline = "What things cost on this machine, and how that feels to the CPU: one instruction is one second."

// WriteText writes the report for a terminal, at most 100 columns wide. escape makes what came from the system safe
// for that, such as the name of the CPU.
func (r *Report) WriteText(w io.Writer, escape func(string) string) error {
	var b strings.Builder
	b.WriteString(headline + "\n")
	wrap(&b, "", escape(r.Machine.String()))
	wrap(&b, "", r.Machine.caches())
	b.WriteByte('\n')
	columns(&b, "", "here", "spread", "feels like", "reference", "feels like")
	for i := range r.Rows {
		r.Rows[i].columns(&b)
	}
	r.notes(&b, escape)
	if r.Fetch != nil {
		r.fetchText(&b, escape)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Row) columns(b *strings.Builder) {
	here, spread, felt, cited, citedFelt := absent, "", absent, "", ""
	switch {
	case r.Here != nil:
		here, spread = Real(r.Here.Median), span(r.Here.Min, r.Here.Max, r.Here.Median)
	case r.Computed > 0:
		here, spread = Real(r.Computed), "computed"
	}
	if r.Felt > 0 {
		felt = Felt(r.Felt)
	}
	if r.Reference > 0 {
		cited, citedFelt = Real(r.Reference), Felt(r.RefFelt)
	}
	columns(b, r.Title, here, spread, felt, cited, citedFelt)
}

func columns(b *strings.Builder, title, here, spread, felt, cited, citedFelt string) {
	text := pad(title, titleWidth) + "  " + right(here, costWidth) + "  " + pad(spread, spanWidth) + "  " +
		pad(felt, feltWidth) + "  " + right(cited, refWidth) + "  " + citedFelt
	b.WriteString(strings.TrimRight(text, " ") + "\n")
}

// notes say what has to be known of some figures, and why there are none of others.
func (r *Report) notes(b *strings.Builder, escape func(string) string) {
	var reasons []string // each once, with its rows
	rows := map[string][]string{}
	for _, row := range r.Rows {
		text := "Not measured: "
		reason := row.Reason
		if reason == "" {
			text, reason = "", row.Note
		}
		if reason == "" {
			continue
		}
		key := text + "\x00" + reason
		if rows[key] == nil {
			reasons = append(reasons, key)
		}
		rows[key] = append(rows[key], row.Title)
	}
	if len(reasons) > 0 {
		b.WriteByte('\n')
	}
	for _, key := range reasons {
		text, reason, _ := strings.Cut(key, "\x00")
		wrap(b, "  ", escape(text+strings.Join(rows[key], ", ")+": "+reason+"."))
	}
	if r.Quick {
		wrap(b, "  ", "Measured quickly: fewer and shorter repetitions, so more noise.")
	}
}

// fetchText says what one fetch cost, which is why there is a loop.
func (r *Report) fetchText(b *strings.Builder, escape func(string) string) {
	f := r.Fetch
	b.WriteString("\nOne fetch of this crawler\n")
	if f.Reason != "" {
		wrap(b, "  ", escape("Not measured: "+f.Reason+"."))
		return
	}
	wrap(b, "  ", fmt.Sprintf("%s fetches from the built-in test web, which answers after %s; %s in flight on one thread, over %s connections, in %s.",
		grouped(float64(f.Fetches)), Real(f.Delay), grouped(float64(f.InFlight)), grouped(float64(f.Connections)), Real(f.Wall)))
	wrap(b, "  ", fmt.Sprintf("One fetch worked for %s and waited for %s.", Real(f.Work), Real(f.Wait)))
	wrap(b, "  ", fmt.Sprintf("As the CPU feels it: %s of work, %s of waiting.", Felt(f.FeltWork), Felt(f.FeltWait)))
	wrap(b, "  ", fmt.Sprintf("One at a time, the thread would wait for %s of its time; with %s in flight, %s of one CPU was at work. That is why there is a loop.",
		percent(f.Idle), grouped(float64(f.InFlight)), percent(f.Busy)))
}

// percent is a share; one that is nearly all is told as exactly as it differs from that.
func percent(share float64) string {
	if share > 0.99 && share < 1 {
		return fmt.Sprintf("%.2f %%", min(99.99, 100*share))
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

// textWidth is where lines of text end.
const textWidth = 100

// wrap writes a paragraph, its lines behind indent.
func wrap(b *strings.Builder, indent, text string) {
	column := 0
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case column == 0:
			b.WriteString(indent)
			column = len(indent)
		case column+1+n > textWidth:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	b.WriteByte('\n')
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

func right(s string, width int) string {
	return strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s))) + s
}
