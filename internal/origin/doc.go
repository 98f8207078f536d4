// Package origin is a deterministic web for tests, demonstrations and comparisons: sites whose pages
// and links follow from a seed, latency by distribution, and a catalogue of faults, served over real
// sockets on loopback and counted from the server's side.
//
// Its one rule: it shares no code with the client it judges. It imports nothing of this module; heads
// are read and written here as raw bytes, strictly, so that a client which sends what RFC 9112 forbids
// is refused with the reason as the body of a 4xx or 5xx.
//
// What it leaves out: HTTP/2, CONNECT, request bodies in chunks (411), the Date field (two servers with
// the same Config send the same bytes), idle timeouts (Close ends everything), IPv6. It is no server
// for anything but tests: clients are on the same machine and may hold a connection forever.
//
// # The web
//
// A [Web] is the truth about the sites without any network; a [Server] is a Web that is being served,
// so every method of Web works on a Server. Hosts are loopback addresses (Config.Addresses), or names
// h1.localhost … on 127.0.0.1 (Config.Hosts). The authority of a request says which host is asked; one
// that is none of the web's means the address connected to. So an absolute target is answered as an
// origin does it, and a server can stand for a proxy.
//
//	/p/N            page number N of the host, from 0: HTML of exactly the configured size
//	/               301 to /p/0
//	/robots.txt     Config.Robots, or 404
//	/sitemap.xml    the pages of the host; an index of /sitemap-1.xml … when they are over 50,000
//	anything else   404
//
// All of these are held back by Config.Latency, a delay that depends on the seed, the host and the
// target. The query counts for the delay and for nothing else. A client that leaves during such a delay
// is noticed only when the answer is written; use /f/delay to see it at once.
//
// Connections are persistent, requests sent ahead are answered in order, HEAD gets the head alone.
//
// # Control
//
// Not counted, not logged, never delayed:
//
//	GET  /-/stats   Stats as JSON
//	GET  /-/log     Log as JSON
//	POST /-/reset   Reset; 204
//
// # Faults
//
// Served on every address. Arguments that make no sense get 400 and a reason. "Text" is that of
// [Web.Filler]; sizes are in bytes, durations as in 200ms; values are form-encoded, so a plus sign is
// %2B. Unless it says that the connection ends, it persists.
//
//	/f/size/N                  200, N bytes of text
//	/f/chunked/N               N bytes of text in chunks: ?chunk=K (4096) ?trailers=1 (X-Length, X-Chunks)
//	                           ?ext=1 (chunk extensions); ?broken=size (a size that is no number), crlf (no CRLF
//	                           after the data), end (no last chunk): these end the connection
//	/f/close-delimited/N       N bytes of text without any framing, then the end
//	/f/truncate/N              announces ?of=M (N+1), sends N bytes of text, then the end
//	/f/gzip/N                  Content-Encoding: gzip, decodes to N bytes of text: ?zeros=1 (to N zeros: a bomb)
//	                           ?cut=K (the last K bytes missing) ?corrupt=1 (a byte in the middle changed)
//	                           ?extra=K (K bytes of text behind it)
//	/f/deflate/N               the same with deflate: ?raw=1 (without the zlib wrapper)
//	/f/status/CODE             200 to 999, with its name as the body; 204 and 304 without a body
//	/f/header?NAME=VALUE…      200 (or ?status=CODE) with these fields, in order, unescaped, unchecked
//	/f/interim/CODE            ?n=K (1) responses 1xx before the 200; not 101
//	/f/garbage                 not HTTP, then the end
//	/f/bad-length              Content-Length: abc, or ?value=V; 5 bytes, then the end
//	/f/two-lengths             Content-Length ?a=5 and ?b=6, bytes for the longer, then the end
//	/f/length-and-chunked      Content-Length and Transfer-Encoding: chunked, then the end
//	/f/huge-head/N             a head of exactly N bytes, one field of it filled up; 5 bytes
//	/f/many-headers/N          N fields X-Field-1, X-Field-2 …; 5 bytes
//	/f/no-content              204
//	/f/not-modified            304: ?length=N (with that Content-Length, which means nothing here)
//	/f/hostile                 control characters and terminal escapes in the reason, in fields, in the page
//	/f/echo                    the request as received, head and body, as the body
//	/f/raw/BASE64URL           these bytes, then ?then=close (the end), keep, reset, stall
//	/f/delay/D                 200 after the time D: ?size=N (2)
//	/f/stall                   no answer, ever
//	/f/stall-body/N            a head for N (1024) bytes, half of them, then nothing, ever
//	/f/drip/N                  N bytes of text, ?step=K (1) at a time ?every=D (10ms) ?head=1 (the head too)
//	/f/gate/N                  200 for all as soon as N requests wait here: proof of N in flight at once, without
//	                           a clock. ?name=S is another gate; the rest of the query counts for nothing
//	/f/close                   200 with Connection: close, then the end
//	/f/close-silently          200 without it, then the end all the same: ?after=D later, ?on=next when the next
//	                           request on the connection has arrived (the stale connection, without a race)
//	/f/extra                   a framed 200, then ?n=K (32) bytes more, or ?with=response, a whole response more
//	/f/reset                   RST instead of an answer; ?at=head after the head, ?at=body within the body
//	/f/redirect/N              N redirections to /f/redirect/N-1 …, then 200: ?status=CODE (302) ?absolute=1
//	                           ?to=URL (where the last one leads) ?loop=1 (always to itself)
//	/f/retry/N                 503 for the first N requests of exactly this target, then 200: ?status=CODE
//	                           ?after=S (Retry-After)
//	/f/auth/USER:PASSWORD      401 unless Authorization says so, by Basic; ?scheme=bearer: the argument is a token
//	/f/resource/N              N bytes of text: ?etag=TAG (quoted, unless it begins with W/) ?modified=DATE; 304 by
//	                           If-None-Match or If-Modified-Since, 206 and 416 by Range, unless If-Range says otherwise
//
// # What it costs
//
// A goroutine per connection over package net. CPU of the serving process per request for a page of 2 KB,
// Go 1.26, Linux 6.18, two cores of a cloud machine, a minimal C client on the other core; beside it the
// same with net/http.Server and with an epoll loop in C:
//
//	                                                   here      net/http   C
//	new connection, waits 1 s among 10,000 others      40–65 µs  80–115 µs  30–36 µs
//	new connection, no wait, 100 at once               37–55 µs  70–77 µs
//	warm connection, 100 at once                       9–15 µs   24–29 µs
//	memory with 10,000 waiting                         63 MB     220 MB
//
// The lower figures are those of a quiet machine. debug.SetGCPercent(400) in the serving process takes away
// two of three collections and about 5 µs of the first row. A second goroutine that accepts on the same
// listener gains nothing. Each connection is a descriptor: 10,000 of them and their clients do not fit
// into one process under a limit of 20,000. A single address can lose a burst of more connections than the
// system's listen queue holds (net.core.somaxconn, often 4096), and the client's retry takes a second;
// over 64 addresses that does not happen.
package origin
