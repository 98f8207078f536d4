//go:build unix

package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"crawl/internal/origin"
)

// served is the test web of a script.
type served struct{ *origin.Server }

// origin starts a test web in this process.
func (s *script) origin(ts *testscript.TestScript, args []string) {
	if s.server != nil {
		fatal("there is one already")
	}
	cfg := origin.Config{LogRequests: 10_000}
	var latency, size, robots string
	f := flag.NewFlagSet("origin", flag.ContinueOnError)
	f.IntVar(&cfg.Addresses, "addresses", 0, "")
	f.IntVar(&cfg.Pages, "pages", 0, "")
	f.IntVar(&cfg.Links, "links", 0, "")
	f.StringVar(&size, "size", "2048", "")
	f.StringVar(&latency, "latency", "none", "")
	f.StringVar(&robots, "robots", "", "")
	check(f.Parse(args))
	var err error
	if robots != "" {
		cfg.Robots = ts.ReadFile(robots)
	}
	cfg.Latency, err = origin.ParseLatency(latency)
	check(err)
	cfg.Size, err = origin.ParseSize(size)
	check(err)
	server, err := origin.Start(cfg)
	check(err)
	s.server = &served{server}
	for i, host := range server.Hosts() {
		name := "ORIGIN"
		if i > 0 {
			name += strconv.Itoa(i + 1)
		}
		ts.Setenv(name, "http://"+host)
	}
	addr := server.Addresses()[0]
	ts.Setenv("ADDR", addr)
	ts.Setenv("PORT", addr[strings.LastIndexByte(addr, ':')+1:])
}

func (s *script) list(ts *testscript.TestScript, args []string) {
	n, err := strconv.Atoi(args[1])
	check(err)
	f, err := os.Create(ts.MkAbs(args[0]))
	check(err)
	check(s.server.WriteList(f, n))
	check(f.Close())
}

var numbers = regexp.MustCompile(`\{(\d+)-(\d+)\}`)

func (*script) urls(ts *testscript.TestScript, args []string) {
	var b strings.Builder
	for _, path := range args[1:] {
		if strings.HasPrefix(path, "/") {
			path = ts.Getenv("ORIGIN") + path
		}
		m := numbers.FindStringSubmatch(path)
		if m == nil {
			fmt.Fprintln(&b, path)
			continue
		}
		from, err := strconv.Atoi(m[1])
		check(err)
		to, err := strconv.Atoi(m[2])
		check(err)
		for i := from; i <= to; i++ {
			fmt.Fprintln(&b, strings.Replace(path, m[0], strconv.Itoa(i), 1))
		}
	}
	check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o666))
}

func (*script) get(ts *testscript.TestScript, args []string) {
	body, err := fetched(args[0])
	check(err)
	fmt.Fprintf(ts.Stdout(), "%s", body)
}

// fetched is the body of a URL, by another client than ours.
func fetched(url string) ([]byte, error) {
	client := http.Client{Timeout: bound}
	res, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	return io.ReadAll(res.Body)
}

func (*script) stats(ts *testscript.TestScript, args []string) {
	base, args := baseURL(ts, args)
	check(statsAre(base, args))
}

func (*script) waitStats(ts *testscript.TestScript, args []string) {
	base, args := baseURL(ts, args)
	eventually(func() error { return statsAre(base, args) })
}

// baseURL is the web that a command is about: its first argument, if that is a URL, else that of the script.
func baseURL(ts *testscript.TestScript, args []string) (string, []string) {
	if strings.HasPrefix(args[0], "http://") {
		return strings.TrimSuffix(args[0], "/"), args[1:]
	}
	return ts.Getenv("ORIGIN"), args
}

var comparison = regexp.MustCompile(`^(\w+)(>=|<=|==)(\d+)$`)

// statsAre returns what is not so, of comparisons such as in_flight>=3.
func statsAre(base string, comparisons []string) error {
	body, err := fetched(base + "/-/stats")
	if err != nil {
		return err
	}
	var stats map[string]int64
	if err := json.Unmarshal(body, &stats); err != nil {
		return err
	}
	for _, c := range comparisons {
		m := comparison.FindStringSubmatch(c)
		if m == nil {
			fatal("%q is no comparison", c)
		}
		got, known := stats[m[1]]
		if !known {
			fatal("there is no counter %q", m[1])
		}
		want, err := strconv.ParseInt(m[3], 10, 64)
		check(err)
		if m[2] == ">=" && got < want || m[2] == "<=" && got > want || m[2] == "==" && got != want {
			return fmt.Errorf("%s is %d, and should be %s %d: %s", m[1], got, m[2], want, body)
		}
	}
	return nil
}

func (s *script) reset(*testscript.TestScript, []string) { s.server.Reset() }

// requests prints each as "GET /p/0 HTTP/1.1 | Host: 127.0.0.1:80 | Accept: */*".
func (s *script) requests(ts *testscript.TestScript, _ []string) {
	for _, r := range s.server.Log() {
		fmt.Fprintf(ts.Stdout(), "%s %s %s", r.Method, r.Target, r.Version)
		for _, f := range r.Fields {
			fmt.Fprintf(ts.Stdout(), " | %s: %s", f.Name, f.Value)
		}
		fmt.Fprintln(ts.Stdout())
	}
}

func (s *script) lastRequest(_ *testscript.TestScript, args []string) {
	least, err := time.ParseDuration(args[0])
	check(err)
	all := s.server.Log()
	if len(all) == 0 {
		fatal("there was none")
	}
	if last := all[len(all)-1].Since; last < least {
		fatal("it came after %v, before %v", last, least)
	}
}
