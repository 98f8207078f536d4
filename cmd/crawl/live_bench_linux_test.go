package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"crawl/internal/origin"
)

// viewed is what one run of a crawl cost, per fetch.
type viewed struct{ wall, loop, process float64 } // µs; of processor time: the busiest thread, which is the loop's, and all

// BenchmarkViewers runs the same crawl with ten viewers of its live page and with none, in turn, and reports the ratios of
// the cost of a fetch, median and extremes over the pairs. Crawl, test web and viewers are processes of their own.
//
//	go test ./cmd/crawl -run '^$' -bench Viewers -benchtime 15x
func BenchmarkViewers(b *testing.B) {
	const urls, viewers = 300_000, 10
	web, err := origin.Start(origin.Config{Pages: 1}) // only for the gate: its work is not much
	if err != nil {
		b.Fatal(err)
	}
	defer web.Close()
	list := filepath.Join(b.TempDir(), "urls.txt")
	pages := benchWeb(b, list, urls)
	defer pages()
	appendLine(b, list, "http://"+web.Hosts()[0]+"/f/gate/2")
	var pairs [][2]viewed
	for b.Loop() {
		var pair [2]viewed
		for k := range 2 {
			i := (k + len(pairs)) % 2 // who is first changes
			pair[i] = viewedCrawl(b, web, list, urls, i*viewers)
		}
		pairs = append(pairs, pair)
	}
	for name, of := range map[string]func(v viewed) float64{
		"wall":    func(v viewed) float64 { return v.wall },
		"loop":    func(v viewed) float64 { return v.loop },
		"process": func(v viewed) float64 { return v.process },
	} {
		var ratios, alone []float64
		for _, p := range pairs {
			ratios = append(ratios, of(p[1])/of(p[0]))
			alone = append(alone, of(p[0]))
		}
		slices.Sort(ratios)
		slices.Sort(alone)
		last := len(ratios) - 1
		b.ReportMetric(ratios[last/2], name+"-ratio")
		b.ReportMetric(ratios[0], name+"-ratio-min")
		b.ReportMetric(ratios[last], name+"-ratio-max")
		b.ReportMetric(alone[last/2], name+"-µs/fetch")
	}
	b.ReportMetric(0, "ns/op") // of a pair, and nothing to go by
}

// benchWeb starts a test web in a process of its own, which writes the list.
func benchWeb(b *testing.B, list string, urls int) (stop func()) {
	b.Helper()
	cmd := exec.Command("crawl", "origin", "--addresses", "16", "--pages", strconv.Itoa(urls/16+1), "--list", list, "--urls", strconv.Itoa(urls), "--until-eof")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		b.Fatal(err)
	}
	return func() {
		stdin.Close()
		_ = cmd.Wait()
	}
}

func appendLine(b *testing.B, file, line string) {
	b.Helper()
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if _, err := fmt.Fprintln(f, line); err != nil {
		b.Fatal(err)
	}
}

// viewedCrawl runs one crawl. Its last URL is held at the gate until its processor time has been read.
func viewedCrawl(b *testing.B, web *origin.Server, list string, urls, viewers int) (v viewed) {
	b.Helper()
	web.Reset()
	cmd := exec.Command("crawl", "run", "-i", list, "-o", os.DevNull, "-c", "200", "--progress", "none", "--listen", "127.0.0.1:0")
	errs, err := cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	said := bufio.NewReader(errs)
	url := ""
	for url == "" {
		line, err := said.ReadString('\n')
		if err != nil {
			b.Fatal(err)
		}
		if m := regexp.MustCompile(`live page at (\S+?)#`).FindStringSubmatch(line); m != nil {
			url = m[1]
		}
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	wait := func() {}
	if viewers > 0 {
		wait = startViewers(b, viewers, url)
	}
	ctx, cancel := context.WithTimeout(b.Context(), 2*time.Minute)
	defer cancel()
	if _, err := web.Await(ctx, func(s origin.Stats) bool { return s.InFlight == 1 }); err != nil {
		b.Fatal(err)
	}
	v = processorTime(b, cmd.Process.Pid)
	v.wall = time.Since(began).Seconds() * 1e6
	v.wall, v.loop, v.process = v.wall/float64(urls), v.loop/float64(urls), v.process/float64(urls)
	if _, err := fetched("http://" + web.Hosts()[0] + "/f/gate/2"); err != nil {
		b.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		b.Fatal(err)
	}
	wait()
	return v
}

// startViewers returns when that many follow the page, and a function that waits for their end.
func startViewers(b *testing.B, n int, url string) (wait func()) {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", viewersVariable, n, url))
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "there\n" {
		b.Fatalf("viewers: %q, %v", line, err)
	}
	return func() {
		if err := cmd.Wait(); err != nil {
			b.Error(err)
		}
	}
}

// processorTime is that of the busiest thread of a process, and of all that live, in µs (proc(5), schedstat).
func processorTime(b *testing.B, pid int) (v viewed) {
	b.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(files) == 0 {
		b.Fatal("no threads: ", err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		words := strings.Fields(string(data))
		if err != nil || len(words) == 0 {
			b.Fatalf("%s: %q, %v", f, data, err)
		}
		ns, err := strconv.ParseFloat(words[0], 64)
		if err != nil {
			b.Fatal(err)
		}
		v.loop = max(v.loop, ns/1e3)
		v.process += ns / 1e3
	}
	return v
}
