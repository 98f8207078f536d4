//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// nginx is the server of the works a, b and list: one worker on the server's core, the page from
// memory. One port keeps connections alive, the other closes each after its answer.
type nginx struct {
	*server
	keepPort, closePort int
	robotsLog           string
	client              *http.Client
	queries             int64 // for the status page; each is a request and a connection
	backlog             *sysctl
}

// worker_connections counts the listening sockets too; with 10,000 in flight a client may hold a
// quarter more than that for a moment.
const workerConnections = 19000

// backlogFile holds the kernel's limit of connections that wait to be accepted.
const backlogFile = "/proc/sys/net/core/somaxconn"

// startNginx writes a configuration into dir and starts nginx with it on free ports. The number in
// the file backlog is raised until nginx is stopped.
func startNginx(ctx context.Context, dir, backlog string) (_ *nginx, err error) {
	n := &nginx{client: statusClient(), robotsLog: filepath.Join(dir, "robots.log"), backlog: raise(backlog, 65535)}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.backlog.restore())
		}
	}()
	for attempt := 1; ; attempt++ {
		if n.keepPort, err = freePort("127.0.0.1"); err != nil {
			return nil, err
		}
		if n.closePort, err = freePort(hostIP(0)); err != nil {
			return nil, err
		}
		conf := filepath.Join(dir, "nginx.conf")
		if err := os.WriteFile(conf, []byte(n.config(dir)), 0o644); err != nil {
			return nil, err
		}
		argv := []string{"nginx", "-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", conf}
		n.server, err = startServer(ctx, dir, argv, func() error { _, err := n.status(); return err })
		if err == nil || attempt == 3 || ctx.Err() != nil {
			return n, err // a port may have been taken meanwhile: that is worth another try, no more
		}
	}
}

// config is nginx's configuration. robots.txt alone is logged: that is how requests for it are told
// from requests for pages without a cost to the latter.
func (n *nginx) config(dir string) string {
	var listen strings.Builder
	for i := range hosts {
		fmt.Fprintf(&listen, "    listen %s:%d backlog=65535;\n", hostIP(i), n.closePort)
	}
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;\n"
	}
	var temp strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&temp, "  %s_temp_path %s;\n", kind, filepath.Join(dir, kind))
	}
	locations := fmt.Sprintf(`    location /p/ { default_type text/html; return 200 "%s"; }
    location = /robots.txt { access_log %s plain; return 404; }
`, page(), n.robotsLog)
	return fmt.Sprintf(`daemon off;
%[1]sworker_processes 1;
worker_cpu_affinity %[2]b;
worker_rlimit_nofile %[3]d;
pid %[4]s;
events { worker_connections %[5]d; multi_accept on; use epoll; }
http {
  log_format plain "$remote_addr $request";
  access_log off;
  server_tokens off;
  tcp_nodelay on;
  client_header_buffer_size 1k;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
%[6]s  server {
    listen 127.0.0.1:%[7]d backlog=65535;
%[8]s    location = /status { stub_status; }
  }
  server {
%[9]s    keepalive_timeout 0;
%[8]s  }
}
`, user, 1<<serverCPU, min(workerConnections+100, openFiles()), filepath.Join(dir, "nginx.pid"), workerConnections,
		temp.String(), n.keepPort, locations, listen.String())
}

// keepURL and closeURL give the address of page i of a list.
func (n *nginx) keepURL(i int) string {
	return fmt.Sprintf("http://127.0.0.1:%d/p/%d", n.keepPort, i)
}

func (n *nginx) closeURL(i int) string {
	return fmt.Sprintf("http://%s:%d/p/%d", hostIP(i), n.closePort, i)
}

// status asks nginx for its counters, this question included.
func (n *nginx) status() (c counts, err error) {
	body, err := get(n.client, fmt.Sprintf("http://127.0.0.1:%d/status", n.keepPort))
	if err != nil {
		return c, err
	}
	n.queries++
	return parseStatus(body)
}

// parseStatus reads the text of ngx_http_stub_status_module:
//
//	Active connections: 1
//	server accepts handled requests
//	 3 3 3
//	Reading: 0 Writing: 1 Waiting: 0
func parseStatus(body string) (c counts, err error) {
	lines := strings.Split(body, "\n")
	if len(lines) < 3 {
		return c, fmt.Errorf("stub_status: %q is too short", body)
	}
	var handled int64
	if _, err := fmt.Sscanf(lines[0], "Active connections: %d", &c.Open); err != nil {
		return c, fmt.Errorf("stub_status: %q: %w", lines[0], err)
	}
	if _, err := fmt.Sscan(lines[2], &c.Conns, &handled, &c.Requests); err != nil {
		return c, fmt.Errorf("stub_status: %q: %w", lines[2], err)
	}
	return c, nil
}

func (n *nginx) counts() (counts, error) {
	c, err := n.status()
	if err != nil {
		return c, err
	}
	log, err := os.ReadFile(n.robotsLog)
	if err != nil {
		return c, err
	}
	c.Robots = int64(strings.Count(string(log), "\n"))
	c.Requests -= n.queries + c.Robots
	c.Conns -= n.queries
	c.Open-- // the question's own
	return c, nil
}

// stop ends nginx and puts the kernel's backlog back.
func (n *nginx) stop() error { return errors.Join(n.server.stop(), n.backlog.restore()) }

// sysctl is a kernel setting that was changed, with what it was before.
type sysctl struct{ file, before string }

// raise sets the number in file to at least want where the user may, and leaves it else: then the
// kernel's own limit holds, and a burst of connections may have to be sent again.
func raise(file string, want int) *sysctl {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	before := strings.TrimSpace(string(data))
	var now int
	if _, err := fmt.Sscan(before, &now); err != nil || now >= want {
		return nil
	}
	if err := os.WriteFile(file, fmt.Appendln(nil, want), 0o644); err != nil {
		return nil
	}
	return &sysctl{file, before}
}

// restore writes the old value back.
func (s *sysctl) restore() error {
	if s == nil {
		return nil
	}
	return os.WriteFile(s.file, []byte(s.before+"\n"), 0o644)
}

// openFiles is the number of descriptors this process may have open.
func openFiles() int {
	var lim syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &lim); err != nil {
		return 1024
	}
	return int(min(lim.Max, 1<<20))
}
