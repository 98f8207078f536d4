package bench

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"time"

	"crawl/internal/report"
)

// The elements of a JUnit report, as Jenkins, GitLab and others read it. Attributes and their order follow the
// schema that Jenkins publishes (junit-10.xsd).
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Time     string       `xml:"time,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Hostname   string          `xml:"hostname,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name      string        `xml:"name,attr"`
		Classname string        `xml:"classname,attr"`
		Time      string        `xml:"time,attr"`
		Failure   *junitProblem `xml:"failure"`
		Error     *junitProblem `xml:"error"`
		Out       string        `xml:"system-out,omitempty"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes a test case for each check, or one for the measuring itself if there are none. What is
// uncertain passes unless the report is strict, and says so.
func (r *Report) WriteJUnit(w io.Writer) error {
	suite := junitSuite{
		Name: "crawl bench", Time: seconds(r.result.Took), Hostname: "localhost",
		Timestamp:  r.result.Started.UTC().Format("2006-01-02T15:04:05"),
		Properties: []junitProperty{{"work", report.Printable(r.title())}, {"machine", report.Printable(r.where())}, {"verdict", string(r.Verdict)}},
	}
	for _, note := range r.remarks() {
		suite.Properties = append(suite.Properties, junitProperty{"note", report.Printable(note)})
	}
	checks := r.Checks
	if len(checks) == 0 {
		checks = []Check{{Kind: "measured", Name: r.Measured.Plan.Mode, Outcome: r.Verdict, Text: r.Sentence()}}
	}
	for _, c := range checks {
		text := report.Printable(c.Text + c.suffix())
		x := junitCase{Name: c.Name, Classname: "crawl.bench." + c.Kind, Time: seconds(0)}
		switch {
		case c.Outcome == Unmeasured:
			x.Error = &junitProblem{text, string(c.Outcome), text}
			suite.Errors++
		case c.fails(r.Strict):
			x.Failure = &junitProblem{text, string(c.Outcome), text}
			suite.Failures++
		default:
			x.Out = fmt.Sprintf("%s: %s", c.Outcome, text)
		}
		suite.Cases = append(suite.Cases, x)
	}
	suite.Tests = len(suite.Cases)
	all := junitSuites{Name: suite.Name, Time: suite.Time, Tests: suite.Tests, Failures: suite.Failures, Errors: suite.Errors, Suites: []junitSuite{suite}}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, xml.Header+string(text)+"\n")
	return err
}

func seconds(s float64) string {
	return strconv.FormatFloat(time.Duration(s*float64(time.Second)).Seconds(), 'f', 3, 64)
}
