//go:build unix

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"crawl/internal/crawler"
)

// The command line is tested by scripts, testdata/script/*.txtar: each runs the real main in processes of its
// own and opens each block with the requirement that it proves. Besides the commands of testscript they have those
// of scriptCommands; where one has to wait, it waits for a condition, and for no longer than bound.

var update = flag.Bool("update", false, "rewrite the expected output within the scripts")

// bound is how long a script waits for what must come. It takes that long only when something is broken.
const bound = 30 * time.Second

func TestMain(m *testing.M) {
	viewersIfAsked() // of BenchmarkViewers
	testscript.Main(m, map[string]func(){"crawl": main})
}

func TestScript(t *testing.T) {
	if signal.Ignored(syscall.SIGHUP) { // started with nohup: what is started here is to begin as usual
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                scriptCommands(),
		Condition:           scriptCondition,
		Setup: func(env *testscript.Env) error {
			if env.Getenv("GORACE") == "" { // a process under the race detector otherwise lingers for a second
				env.Setenv("GORACE", "atexit_sleep_ms=0")
			}
			s := &script{processes: map[string]*process{}}
			env.Values[scriptKey{}] = s
			env.Defer(s.close)
			return nil
		},
	})
}

func scriptCondition(name string) (bool, error) {
	if name == "root" {
		return os.Geteuid() == 0, nil
	}
	return false, fmt.Errorf("no condition %q", name)
}

// script is what the commands of one script share.
type script struct {
	server    *served
	processes map[string]*process
	closers   []io.Closer // to close when it is over
	asked     askedProxies
	sites     sitesAsked
	questions questions
}

type scriptKey struct{}

func (s *script) close() {
	for _, p := range s.processes {
		p.kill()
	}
	for _, c := range s.closers {
		_ = c.Close() // what is only held open
	}
	if s.server != nil {
		_ = s.server.Close()
	}
}

// failure is how a command of a script fails: fatal panics with it, and scriptCommands tells it to testscript.
type failure struct{ text string }

func fatal(format string, args ...any) { panic(failure{fmt.Sprintf(format, args...)}) }

func check(err error) {
	if err != nil {
		fatal("%v", err)
	}
}

