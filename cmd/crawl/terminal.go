package main

import (
	"io"
	"os"
	"runtime"
	"strings"

	"golang.org/x/term"
)

// screen is what a line is drawn for.
type screen struct {
	width   int  // columns
	ansi    bool // escape sequences are obeyed
	colour  bool
	unicode bool
}

// usualWidth is for what does not tell its width.
const usualWidth = 80

// newScreen asks a stream, and the environment of a program, what can be shown there. It is asked anew for each
// line that is drawn: that is one system call, and then a terminal may change its size.
func newScreen(w io.Writer, getenv func(string) string) screen {
	s := screen{width: usualWidth, unicode: isUTF8(getenv)}
	if !isTerminal(w) {
		return s
	}
	// The console of Windows obeys only who has asked it to.
	s.ansi = getenv("TERM") != "dumb" && runtime.GOOS != "windows"
	s.colour = s.ansi && getenv("NO_COLOR") == "" // no-color.org: set, to anything but nothing
	if width, _, err := term.GetSize(int(file(w).Fd())); err == nil && width > 0 {
		s.width = width
	}
	return s
}

// isUTF8 follows POSIX: the first of these that is set and not empty decides.
func isUTF8(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(getenv(name)); locale != "" {
			return strings.HasSuffix(locale, "utf-8") || strings.HasSuffix(locale, "utf8") ||
				strings.Contains(locale, "utf-8@") || strings.Contains(locale, "utf8@")
		}
	}
	return false
}

// inCI: all services set it to true; who sets it to false means the opposite.
func inCI(getenv func(string) string) bool {
	switch strings.ToLower(getenv("CI")) {
	case "", "false", "0":
		return false
	}
	return true
}

// file is the file behind a stream; nil: there is none.
func file(w io.Writer) *os.File {
	if c, ok := w.(*console); ok {
		w = c.w
	}
	f, _ := w.(*os.File)
	return f
}

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	f := file(w)
	if f == nil {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && isTTY(f)
}
