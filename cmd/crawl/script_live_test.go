//go:build unix

package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// request makes one as any client might, and prints the body.
func (*script) request(ts *testscript.TestScript, args []string) {
	status, body, err := requested(args[1], args[2], args[3:])
	check(err)
	fmt.Fprintf(ts.Stdout(), "%s", body)
	if status != args[0] {
		fatal("%s %s: %s, not %s: %s", args[1], args[2], status, args[0], body)
	}
}

// waitFor makes the same one until its body matches.
func (*script) waitFor(_ *testscript.TestScript, args []string) {
	re, err := regexp.Compile(args[1])
	check(err)
	eventually(func() error {
		_, body, err := requested(http.MethodGet, args[0], nil)
		if err == nil && !re.Match(body) {
			err = fmt.Errorf("%s does not match %s:\n%s", args[0], re, body)
		}
		return err
	})
}

func requested(method, url string, fields []string) (status string, body []byte, err error) {
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		return "", nil, err
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		if name == "Host" {
			r.Host = value
		}
		r.Header.Set(name, value)
	}
	client := http.Client{Timeout: bound}
	res, err := client.Do(r)
	if err != nil {
		return "", nil, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	return fmt.Sprint(res.StatusCode), body, err
}

// follow copies the events of a live page to a file while they come, until their end.
func (s *script) follow(ts *testscript.TestScript, args []string) {
	res, err := http.Get(args[1] + "events")
	check(err)
	f, err := os.Create(ts.MkAbs(args[0]))
	check(err)
	s.closers = append(s.closers, res.Body, f)
	go func() { _, _ = io.Copy(f, res.Body) }() // what is missing is missed by who awaits it
}

// viewersVariable has this test binary follow the events of a live page, as so many viewers, instead of running tests.
const viewersVariable = "CRAWL_TEST_VIEWERS"

// viewersIfAsked follows the page at NUMBER URL, says so when all are there, and exits when the events end.
func viewersIfAsked() {
	number, url, ok := strings.Cut(os.Getenv(viewersVariable), " ")
	if !ok {
		return
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		panic(err)
	}
	var all sync.WaitGroup
	for range n {
		res, err := http.Get(url + "events")
		if err != nil || res.StatusCode != http.StatusOK {
			panic(fmt.Sprint(res, err))
		}
		all.Go(func() { _, _ = io.Copy(io.Discard, res.Body) })
	}
	fmt.Println("there")
	all.Wait()
	os.Exit(0)
}
