package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"crawl/internal/engine"
	"crawl/internal/link"
	"crawl/internal/robots"
)

const robotsHelp = `Say which URLs a robots.txt lets a crawler ask for, and which line decides.

ROBOTS is a file, - for standard input, or a URL, which is fetched as crawl run
would fetch it, with 5 redirects at most. AGENT is the crawler's product token, or a
whole User-Agent, which begins with it; "" or "*" is any that the file does not
name. A URL may be a path and query alone.

For each URL a JSON line: url, allowed, rule and line (which decide; without them no
line does), group (the User-agent whose lines count), crawl_delay in seconds,
sitemaps. If ROBOTS was fetched, also the status, and standing: successful;
unavailable, which allows everything; or unreachable, which allows nothing.

With --lines, each line of standard input is a question, as
  {"robots":"User-agent: *\nDisallow: /a","agent":"crawl","url":"http://h/a"}
or with robots_b64, the file in base64, instead of robots. An id comes back.

The exit code is 0 when there is an answer, whatever it is, 1 without any response
to a request for ROBOTS (then nothing is allowed), and 3 if --fail-on says so.
docs/robots.md has what is obeyed.`

const robotsExamples = `  crawl robots https://example.com/robots.txt crawl https://example.com/a?b=c
  crawl robots robots.txt 'Googlebot-Image/1.0' /pictures/1.png /private/
  curl -s https://example.com/robots.txt | crawl robots - crawl /search --fail-on disallowed
  crawl robots --lines < questions.jsonl`

// robotsOptions are the flags of crawl robots.
type robotsOptions struct {
	lines     bool
	asWritten bool
	failOn    string

	run runOptions // how ROBOTS is fetched
}

func newRobots(s streams) *cobra.Command {
	o := &robotsOptions{run: runOptions{mode: engine.ModeLoop, progress: "none", proxy: proxyFlags{getenv: os.Getenv}}}
	cmd := &cobra.Command{
		Use:     "robots ROBOTS AGENT URL...",
		Short:   "Say which URLs a robots.txt lets a crawler ask for, and why",
		Long:    robotsHelp,
		Example: robotsExamples,
		Args:    o.checkArgs,
		RunE:    func(_ *cobra.Command, args []string) error { return o.answer(s, args) },
	}
	o.run.addDefaults()
	type adders = []func(*pflag.FlagSet)
	f := &o.run.fetch
	addThemes(cmd, []theme{
		{"Questions and answers", adders{o.addFlags}},
		{"If ROBOTS is a URL, how it is fetched", adders{f.addLimits, f.addRequest, f.auth.add, f.addResolve, o.run.dns.add, f.connect.add, f.tls.add, o.run.proxy.add}},
		{"The engine", adders{o.run.addEngine}},
	})
	return cmd
}

func (o *robotsOptions) addFlags(f *pflag.FlagSet) {
	f.BoolVar(&o.lines, "lines", false, "read questions from standard input, one JSON object a line, instead of arguments")
	f.BoolVar(&o.asWritten, "as-written", false, "compare URLs byte for byte as they are written, as Google's parser does; else as crawl run would ask for them")
	f.StringVar(&o.failOn, "fail-on", "none", "exit with 3 if a URL is `disallowed`, or none")
}

func (o *robotsOptions) checkArgs(_ *cobra.Command, args []string) error {
	switch {
	case o.lines && len(args) > 0:
		return usageError("--lines: takes no arguments")
	case !o.lines && len(args) < 3:
		err := fmt.Errorf("%d arguments: there must be ROBOTS, AGENT and a URL at least", len(args))
		return &exitErr{code: exitUsage, err: err, hint: "crawl robots https://example.com/robots.txt crawl https://example.com/"}
	case o.failOn != "none" && o.failOn != "disallowed":
		return usageError("--fail-on %q: must be disallowed or none", o.failOn)
	}
	return nil
}

// robotsSource is a robots.txt, and what came of asking for it, if it was fetched.
type robotsSource struct {
	body []byte
	url  *link.URL // nil: it was not fetched
	robots.Answer
	err error // there was no response: why
}

// robotsAnswer is a line of the output.
type robotsAnswer struct {
	ID         json.RawMessage `json:"id,omitempty"`
	URL        string          `json:"url"`
	Allowed    bool            `json:"allowed"`
	Rule       string          `json:"rule,omitempty"`
	Line       int             `json:"line,omitempty"`
	Group      string          `json:"group,omitempty"`
	CrawlDelay float64         `json:"crawl_delay,omitempty"`
	Sitemaps   []string        `json:"sitemaps,omitempty"`
	Status     int             `json:"status,omitempty"`
	Standing   string          `json:"standing,omitempty"`
	Error      string          `json:"error,omitempty"`
}

// robotsTally is where answers go, and what there is to say of all of them together.
type robotsTally struct {
	lines                        *jsonLines
	answers, disallowed, invalid int
}

