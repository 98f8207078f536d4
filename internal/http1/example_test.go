package http1_test

import (
	"fmt"
	"strings"

	"crawl/internal/http1"
)

// One exchange: the request is written, the response arrives in pieces of seven bytes.
func Example() {
	request, err := http1.AppendRequest(nil, &http1.Request{
		Method: "GET", Target: "/", Host: "example.org",
		Fields: []http1.Pair{{Name: "User-Agent", Value: "crawl"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%q\n", request)

	wire := strings.NewReader("HTTP/1.1 200 OK\r\nServer: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
		"7\r\nhello, \r\n5\r\nworld\r\n0\r\n\r\n")
	var buf []byte
	more := func() bool { // what a connection does; false is its end
		piece := make([]byte, 7)
		n, _ := wire.Read(piece)
		buf = append(buf, piece[:n]...)
		return n > 0
	}

	var (
		limits http1.Limits // the defaults
		head   http1.Head
		body   http1.Body
	)
	end, from := -1, 0
	for end < 0 && more() {
		if end, from, err = http1.HeadEnd(buf, from, limits); err != nil {
			fmt.Println(err)
			return
		}
	}
	if err := head.Parse(buf[:end:end], limits); err != nil {
		fmt.Println(err)
		return
	}
	framing, err := head.Framing("GET")
	if err != nil {
		fmt.Println(err)
		return
	}
	server, _ := head.Get("server")
	fmt.Printf("%d %s, server %s, body %v, keep alive %v\n", head.Status, head.Reason(), server, framing.Kind, framing.KeepAlive)

	body.Reset(framing, limits)
	for buf = buf[end:]; !body.Done(); {
		if len(buf) == 0 && !more() {
			fmt.Println(body.EOF())
			return
		}
		data, n, err := body.Next(buf)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s", data)
		buf = buf[n:]
	}
	// Output:
	// "GET / HTTP/1.1\r\nHost: example.org\r\nUser-Agent: crawl\r\n\r\n"
	// 200 OK, server x, body chunked, keep alive true
	// hello, world
}

// The kind of an error tells the fetch layer how to class it; the text is for people.
func ExampleHead_Parse() {
	var head http1.Head
	err := head.Parse([]byte("HTTP/1.1 200 OK\rContent-Length: 0\r\n\r\n"), http1.Limits{})
	fmt.Println(err)
	// Output:
	// http1: malformed head: NUL or bare CR in "HTTP/1.1 200 OK\rContent-Length: 0"
}
