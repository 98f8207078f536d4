package origin

import (
	"context"
	"os/exec"
	"strings"
	"testing"
)

// A shell that stands for a process with a server: it says where the server is and goes with its input.
func startProcess(t *testing.T, script string) (*Process, error) {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh")
	}
	return StartProcess(context.Background(), "sh", "-c", script)
}

func TestProcess(t *testing.T) {
	server := start(t, Config{})
	p, err := startProcess(t, "echo "+server.URL(0)+"; cat >/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	if p.URL() != server.URL(0) {
		t.Errorf("it is at %q, want %q", p.URL(), server.URL(0))
	}
	get(t, client(t, ""), server.URL(3))
	if s, err := p.Stats(); err != nil || s.Requests != 1 {
		t.Errorf("it has counted %+v, %v; want one request", s, err)
	}
	if err := p.Reset(); err != nil {
		t.Error(err)
	}
	if s, err := p.Stats(); err != nil || s.Requests != 0 {
		t.Errorf("after a reset it has counted %+v, %v", s, err)
	}
	if err := p.Close(); err != nil {
		t.Errorf("it did not end well: %v", err)
	}
}

func TestProcessThatDoesNotServe(t *testing.T) {
	_, err := startProcess(t, "echo no port left >&2; exit 1")
	if err == nil || !strings.Contains(err.Error(), "no port left") {
		t.Errorf("the error is %v; want what it said", err)
	}
}
