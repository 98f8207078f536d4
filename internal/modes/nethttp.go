package modes

import (
	"context"
	"errors"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"crawl/internal/fetch"
)

// onNetHTTP is the standard client as it is usually written for this: a pool of workers, one Transport that keeps
// as many connections as there are workers, and a buffer for each of them. It follows no redirections and decodes
// nothing, since the others do not either; all else is the standard client's own.
func (j *job) onNetHTTP() model {
	dialer := net.Dialer{KeepAlive: -1}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dialer.DialContext(ctx, network, j.list.resolved(address))
			if err == nil {
				j.connections.Add(1)
			}
			return c, err
		},
		MaxIdleConns:        j.room(),
		MaxIdleConnsPerHost: j.reached,
		IdleConnTimeout:     90 * time.Second,
		DisableCompression:  true,
		WriteBufferSize:     1 << 10, // requests are short
	}
	client := &http.Client{
		Transport:     transport,
		Timeout:       j.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	work := func(ctx context.Context) error {
		var workers sync.WaitGroup
		for range min(j.reached, j.Fetches) {
			workers.Go(func() { j.standardWorker(ctx, client) })
		}
		workers.Wait()
		return ctx.Err()
	}
	return model{work: work, end: transport.CloseIdleConnections}
}

func (j *job) standardWorker(ctx context.Context, client *http.Client) {
	buffer := make([]byte, 4<<10)
	for {
		i, ok := j.take()
		if !ok || ctx.Err() != nil {
			return
		}
		if j.Rate > 0 {
			sleep(ctx, j.due(i)-time.Since(j.began))
		}
		v := visit{Begin: j.since(time.Now())}
		err := j.standardFetch(ctx, client, i, &v, buffer)
		v.End = j.since(time.Now())
		j.noted(i, v, err)
	}
}

// sleep waits for d or until ctx is done.
func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// standardFetch does one fetch. What it notes as first byte is the end of the head, which is when Do returns.
func (j *job) standardFetch(ctx context.Context, client *http.Client, i int, v *visit, buffer []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, j.list.lines[i%len(j.list.lines)], nil)
	if err != nil {
		return &fetch.Error{Class: fetch.Input, Err: err}
	}
	res, err := client.Do(req)
	if err != nil {
		return standardError(err)
	}
	defer res.Body.Close()
	v.FirstByte = j.since(time.Now())
	v.Status = uint16(res.StatusCode)
	for {
		n, err := res.Body.Read(buffer)
		v.Bytes += uint32(n)
		v.Sum = crc32.Update(v.Sum, j.sums, buffer[:n])
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return standardError(err)
		}
	}
}

// standardError gives an error of the standard client the class that fetch.Client would give it.
func standardError(err error) error {
	return &fetch.Error{Class: standardClass(err), Err: err}
}

// standardClass: most errors of the protocol are told apart by their texts only, which no promise of Go's covers. A
// test holds them.
func standardClass(err error) fetch.Class {
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return fetch.Cancelled
	case errors.As(err, &timeout) && timeout.Timeout():
		return fetch.TimeoutTotal
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fetch.ProtocolTruncated
	}
	for _, known := range []struct {
		text  string
		class fetch.Class
	}{
		{"malformed HTTP", fetch.ProtocolHead},
		{"malformed MIME header", fetch.ProtocolHead},
		{"Content-Length", fetch.ProtocolFraming},
		{"transfer encoding", fetch.ProtocolFraming},
		{"chunk", fetch.ProtocolChunk},
		{"server response headers exceeded", fetch.LimitHead},
		{"no such host", fetch.DNSNotFound},
	} {
		if strings.Contains(err.Error(), known.text) {
			return known.class
		}
	}
	return fetch.ClassFor(err, fetch.TimeoutTotal)
}
