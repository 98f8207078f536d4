package modes

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crawl/internal/origin"
)

// dialogue is a Serve that runs, seen from its parent.
type dialogue struct {
	in    *io.PipeWriter
	lines *bufio.Reader
	ended chan error
}

func converse(t *testing.T, first string) *dialogue {
	t.Helper()
	in, toChild := io.Pipe()
	fromChild, out := io.Pipe()
	d := &dialogue{in: toChild, lines: bufio.NewReader(fromChild), ended: make(chan error, 1)}
	go func() {
		err := Serve(in, out)
		out.Close()
		in.Close()
		d.ended <- err
	}()
	if _, err := io.WriteString(toChild, first); err != nil {
		t.Fatal(err)
	}
	return d
}

// end is how Serve ended.
func (d *dialogue) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-d.ended:
		return err
	case <-time.After(patience):
		t.Fatal("it has not ended")
		return nil
	}
}

// line is the next thing it says, "" at the end.
func (d *dialogue) line(t *testing.T) string {
	t.Helper()
	line, err := d.lines.ReadString('\n')
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return line
}

func specLine(t *testing.T, s Spec) string {
	t.Helper()
	line, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(line) + "\n"
}

// TestServe: all is prepared before "ready", nothing is fetched before "go", and then come the outcomes and the result.
func TestServe(t *testing.T) {
	s := web(t, origin.Config{})
	onEach(t, func(t *testing.T, mode string) {
		s.Reset()
		spec := Spec{Mode: mode, Concurrency: 3, Fetches: 20, List: pages(t, s, 5), Timeout: patience, Outcomes: filepath.Join(t.TempDir(), "out")}
		d := converse(t, specLine(t, spec))
		if line := d.line(t); line != "ready\n" {
			t.Fatalf("it said %q", line)
		}
		if st := s.Stats(); st.Connections != 0 {
			t.Errorf("there were %d connections before go", st.Connections)
		}
		if _, err := io.WriteString(d.in, "go\n"); err != nil {
			t.Fatal(err)
		}
		var r Result
		if err := json.Unmarshal([]byte(d.line(t)), &r); err != nil {
			t.Fatal(err)
		}
		if r.Fetches != 20 || len(r.Failed) != 0 || r.Wall <= 0 {
			t.Errorf("the result is %+v", r)
		}
		if err := d.end(t); err != nil {
			t.Error(err)
		}
		for i, o := range outcomes(t, spec.Outcomes, 20) {
			status, _, body := s.Page(i % 5)
			if want := wantOutcome(status, body); o != want {
				t.Errorf("fetch %d: %+v, want %+v", i, o, want)
			}
		}
	})
}

// TestServeLeaves: a parent that goes before "go" is no error, and nothing is fetched.
func TestServeLeaves(t *testing.T) {
	s := web(t, origin.Config{})
	onEach(t, func(t *testing.T, mode string) {
		d := converse(t, specLine(t, Spec{Mode: mode, Concurrency: 3, Fetches: 20, List: pages(t, s, 5), Timeout: patience}))
		if line := d.line(t); line != "ready\n" {
			t.Fatalf("it said %q", line)
		}
		d.in.Close()
		if err := d.end(t); err != nil {
			t.Error(err)
		}
		if line := d.line(t); line != "" {
			t.Errorf("it said %q", line)
		}
	})
	if st := s.Stats(); st.Connections != 0 {
		t.Errorf("there were %d connections", st.Connections)
	}
}

// TestServeRefuses: what makes no sense is an error that says so, before anything is fetched.
func TestServeRefuses(t *testing.T) {
	s := web(t, origin.Config{})
	good := Spec{Mode: Goroutine, Concurrency: 1, Fetches: 1, List: pages(t, s, 1), Timeout: patience}
	with := func(change func(*Spec)) string {
		spec := good
		change(&spec)
		return specLine(t, spec)
	}
	for _, tt := range []struct{ name, in, want string }{
		{"nothing", "", "no specification"},
		{"no JSON", "hello\n", `specification "hello\n"`},
		{"unknown mode", with(func(s *Spec) { s.Mode = "magic" }), `unknown mode "magic"`},
		{"no concurrency", with(func(s *Spec) { s.Concurrency = 0 }), "must be positive"},
		{"no fetches", with(func(s *Spec) { s.Fetches = 0 }), "must be positive"},
		{"no timeout", with(func(s *Spec) { s.Timeout = 0 }), "must be positive"},
		{"no list", with(func(s *Spec) { s.List = "/nowhere/urls" }), "/nowhere/urls"},
		{"empty list", with(func(s *Spec) { s.List = "/dev/null" }), "no URLs"},
		{"blank line", with(func(s *Spec) { s.List = listOf(t, nil, "http://127.0.0.1/", "", "http://127.0.0.1/") }), "line 2: a blank line"},
		{"bad line", with(func(s *Spec) { s.Fetches, s.List = 2, listOf(t, nil, "http://127.0.0.1/", "gopher://x/") }), `line 2: "gopher://x/"`},
		{"poller", with(func(s *Spec) { s.Mode, s.Poller = Loop, "select" }), `poller "select"`},
		{"another word", specLine(t, good) + "stop\n", `"stop\n" instead of go`},
		{"half a word", specLine(t, good) + "g", `"g" instead of go`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			err := Serve(strings.NewReader(tt.in), &out)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want one with %q", err, tt.want)
			}
			if said := out.String(); said != "" && said != "ready\n" {
				t.Errorf("it said %q", said)
			}
		})
	}
	if st := s.Stats(); st.Connections != 0 {
		t.Errorf("there were %d connections", st.Connections)
	}
}
