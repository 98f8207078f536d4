//go:build unix

package eventloop_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"crawl/internal/eventloop"
)

// A crawler of three pages on one thread: the whole idea on one screen. Each page is a task. Where the system
// says "not yet", the task makes a future, has the loop settle it when the socket is ready, and awaits it;
// meanwhile the loop runs the others. (Conn is the same with less to write and less to do.)
//
// Each server answers only when all three have been asked: one page after the other would take for ever.
func Example() {
	loop, err := eventloop.New(eventloop.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer loop.Close()

	var pages []eventloop.Awaitable[string]
	for _, server := range threeServers() {
		defer server.Close()
		address := netip.MustParseAddrPort(server.Listener.Addr().String())
		pages = append(pages, eventloop.CreateTask(context.Background(), loop, server.URL,
			func(context.Context) (string, error) { return fetch(loop, address) }))
	}
	bodies, err := eventloop.RunUntilComplete(loop, eventloop.Gather(loop, pages...))
	fmt.Println(strings.Join(bodies, "\n"), err)
	// Output:
	// I am the first.
	// I am the second.
	// I am the third. <nil>
}

// fetch gets a page over HTTP/1.0, where the end of the connection is the end of the page.
func fetch(loop *eventloop.Loop, server netip.AddrPort) (string, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		return "", err
	}
	err = unix.Connect(fd, &unix.SockaddrInet4{Addr: server.Addr().As4(), Port: int(server.Port())})
	if errors.Is(err, unix.EINPROGRESS) {
		err = ready(loop, fd, loop.AddWriter, loop.RemoveWriter)
	}
	if err != nil {
		return "", err
	}
	if _, err := unix.Write(fd, []byte("GET / HTTP/1.0\r\n\r\n")); err != nil {
		return "", err
	}
	var response strings.Builder
	for chunk := make([]byte, 4096); ; {
		n, err := unix.Read(fd, chunk)
		switch {
		case errors.Is(err, unix.EAGAIN):
			if err := ready(loop, fd, loop.AddReader, loop.RemoveReader); err != nil {
				return "", err
			}
		case err != nil:
			return "", err
		case n == 0:
			_, body, _ := strings.Cut(response.String(), "\r\n\r\n")
			return body, nil
		default:
			response.Write(chunk[:n])
		}
	}
}

// ready suspends the running task until the loop has said that the descriptor can be read from, or written to.
func ready(loop *eventloop.Loop, fd int, add func(int, func()) error, remove func(int) bool) error {
	f := eventloop.NewFuture[struct{}](loop)
	err := add(fd, func() {
		if !f.Done() {
			f.SetResult(struct{}{})
		}
	})
	if err != nil {
		return err
	}
	defer remove(fd)
	_, err = f.Await()
	return err
}

func threeServers() (servers []*httptest.Server) {
	var asked sync.WaitGroup
	for _, name := range []string{"first", "second", "third"} {
		asked.Add(1)
		servers = append(servers, httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked.Done()
			asked.Wait()
			_, _ = io.WriteString(w, "I am the "+name+".")
		})))
	}
	return servers
}
