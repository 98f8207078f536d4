//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// process is a program that a script has started and not yet seen the end of.
type process struct {
	cmd      *exec.Cmd
	stdin    io.WriteCloser
	keep     []io.Closer   // held open until its end
	master   *os.File      // our end of its terminal
	terminal chan struct{} // closed when all that it wrote there has been copied; nil: none
	ended    chan error
}

// kill ends it for certain, when the script is over.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// start runs a program with files for its output, as a shell does: what is written there can be waited for.
func (s *script) start(ts *testscript.TestScript, args []string) {
	stuck, unheard, terminal, own, group := false, false, false, false, false
	for len(args) > 0 && args[0][0] == '-' {
		switch args[0] {
		case "-stuck":
			stuck = true
		case "-unheard":
			unheard = true
		case "-tty":
			terminal = true
		case "-own":
			terminal, own = true, true
		case "-group":
			group = true
		default:
			fatal("unknown flag %s", args[0])
		}
		args = args[1:]
	}
	if len(args) < 2 || s.processes[args[0]] != nil {
		fatal("it needs a name of its own and a program")
	}
	name := args[0]
	p := &process{cmd: exec.Command(args[1], args[2:]...), ended: make(chan error, 1)}
	p.cmd.Dir = ts.Getenv("WORK")
	for _, v := range []string{"WORK", "PATH", "HOME", "TMPDIR", "GORACE", "GOCOVERDIR", "GOTRACEBACK"} {
		p.cmd.Env = append(p.cmd.Env, v+"="+ts.Getenv(v))
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: group, Setsid: own, Setctty: own, Ctty: 2}
	var err error
	p.stdin, err = p.cmd.StdinPipe()
	check(err)
	var ours []io.Closer // copies of what the process has
	p.cmd.Stdout, ours = p.output(ts, name+".out", stuck, ours)
	if p.cmd.Stderr, ours = p.errors(ts, name+".err", terminal, ours); unheard {
		var w *os.File
		w, ours = p.full(ours)
		p.cmd.Stderr = w
	}
	check(p.cmd.Start())
	for _, f := range ours {
		check(f.Close())
	}
	s.processes[name] = p
	go func() {
		err := p.cmd.Wait()
		if p.terminal != nil {
			<-p.terminal
		}
		for _, f := range p.keep {
			_ = f.Close() // read from at most
		}
		p.ended <- err
		close(p.ended)
	}()
}

// full is a pipe that nobody reads, and that takes nothing more.
func (p *process) full(ours []io.Closer) (*os.File, []io.Closer) {
	r, w, err := os.Pipe()
	check(err)
	p.keep = append(p.keep, r)
	check(w.SetWriteDeadline(time.Now().Add(10 * time.Millisecond)))
	_, err = w.Write(make([]byte, 4<<20))
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		fatal("the pipe is not full: %v", err)
	}
	return w, append(ours, w)
}

// output is a file, or a pipe that nobody reads.
func (p *process) output(ts *testscript.TestScript, name string, stuck bool, ours []io.Closer) (*os.File, []io.Closer) {
	f, err := os.Create(ts.MkAbs(name))
	check(err)
	if stuck {
		check(f.Close())
		r, w, err := os.Pipe()
		check(err)
		p.keep = append(p.keep, r)
		f = w
	}
	return f, append(ours, f)
}

// errors is a file, or a terminal whose text is copied there.
func (p *process) errors(ts *testscript.TestScript, name string, terminal bool, ours []io.Closer) (*os.File, []io.Closer) {
	f, err := os.Create(ts.MkAbs(name))
	check(err)
	if !terminal {
		return f, append(ours, f)
	}
	master, slave, err := openTerminal()
	check(err)
	p.keep = append(p.keep, master, f)
	p.master = master
	p.terminal = make(chan struct{})
	go func() {
		defer close(p.terminal)
		_, _ = io.Copy(f, master) // ends with EIO when the process has closed the other end
	}()
	return slave, append(ours, slave)
}

func (s *script) process(name string) *process {
	p := s.processes[name]
	if p == nil {
		fatal("there is no process %q", name)
	}
	return p
}

func (*script) await(ts *testscript.TestScript, args []string) {
	re, err := regexp.Compile("(?m)" + args[1])
	check(err)
	eventually(func() error {
		text := ts.ReadFile(args[0])
		m := re.FindStringSubmatch(text)
		if m == nil {
			return fmt.Errorf("%s does not match %s:\n%s", args[0], re, text)
		}
		for i, name := range re.SubexpNames() {
			if name != "" {
				ts.Setenv(name, m[i])
			}
		}
		return nil
	})
}

func (s *script) feed(_ *testscript.TestScript, args []string) {
	_, err := io.WriteString(s.process(args[0]).stdin, args[1]+"\n")
	check(err)
}

func (s *script) eof(_ *testscript.TestScript, args []string) {
	check(s.process(args[0]).stdin.Close())
}

func (s *script) signal(_ *testscript.TestScript, args []string) {
	group := args[0] == "-group"
	if group {
		args = args[1:]
	}
	sig, ok := map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "QUIT": syscall.SIGQUIT, "HUP": syscall.SIGHUP}[args[1]]
	if !ok {
		fatal("unknown signal %s", args[1])
	}
	pid := s.process(args[0]).cmd.Process.Pid
	if group {
		pid = -pid
	}
	check(syscall.Kill(pid, sig))
}

func (s *script) ended(ts *testscript.TestScript, args []string) {
	p := s.process(args[0])
	var err error
	select {
	case err = <-p.ended:
	case <-time.After(bound):
		fatal("it has not ended within %v", bound)
	}
	delete(s.processes, args[0])
	fmt.Fprint(ts.Stdout(), ts.ReadFile(args[0]+".out"))
	fmt.Fprint(ts.Stderr(), ts.ReadFile(args[0]+".err"))
	wantCode(err, args[1])
}
