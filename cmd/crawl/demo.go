package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"crawl/internal/engine"
	"crawl/internal/origin"
)

const demoHelp = `Start the test web in a process of its own, on 64 loopback addresses and with
every answer delayed, write a list of its URLs, and crawl it with all of them in
flight at once. It needs no network. At the end it says what the crawl counted and
what the server counted, which must be the same.`

// demoOptions are the flags of crawl demo.
type demoOptions struct {
	urls    int
	latency time.Duration
	mode    string
	keep    string
}

func newDemo(s streams) *cobra.Command {
	o := &demoOptions{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Crawl 10,000 slow URLs of the built-in test web at once",
		Long:  demoHelp,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), s) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.IntVar(&o.urls, "urls", 10_000, "URLs to crawl, all at once as far as descriptors allow")
	f.DurationVar(&o.latency, "latency", time.Second, "delay of every answer")
	f.StringVar(&o.mode, "mode", engine.ModeLoop, "loop or goroutine")
	f.StringVar(&o.keep, "keep", "", "keep list and records in `DIR`")
	return cmd
}

func (o *demoOptions) run(ctx context.Context, s streams) (err error) {
	if o.urls < 1 || o.latency < 0 {
		return usageError("--urls must be at least 1, --latency not negative")
	}
	if err := checkMode(o.mode); err != nil {
		return err
	}
	dir, clean, err := o.directory()
	if err != nil {
		return ioError(err)
	}
	defer clean()
	list, records := filepath.Join(dir, "urls.txt"), filepath.Join(dir, "records.jsonl")
	server, err := startOrigin(ctx, o.originArgs(list)...)
	if err != nil {
		return ioError(err)
	}
	defer func() {
		if stopErr := server.stop(); stopErr != nil {
			err = errors.Join(err, ioError(stopErr))
		}
	}()
	fmt.Fprintf(s.err, "crawl: test web at %s, every answer after %v; %d URLs in %s\n", server.url, o.latency, o.urls, list)

	run := &runOptions{list: list, output: records, mode: o.mode, progress: "auto"}
	run.addDefaults()
	run.work.concurrency, run.work.concurrencySet = o.urls, true
	began := time.Now()
	if err := run.run(s, nil); err != nil {
		return err
	}
	took := time.Since(began)
	stats, err := server.stats()
	if err != nil {
		return ioError(err)
	}
	fmt.Fprintf(s.err, "crawl: the server counted: %s\n", originText(stats))
	fmt.Fprintf(s.err, "crawl: %v of waiting, in %v\n", time.Duration(o.urls)*o.latency, took.Round(time.Millisecond))
	if ok := run.ended.Ledger.Statuses[200]; ok != int64(o.urls) || stats.Requests != ok {
		return ioError(fmt.Errorf("%d of %d URLs were fetched well, and the server counted %d requests", ok, o.urls, stats.Requests))
	}
	return nil
}

// directory is where list and records go, and what takes it away again.
func (o *demoOptions) directory() (string, func(), error) {
	if o.keep != "" {
		return o.keep, func() {}, os.MkdirAll(o.keep, 0o755)
	}
	dir, err := os.MkdirTemp("", "crawl-demo-")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}

// originArgs are those of a web with as many pages as it takes.
func (o *demoOptions) originArgs(list string) []string {
	addresses := 1
	args := []string{"--latency", o.latency.String(), "--list", list, "--urls", strconv.Itoa(o.urls), "--until-eof"}
	if runtime.GOOS == "linux" { // elsewhere 127.0.1.1 is not an address of the machine without setup
		addresses = 64
		args = append(args, "--addresses", strconv.Itoa(addresses))
	}
	return append(args, "--pages", strconv.Itoa((o.urls+addresses-1)/addresses))
}

// originProcess is a test web in a process of its own. It ends with its standard input, so also when this
// process dies.
type originProcess struct {
	cmd   *exec.Cmd
	stdin io.Closer
	url   string
}

// startOrigin starts this program again as crawl origin and returns when it serves.
func startOrigin(ctx context.Context, args ...string) (*originProcess, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if ctx == nil {
		ctx = context.Background()
	}
	p := &originProcess{cmd: exec.CommandContext(ctx, program, append([]string{"origin"}, args...)...)}
	p.cmd.SysProcAttr = ownGroup() // Ctrl-C is for the crawl; the web ends after it
	var complaints strings.Builder
	p.cmd.Stderr = &complaints
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = p.stop() // what it said tells more
		return nil, fmt.Errorf("test web: %s", strings.TrimSpace(complaints.String()))
	}
	p.url = strings.TrimSpace(line)
	return p, nil
}

// stats asks the server what it has counted.
func (p *originProcess) stats() (*origin.Stats, error) {
	base, _, _ := strings.Cut(strings.TrimPrefix(p.url, "http://"), "/")
	client := http.Client{Timeout: 10 * time.Second}
	res, err := client.Get("http://" + base + "/-/stats")
	if err != nil {
		return nil, err
	}
	stats := new(origin.Stats)
	err = json.NewDecoder(res.Body).Decode(stats)
	return stats, errors.Join(err, res.Body.Close())
}

func (p *originProcess) stop() error {
	_ = p.stdin.Close() // then it ends; if it has already, there is nothing to close
	kill := time.AfterFunc(10*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	return p.cmd.Wait()
}