// scriptCommands are the commands of the scripts, each behind the line that says how it is called.
func scriptCommands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	type command func(s *script, ts *testscript.TestScript, args []string)
	all := map[string]func(*testscript.TestScript, bool, []string){}
	add := func(usage string, least int, c command) {
		name := usage[:strings.IndexAny(usage, " :")]
		all[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			if neg || len(args) < least {
				ts.Fatalf("usage: %s", usage)
			}
			defer func() {
				v := recover()
				if f, ok := v.(failure); ok {
					ts.Fatalf("%s: %s", name, f.text)
				} else if v != nil {
					panic(v)
				}
			}()
			c(ts.Value(scriptKey{}).(*script), ts, args)
		}
	}
	add("exits CODE PROGRAM [ARG...]: runs it, and it ends with that code", 2, (*script).exits)
	add("write FILE TEXT...: texts as in a Go string; N*TEXT is N times TEXT", 2, (*script).write)
	add("clean FILE...: there is nothing in it that a terminal would obey", 1, (*script).clean)

	add("origin [-addresses N] [-pages N] [-links N] [-size N-M] [-latency D] [-robots FILE]: starts a test web, and sets ORIGIN, ORIGIN2 …, ADDR and PORT", 0, (*script).origin)
	add("site NAME FOLDER: starts a server of the files in it, and sets NAME, NAME_PORT; $X in them is a variable, FILE.head has fields of the response, and its Status", 2, (*script).site)
	add("asked: prints what the sites were asked since the last time, a host and a target a line", 0, (*script).askedSites)
	add("lasted DURATION: the last of these came that long after the last time, or later", 1, (*script).lasted)
	add("coded: starts a server of bodies with content codings, and sets CODED", 0, (*script).coded)
	add("tlsweb [-client] [-max VERSION]: starts a server of https, sets TLSWEB, and writes tls.pem to verify it by; with -client it wants the certificate that is in client.pem with client-key.pem, and in both.pem", 0, (*script).tlsWeb)
	add("proxy [-socks] [-user USER:PASSWORD]: starts a proxy to the test web, whatever is asked for, and sets PROXY to its host and port", 0, (*script).startProxy)
	add("proxied: prints what the proxies were asked since the last time, one a line", 0, (*script).proxied)
	add("blackhole [ADDR:PORT]: sets BLACKHOLE to a URL whose server takes no connections", 0, (*script).blackhole)
	add("nameserver NAME=WHAT...: starts a name server, and sets DNS to its address; what: addresses, nodata, servfail, refused, silence", 1, (*script).nameserver)
	add("lookups: prints what the name servers were asked since the last time, a type and a name a line", 0, (*script).lookups)
	add("list FILE N: writes the first N URLs of the test web", 2, (*script).list)
	add("urls FILE PATH...: writes URLs of the test web; {A-B} in a path stands for each number of these, and a URL for itself", 2, (*script).urls)
	add("get URL: fetches it with net/http, and prints the body", 1, (*script).get)
	add("request STATUS METHOD URL [FIELD: VALUE...]: it is answered with that status; prints the body", 3, (*script).request)
	add("waitfor URL REGEXP: makes requests until a body matches", 2, (*script).waitFor)
	add("follow FILE URL: copies the events of a live page there while they come", 2, (*script).follow)
	add("stats [URL] FIELD>=N...: the counters of the test web, at URL or started by origin, are so", 1, (*script).stats)
	add("waitstats [URL] FIELD>=N...: waits until they are", 1, (*script).waitStats)
	add("reset: the test web forgets what it has counted", 0, (*script).reset)
	add("requests: prints what the test web was asked, one request a line", 0, (*script).requests)
	add("lastrequest DURATION: the last of these came that long after the test web began, or later", 1, (*script).lastRequest)

	add("records FILE [list=FILE] [total=N] [STATUS=N...] [CLASS=N...]: they are well formed, and these, none twice", 1, (*script).records)
	add("samerecords FILE FILE: they say the same, apart from times", 2, (*script).sameRecords)
	add("exchange FILE: prints what -v shows in it, with times as T, ports as PORT and bars as one mark each", 1, (*script).exchange)
	add("digests FILE N: N records have a digest, and all of them the right one", 2, (*script).digests)
	add("ledger FILE [NAME=N...]: the line of the summary adds up, and says that", 1, (*script).ledger)

	add("start [-stuck] [-unheard] [-tty] [-own] [-group] NAME PROGRAM [ARG...]: in the background, output in NAME.out and NAME.err; -stuck: nobody reads it; -unheard: nobody reads standard error, which takes nothing more; -tty: NAME.err is what it wrote to a terminal, 100 columns wide; -own: and that obeys keys; -group: with those it starts, as a shell does", 2, (*script).start)
	add("await FILE REGEXP: waits until it matches, and sets the variables that its groups are named after", 2, (*script).await)
	add("feed NAME TEXT: to its standard input", 2, (*script).feed)
	add("eof NAME: ends that", 1, (*script).eof)
	add("signal [-group] NAME INT|TERM|QUIT|HUP", 2, (*script).signal)
	add("type NAME TEXT: on the keyboard of its terminal, as in a Go string", 2, (*script).typeKeys)
	add("hold NAME: stops the output of its terminal, as Ctrl-S does, at once", 1, (*script).hold)
	add("resize NAME COLUMNS: of its terminal", 2, (*script).resize)
	add("ended NAME CODE: waits for its end; then stdout and stderr are what it wrote", 2, (*script).ended)
	add("screen FILE COLUMNS: prints what a terminal shows to which that has been written", 2, (*script).screen)
	return all
}

// exits runs a program to its end.
func (*script) exits(ts *testscript.TestScript, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	wantCode(err, args[0])
}

// wantCode compares what exec.Cmd.Wait returned with a wanted exit code, or several: 130|143.
func wantCode(err error, want string) {
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		fatal("%v", err)
	}
	got := 0
	if exit != nil {
		got = exit.ExitCode()
	}
	if !slices.Contains(strings.Split(want, "|"), strconv.Itoa(got)) {
		fatal("ended with %d (%v), not %s", got, err, want)
	}
}

func (*script) write(ts *testscript.TestScript, args []string) {
	var b strings.Builder
	for _, text := range args[1:] {
		n := 1
		if count, rest, ok := strings.Cut(text, "*"); ok {
			if times, err := strconv.Atoi(count); err == nil {
				n, text = times, rest
			}
		}
		part, err := strconv.Unquote(`"` + text + `"`)
		check(err)
		b.WriteString(strings.Repeat(part, n))
	}
	check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o666))
}

// clean fails on what commands a terminal, line ends apart, and on what is not UTF-8.
func (*script) clean(ts *testscript.TestScript, args []string) {
	for _, file := range args {
		text := ts.ReadFile(file)
		for i, r := range text {
			if r != '\n' && crawler.IsCommand(r) || r == '\uFFFD' && !strings.HasPrefix(text[i:], "\uFFFD") {
				fatal("%s: %U at byte %d: %q", file, r, i, text[max(0, i-40):min(len(text), i+40)])
			}
		}
	}
}

// eventually waits until condition returns nothing to complain of.
func eventually(condition func() error) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	late := time.After(bound)
	for {
		err := condition()
		if err == nil {
			return
		}
		select {
		case <-late:
			fatal("after %v: %v", bound, err)
		case <-tick.C:
		}
	}
}
