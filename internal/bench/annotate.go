package bench

import (
	"fmt"
	"io"
	"strings"
)

// WriteAnnotations writes a line for each check that did not hold, in the form that GitHub's runner takes for an
// annotation wherever it stands in the output of a step.
func (r *Report) WriteAnnotations(w io.Writer) error {
	var b strings.Builder
	for i := range r.Checks {
		c := &r.Checks[i]
		level := "error"
		switch {
		case c.Outcome == Held || c.Outcome == Improved:
			continue
		case c.Outcome == Uncertain && !r.Strict:
			level = "warning"
		}
		fmt.Fprintf(&b, "::%s title=%s::%s\n", level, property("crawl bench: "+c.Name), message(fmt.Sprintf("%s: %s", c.Outcome, c.Text+c.suffix())))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// message escapes the text of a workflow command: a line end would end it, and begin another.
func message(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// property escapes the value of one of its properties.
func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(message(s))
}