func (o *robotsOptions) answer(s streams, args []string) error {
	t := robotsTally{lines: newJSONLines(s.out)}
	if o.lines {
		if err := o.answerLines(s, &t); err != nil {
			return err
		}
		return o.verdict(&t)
	}
	agent := args[1]
	if agent != "" && agent != "*" && robots.Token(agent) == "" {
		return usageError("AGENT %q: does not begin with a product token, as crawl or crawl/1.0", agent)
	}
	source, err := o.open(s, args[0])
	if err != nil {
		return err
	}
	for _, u := range args[2:] {
		if err := o.print(s, &t, source, agent, u, nil); err != nil {
			return err
		}
	}
	if source.err != nil {
		return ioError(fmt.Errorf("%s: %w", args[0], source.err))
	}
	return o.verdict(&t)
}

// answerLines answers the questions of standard input.
func (o *robotsOptions) answerLines(s streams, t *robotsTally) error {
	for d := json.NewDecoder(s.in); ; {
		var q struct {
			ID     json.RawMessage `json:"id"`
			Robots string          `json:"robots"`
			Base64 *string         `json:"robots_b64"`
			Agent  string          `json:"agent"`
			URL    string          `json:"url"`
		}
		err := d.Decode(&q)
		if err == io.EOF {
			return nil
		}
		source := &robotsSource{body: []byte(q.Robots)}
		if err == nil && q.Base64 != nil {
			source.body, err = base64.StdEncoding.DecodeString(*q.Base64)
		}
		if err != nil {
			return usageError("standard input: question %d: %w", t.answers+1, err)
		}
		if err := o.print(s, t, source, q.Agent, q.URL, q.ID); err != nil {
			return err
		}
	}
}

// print answers one question.
func (o *robotsOptions) print(s streams, t *robotsTally, source *robotsSource, agent, u string, id json.RawMessage) error {
	a := o.ask(source, agent, u)
	a.ID = id
	t.answers++
	switch {
	case a.Error != "":
		t.invalid++
	case !a.Allowed:
		t.disallowed++
	}
	if parsed, err := link.Parse(u); err == nil && source.url != nil && parsed.Origin() != source.url.Origin() {
		fmt.Fprintf(s.err, "crawl: %s is not of %s, whose robots.txt this is\n", printable(parsed.String()), source.url.Origin())
	}
	if err := t.lines.write(a); err != nil {
		return err
	}
	return t.lines.flush() // who asks line by line waits for it
}

// ask finds the answer for one URL. One that is none is not allowed.
func (o *robotsOptions) ask(source *robotsSource, agent, u string) robotsAnswer {
	a := robotsAnswer{URL: u}
	file := robots.Parse(source.body, robots.Token(agent))
	base, target := source.url, writtenTarget(u)
	if !o.asWritten {
		absolute := u
		if strings.HasPrefix(u, "/") {
			absolute = "http://localhost" + u // a host has no say in it
		}
		parsed, err := link.Parse(absolute)
		if err != nil {
			a.Error = err.Error()
			return a
		}
		target = parsed.Target()
		if own, err := parsed.Resolve("/robots.txt"); err == nil && base == nil && absolute == u {
			base = &own
		}
	}
	rules := file.Rules
	if source.url != nil {
		source.Rules = rules
		known := robots.Known{}.After(source.Answer, time.Now())
		rules = known.Rules
		a.Status, a.Standing = source.Status, known.Standing().String()
		if known.Standing() != robots.Successful {
			file = robots.File{}
		}
	}
	var rule robots.Rule
	a.Allowed, rule = rules.Allowed(target)
	a.Line = rule.Line
	if rule.Line > 0 {
		a.Rule = robots.Line(source.body, rule.Line)
	}
	a.Group, a.CrawlDelay = file.Group, rules.Delay().Seconds()
	for _, sitemap := range file.Sitemaps {
		if base != nil {
			if resolved, err := base.Resolve(sitemap); err == nil {
				sitemap = resolved.String()
			}
		}
		a.Sitemaps = append(a.Sitemaps, sitemap)
	}
	return a
}

// verdict is how the command ends.
func (o *robotsOptions) verdict(t *robotsTally) error {
	switch {
	case t.answers == 0:
		return usageError("standard input: no questions in it")
	case t.invalid > 0:
		return &exitErr{code: exitUsage, err: fmt.Errorf("%d of %d URLs are none", t.invalid, t.answers), hint: "their lines say why"}
	case t.disallowed > 0 && o.failOn == "disallowed":
		return &exitErr{code: exitFailedURLs, err: fmt.Errorf("%d of %d URLs are not allowed (--fail-on disallowed)", t.disallowed, t.answers)}
	}
	return nil
}

// writtenTarget is path and query of a URL, every byte as it is written.
func writtenTarget(u string) string {
	if _, rest, ok := strings.Cut(u, "://"); ok && !strings.HasPrefix(u, "/") {
		u = ""
		if i := strings.IndexAny(rest, "/?#"); i >= 0 {
			u = rest[i:]
		}
	}
	u, _, _ = strings.Cut(u, "#")
	if !strings.HasPrefix(u, "/") {
		u = "/" + u
	}
	return u
}
