package origin_test

import (
	"fmt"
	"log"
	"net/http"

	"crawl/internal/origin"
)

// A web of one host, one request, and what the server saw of it.
func ExampleStart() {
	s, err := origin.Start(origin.Config{Pages: 10, Links: 4, Seed: 1, LogRequests: 100})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	resp, err := http.Get(s.URL(7))
	if err != nil {
		log.Fatal(err)
	}
	resp.Body.Close()
	fmt.Println(resp.Status, resp.ContentLength)
	fmt.Println("most in flight:", s.Stats().MaxInFlight)
	for _, r := range s.Log() {
		fmt.Println(r.Method, r.Target, r.Status, r.Get("User-Agent"))
	}
	// Output:
	// 200 OK 2048
	// most in flight: 1
	// GET /p/7 200 Go-http-client/1.1
}

// The truth about a web, without any network.
func ExampleNewWeb() {
	w, err := origin.NewWeb(origin.Config{Addresses: 3, Port: 8080, Pages: 100, Links: 4, Latency: origin.Fixed(1e9)})
	if err != nil {
		log.Fatal(err)
	}
	url := w.URL(5)
	status, contentType, body := w.Lookup(url)
	fmt.Println(url, status, contentType, len(body), w.Delay(url))
	fmt.Println(w.Links(5)[:3])
	// Output:
	// http://127.0.1.3:8080/p/1 200 text/html; charset=utf-8 2048 1s
	// [11 14 0]
}
