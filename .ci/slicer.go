//go:build ignore

// Command slicer is a proxy that hands on what a server sends in pieces of random sizes, many of them of a few bytes,
// with a pause after each, so that whoever reads meets the end of a read everywhere: within a tag, an attribute, a
// character reference, a field of the head. What the client sends goes on as it comes.
//
//	slicer FROM TO [FROM TO]...      for each pair, listens on FROM and connects to TO, both IP:PORT
//
// It prints "listening", ends when it is told to, and exits 1 if it cannot listen.
package main

import (
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"os"
	"syscall"
	"time"
)

// pause is what makes pieces arrive as pieces: without one the kernel joins them while the reader is busy. The runtime's
// own timers take a millisecond where nothing else is to be done, so the thread sleeps.
const pause = 20 * time.Microsecond

func main() {
	log.SetFlags(0)
	log.SetPrefix("slicer: ")
	pairs := os.Args[1:]
	if len(pairs) == 0 || len(pairs)%2 != 0 {
		log.Fatal("usage: slicer FROM TO [FROM TO]...")
	}
	for i := 0; i < len(pairs); i += 2 {
		l, err := net.Listen("tcp", pairs[i])
		if err != nil {
			log.Fatal(err)
		}
		go accept(l, pairs[i+1])
	}
	fmt.Println("listening")
	select {}
}

func accept(l net.Listener, to string) {
	for {
		client, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go join(client, to)
	}
}

// join is one connection, until either side ends it.
func join(client net.Conn, to string) {
	defer client.Close()
	server, err := net.Dial("tcp", to)
	if err != nil {
		log.Print(err)
		return
	}
	go func() {
		defer server.Close()
		_, _ = io.Copy(server, client) // how it ended, the other direction sees too
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		if slice(client, buf[:n]) != nil || err != nil {
			return
		}
	}
}

// slice writes p in pieces of 1 byte to 32 KiB, half of them shorter than 128.
func slice(w io.Writer, p []byte) error {
	wait := syscall.NsecToTimespec(int64(pause))
	for len(p) > 0 {
		n := min(len(p), 1+rand.IntN(1<<rand.IntN(16)))
		if _, err := w.Write(p[:n]); err != nil {
			return err
		}
		p = p[n:]
		_ = syscall.Nanosleep(&wait, nil) // cut short by a signal, it is a shorter pause
	}
	return nil
}
