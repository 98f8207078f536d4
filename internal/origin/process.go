package origin

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"time"
)

// Process is a server in a process of its own, so that what it costs is not counted as its client's. It ends
// with its standard input, so also when this process dies.
type Process struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	first  string // URL of page 0
	client http.Client
}

// processPatience bounds what is asked of a Process: it is on the same machine.
const processPatience = 10 * time.Second

// StartProcess runs command, which serves a web, says its first URL on a line of standard output when it does, and ends
// when its standard input does. It returns then. The process is in a group of its own: Ctrl-C is not for it.
func StartProcess(ctx context.Context, command ...string) (*Process, error) {
	p := &Process{cmd: exec.CommandContext(ctx, command[0], command[1:]...), client: http.Client{Timeout: processPatience}}
	p.cmd.SysProcAttr = ownGroup()
	var complaints bytes.Buffer
	p.cmd.Stderr = &complaints
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("origin: %w", err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("origin: %w", err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("origin: %w", err)
	}
	late := time.AfterFunc(processPatience, func() { _ = p.cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if late.Stop(); err != nil {
		err = errors.Join(p.Close(), err)
		return nil, fmt.Errorf("origin: it does not serve: %s: %w", bytes.TrimSpace(complaints.Bytes()), err)
	}
	p.first = strings.TrimSpace(line)
	return p, nil
}

// URL is that of page 0.
func (p *Process) URL() string { return p.first }

// PID is its process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Stats asks what it has counted.
func (p *Process) Stats() (*Stats, error) {
	res, err := p.client.Get(p.control("stats"))
	if err != nil {
		return nil, fmt.Errorf("origin: %w", err)
	}
	s := new(Stats)
	if err := errors.Join(json.NewDecoder(res.Body).Decode(s), res.Body.Close()); err != nil {
		return nil, fmt.Errorf("origin: stats: %w", err)
	}
	return s, nil
}

// Reset makes it count anew.
func (p *Process) Reset() error {
	res, err := p.client.Post(p.control("reset"), "", nil)
	if err != nil {
		return fmt.Errorf("origin: %w", err)
	}
	return res.Body.Close()
}

func (p *Process) control(name string) string {
	u, err := url.Parse(p.first)
	if err != nil {
		return p.first // and the request will say what is wrong with it
	}
	return u.Scheme + "://" + u.Host + controlPrefix + name
}

// Close ends it. It is killed when it does not end by itself.
func (p *Process) Close() error {
	p.client.CloseIdleConnections()
	_ = p.stdin.Close() // if it has ended already there is nothing to close
	kill := time.AfterFunc(processPatience, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("origin: %w", err)
	}
	return nil
}
