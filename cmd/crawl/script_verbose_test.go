//go:build unix

package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

var (
	someTime = regexp.MustCompile(` *\b[0-9.]+(us|µs|ms|s)\b`)
	somePort = regexp.MustCompile(`127\.0\.0\.1:\d+->|\b(127\.0\.0\.1|localhost):\d+`)
	someBar  = regexp.MustCompile(`\| *(.)[#?█░]* *\|`)
)

// exchange prints what -v shows of one fetch, so that it is the same each time.
func (*script) exchange(ts *testscript.TestScript, args []string) {
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		if strings.HasPrefix(line, "crawl: ") || strings.HasPrefix(line, "* this machine was up to ") { // which it may be
			continue
		}
		line = someTime.ReplaceAllString(line, " T")
		line = somePort.ReplaceAllStringFunc(line, func(s string) string {
			if strings.HasSuffix(s, "->") { // our address, which only package net tells with an error
				return ""
			}
			return s[:strings.LastIndexByte(s, ':')] + ":PORT"
		})
		fmt.Fprint(ts.Stdout(), someBar.ReplaceAllString(line, "|$1|"))
	}
}
