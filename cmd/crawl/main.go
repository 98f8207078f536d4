// Command crawl fetches lists of URLs, thousands at a time, on one thread. See crawl --help.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// A reader that goes away is an error to report, not a reason to die without a word.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(mainCode(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
