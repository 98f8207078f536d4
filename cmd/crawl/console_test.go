package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
)

// What is written for each message and each drawing, byte for byte.
func TestConsoleCompose(t *testing.T) {
	type step struct{ said, status, want string }
	cases := []struct {
		name  string
		ansi  bool
		steps []step
	}{
		{"a terminal", true, []step{
			{"hello\n", "", "hello\n"},
			{"", "50%", "\r50%\x1b[J\r"},
			{"", "50%", ""},
			{"", "9%", "\r9%\x1b[J\r"},
			{"warning\n", "9%", "\r\x1b[J\rwarning\n\r9%\x1b[J\r"},
			{"warning\n", "10%", "\r\x1b[J\rwarning\n\r10%\x1b[J\r"},
			{"\nafter ^C\n", "10%", "\r\x1b[J\rafter ^C\n\r10%\x1b[J\r"},
			{"", "", "\r\x1b[J\r"},
			{"\nafter ^C\n", "", "\nafter ^C\n"},
		}},
		{"what obeys nothing", false, []step{
			{"", "50%", "\r50%\r"},
			{"", "9%", "\r9% \r"},
			{"done\n", "", "\r  \rdone\n"},
		}},
		{"a message in pieces is not torn", true, []step{
			{"", "50%", "\r50%\x1b[J\r"},
			{"one, ", "50%", "\r\x1b[J\rone, "},
			{"", "51%", ""},
			{"two\n", "51%", "two\n\r51%\x1b[J\r"},
		}},
	}
	for _, c := range cases {
		console := &console{ansi: c.ansi}
		for i, s := range c.steps {
			if got := string(console.compose([]byte(s.said), s.status)); got != s.want {
				t.Errorf("%s, step %d: %q, want %q", c.name, i, got, s.want)
			}
		}
	}
}

// All that is said is written, in order and whole, and the line is gone in the end.
func TestConsoleInOrder(t *testing.T) {
	var b bytes.Buffer
	c := newConsole(&b, true)
	var want strings.Builder
	for i := range 1000 {
		line := strings.Repeat("x", 1+i%7) + "\n"
		want.WriteString(line)
		_, _ = io.WriteString(c, line)
		c.draw("line " + strings.Repeat("y", i%5))
	}
	c.close(time.Minute)
	c.draw("too late")
	out := b.String()
	if !strings.HasSuffix(out, "\n") && !strings.HasSuffix(out, "\r\x1b[J\r") {
		t.Errorf("a line is left: %q", out[max(0, len(out)-40):])
	}
	var got strings.Builder
	for line := range strings.Lines(out) { // what a drawing leaves is before the last \r
		if i := strings.LastIndexByte(line, '\r'); i >= 0 {
			line = line[i+1:]
		}
		got.WriteString(line)
	}
	if got.String() != want.String() {
		t.Errorf("%d bytes of messages, want %d", got.Len(), want.Len())
	}
}

// A line that was drawn before another job got the terminal is not erased by us.
func TestConsoleForget(t *testing.T) {
	c := &console{ansi: true}
	c.status = "50%"
	if out, _ := c.next(); string(out) != "\r50%\x1b[J\r" {
		t.Fatalf("%q", out)
	}
	c.wake = make(chan struct{}, 1)
	c.forget()
	if out, _ := c.next(); len(out) != 0 {
		t.Errorf("%q", out)
	}
	c.draw("51%")
	if out, _ := c.next(); string(out) != "\r51%\x1b[J\r" {
		t.Errorf("%q", out)
	}
}

// Nobody who says something waits for who does not read, at the end neither; and what is lost is told once
// somebody reads again.
func TestConsoleUnheard(t *testing.T) {
	r, w := io.Pipe() // takes a write when it is read
	c := newConsole(w, true)
	_, _ = io.WriteString(c, "first\n")
	megabyte := bytes.Repeat([]byte("0123456789abcde\n"), maxUnheard/16)
	for range 5 {
		_, _ = c.Write(megabyte)
		c.draw("line")
	}
	c.close(time.Millisecond) // returns, although nothing is written
	rest := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(r)
		rest <- all
	}()
	<-c.done
	w.Close()
	all := <-rest
	if !bytes.HasPrefix(all, []byte("first\n")) || !bytes.HasSuffix(all, []byte(" bytes of messages are lost: nobody read standard error\n")) {
		t.Errorf("%q … %q", all[:min(len(all), 20)], all[max(0, len(all)-80):])
	}
	if n := len(all); n > 3*maxUnheard+200 {
		t.Errorf("%d bytes were kept", n)
	}
}
