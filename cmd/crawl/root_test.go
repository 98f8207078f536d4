package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"crawl/internal/crawler"
)

func TestPrintable(t *testing.T) {
	for s, want := range map[string]string{
		"":                        "",
		"plain text, 100 %":       "plain text, 100 %",
		"Grüße, 世界 ×":             "Grüße, 世界 ×",
		"\x1b[31mred\x1b[0m":      `\x1b[31mred\x1b[0m`,
		"a\r\nb\tc\x00":           `a\x0d\x0ab\x09c\x00`,
		"\x7f":                    `\x7f`,
		"\u0080\u009b31m\u009f":   `\x80\x9b31m\x9f`,
		"\u00a0":                  "\u00a0",
		"\x9b31m":                 "\uFFFD31m",
		"\xff\xfe":                "\uFFFD",
		"\uFFFD":                  "\uFFFD",
		"\x1b]0;title\x07 \u2028": `\x1b]0;title\x07 \u2028`,
		"\u202egpj.exe\u2066":     `\u202egpj.exe\u2066`,
	} {
		if got := printable(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	for _, s := range []string{"plain", "\x1b[2J", "\u009b", "\x9b", "é\xff", "\u2028\x7f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := printable(s)
		if !utf8.ValidString(out) {
			t.Fatalf("%q: %q is not UTF-8", s, out)
		}
		if i := strings.IndexFunc(out, crawler.IsCommand); i >= 0 {
			t.Fatalf("%q: %q has a control character at %d", s, out, i)
		}
		if again := printable(out); again != out {
			t.Fatalf("%q: %q becomes %q", s, out, again)
		}
		if utf8.ValidString(s) && !strings.ContainsFunc(s, crawler.IsCommand) && out != s {
			t.Fatalf("%q needs nothing, and becomes %q", s, out)
		}
	})
}

// An error becomes its exit code wherever in a chain it is.
func TestExitErr(t *testing.T) {
	inner := errors.New("broken pipe")
	err := fmt.Errorf("outer: %w", ioError(inner))
	var e *exitErr
	if !errors.As(err, &e) || e.code != exitError || !errors.Is(err, inner) {
		t.Errorf("%v: %+v", err, e)
	}
	if !errors.As(usageError("%q: %w", "x", inner), &e) || e.code != exitUsage || e.Error() != `"x": broken pipe` {
		t.Errorf("%+v", e)
	}
	if said := (&exitErr{code: exitInterrupted}).Error(); said != "exit code 130" {
		t.Errorf("%q", said)
	}
}

func TestIsTerminal(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if isTerminal(&bytes.Buffer{}) || isTerminal(null) || isTerminal(file) {
		t.Error("neither a buffer nor the null device nor a file is a terminal")
	}
}
