package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"crawl/internal/report"
)

const version = "0.1.0"

// Exit codes, as the help of the root command has them.
const (
	exitOK          = 0
	exitError       = 1 // internal or I/O error
	exitUsage       = 2
	exitFailedURLs  = 3 // URLs failed that --fail-on names, or items are invalid
	exitThreshold   = 4 // crawl bench: a threshold does not hold, or something is worse than the baseline
	exitLimit       = 5 // a limit on the whole crawl was reached, with URLs pending
	exitHungUp      = 129
	exitInterrupted = 130
	exitTerminated  = 143
)

const rootHelp = `crawl fetches lists of URLs, thousands at a time, on one thread: an event loop
over raw sockets, each fetch a coroutine. It keeps an exact account of every URL.

Exit codes:
    0  done
    1  internal or I/O error: the list could not be read, a record not be written
    2  usage: unknown flags, bad values, a list without URLs, a file without records
    3  URLs failed that --fail-on names, or items are invalid
    4  a threshold does not hold, or something is worse than its baseline
    5  a limit on the whole crawl was reached, with URLs pending
  129  hung up: the terminal was closed (SIGHUP), after what was in flight had ended
  130  interrupted (Ctrl-C), likewise
  143  terminated (SIGTERM), likewise`

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// mainCode runs the command line and returns the exit code.
func mainCode(args []string, in io.Reader, out, errOut io.Writer) int {
	voice := newConsole(errOut, newScreen(errOut, os.Getenv).ansi)
	defer voice.close(lastPatience)
	errOut = voice
	root := newRoot(streams{in, out, errOut})
	help := &helpWriter{w: out}
	root.SetOut(help)
	root.SetArgs(args)
	err := root.Execute()
	if help.err != nil {
		err = ioError(fmt.Errorf("standard output: %w", help.err))
	}
	if err == nil {
		return exitOK
	}
	var e *exitErr
	if !errors.As(err, &e) {
		e = &exitErr{code: exitUsage, err: err} // of cobra: flags, arguments, unknown commands
	}
	if e.err != nil {
		for line := range strings.Lines(e.err.Error()) { // of joined errors, or of a stack
			fmt.Fprintf(errOut, "crawl: error: %s\n", printable(strings.TrimSuffix(line, "\n")))
		}
	}
	if e.hint != "" {
		fmt.Fprintf(errOut, "crawl: hint: %s\n", printable(e.hint))
	} else if e.code == exitUsage {
		fmt.Fprintf(errOut, "crawl: hint: see crawl --help, or crawl COMMAND --help\n")
	}
	return e.code
}

// helpWriter is where cobra writes help and version; it remembers that it could not, which cobra does not.
type helpWriter struct {
	w   io.Writer
	err error
}

func (h *helpWriter) Write(b []byte) (n int, err error) {
	if h.err == nil {
		n, h.err = h.w.Write(b)
	}
	return n, h.err
}

func newRoot(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:           "crawl",
		Short:         "Fetch lists of URLs, thousands at a time, on one thread",
		Long:          rootHelp,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noURL,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SetIn(s.in)
	cmd.SetOut(s.out)
	cmd.SetErr(s.err)
	cmd.CompletionOptions.HiddenDefaultCmd = true
	cmd.AddCommand(newRun(s), newCompare(s), newBench(s), newReport(s), newRobots(s), newSitemap(s), newLinks(s), newExtract(s), newURL(s), newFields(s), newLatency(s), newOrigin(s), newDemo(s), newCompareRun(s))
	cmd.InitDefaultHelpCmd()
	help, _, _ := cmd.Find([]string{"help"}) // made just now
	help.Args = knownCommand
	return cmd
}

// noURL takes no arguments, and knows what one is that many would give.
func noURL(cmd *cobra.Command, args []string) error {
	err := cobra.NoArgs(cmd, args)
	if err != nil && strings.Contains(args[0], "://") {
		return &exitErr{code: exitUsage, err: err, hint: "crawl run " + args[0]}
	}
	return err
}

// knownCommand is for help, which by itself takes any name and exits with 0.
func knownCommand(help *cobra.Command, args []string) error {
	cmd, rest, err := help.Root().Find(args)
	if err != nil || len(rest) == 0 {
		return err
	}
	return cobra.NoArgs(cmd, rest)
}

// exitErr is an error with the code to exit with.
type exitErr struct {
	code int
	err  error  // nil: what there was to say has been said
	hint string // what to do about it
}

func (e *exitErr) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitErr) Unwrap() error { return e.err }

func usageError(format string, args ...any) error {
	return &exitErr{code: exitUsage, err: fmt.Errorf(format, args...)}
}

func ioError(err error) error { return &exitErr{code: exitError, err: err} }

// printable makes a string safe for a terminal: what comes from a server or a list is shown and not obeyed.
func printable(s string) string { return report.Printable(s) }
