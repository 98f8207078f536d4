package http1

import (
	"bytes"
	"strings"
	"testing"
)

// wire is one stream of bytes and what has to become of it.
type wire struct {
	rule   string // the section of RFC 9112, or of RFC 9110 if it says so
	name   string
	method string // default GET
	raw    string
	lim    Limits

	status    int
	kind      Kind
	keep      bool
	body      string
	leftover  string
	fields    string // "name=value|name=value", compared if not empty
	trailers  string
	interim   int // number of 1xx before
	anomalies Anomaly
	err       error // its kind
}

const ok = "HTTP/1.1 200 OK\r\n"

var wires = []wire{
	// Status line.
	{rule: "4", name: "plain", raw: ok + "Content-Length: 0\r\n\r\n", status: 200, kind: Length, keep: true, fields: "Content-Length=0"},
	{rule: "4", name: "empty reason", raw: "HTTP/1.1 200 \r\n\r\n", status: 200, kind: Close},
	{rule: "4", name: "no reason and no space", raw: "HTTP/1.1 200\r\n\r\n", status: 200, kind: Close, anomalies: NoReasonSpace},
	{rule: "4", name: "bytes above ASCII in reason", raw: "HTTP/1.1 200 \xe9t\xe9\r\n\r\n", status: 200, kind: Close},
	{rule: "4", name: "two spaces before status", raw: "HTTP/1.1  200 OK\r\n\r\n", status: 200, kind: Close, anomalies: StatusSpace},
	{rule: "4", name: "control byte in reason", raw: "HTTP/1.1 200 O\x1bK\r\n\r\n", status: 200, kind: Close, anomalies: ControlByte},
	{rule: "4", name: "LinkedIn's status", raw: "HTTP/1.1 999 Request denied\r\nContent-Length: 0\r\n\r\n", status: 999, kind: Length, keep: true},
	{rule: "4", name: "status 099", raw: "HTTP/1.1 099 X\r\n\r\n", err: ErrHead},
	{rule: "4", name: "status of two digits", raw: "HTTP/1.1 20 OK\r\n\r\n", err: ErrHead},
	{rule: "4", name: "status of four digits", raw: "HTTP/1.1 2000 OK\r\n\r\n", err: ErrHead},
	{rule: "4", name: "no status", raw: "HTTP/1.1 \r\nX: y\r\n\r\n", err: ErrHead},
	{rule: "4", name: "nothing after version", raw: "HTTP/1.1\n\n", err: ErrHead},
	{rule: "4", name: "NUL in reason", raw: "HTTP/1.1 200 O\x00K\r\n\r\n", err: ErrHead},
	{rule: "2.2", name: "bare CR in reason", raw: "HTTP/1.1 200 OK\rContent-Length: 0\r\n\r\n", err: ErrHead},
	{rule: "2.2", name: "two CR before LF", raw: "HTTP/1.1 200 OK\r\r\n\r\n", err: ErrHead},
	{rule: "2.2", name: "CRLF before the status line, which only servers must skip", raw: "\r\n" + ok + "\r\n", err: ErrHead},
	{rule: "2.3", name: "lower case", raw: "http/1.1 200 OK\r\n\r\n", err: ErrHead},
	{rule: "2.3", name: "HTTP/2.0", raw: "HTTP/2.0 200 OK\r\n\r\n", err: ErrHead},
	{rule: "2.3", name: "HTTP/2", raw: "HTTP/2 200 OK\r\n\r\n", err: ErrHead},
	{rule: "2.3", name: "minor of two digits", raw: "HTTP/1.10 200 OK\r\n\r\n", err: ErrHead},
	{rule: "9110 2.5", name: "minor 2 is read as 1", raw: "HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n", status: 200, kind: Length, keep: true},
	{rule: "2", name: "SSH", raw: "SSH-2.0-OpenSSH_9.6\r\n", err: ErrHead},
	{rule: "2", name: "TLS alert", raw: "\x15\x03\x01\x00\x02\x02\x16", err: ErrHead},
	{rule: "2", name: "a page without head", raw: "<html>", err: ErrHead},
	{rule: "8", name: "head cut off", raw: ok + "Content-Le", err: ErrTruncated},
	{rule: "8", name: "head cut off in its end", raw: ok + "\r", err: ErrTruncated},

	// Fields.
	{rule: "5", name: "order, case, empty value", raw: ok + "B: 1\r\na:\r\nb: 2\r\n\r\n", status: 200, kind: Close, fields: "B=1|a=|b=2"},
	{rule: "5.1", name: "white space around the value", raw: ok + "A: \t x y \t \r\nB:  \r\n\r\n", status: 200, kind: Close, fields: "A=x y|B="},
	{rule: "5.1", name: "no white space", raw: ok + "A:b:c\r\n\r\n", status: 200, kind: Close, fields: "A=b:c"},
	{rule: "9110 5.5", name: "bytes above ASCII in value", raw: ok + "A: gr\xfc\xdf\r\n\r\n", status: 200, kind: Close, fields: "A=gr\xfc\xdf"},
	{rule: "9110 5.6.2", name: "every token byte in a name", raw: ok + "!#$%&'*+-.^_`|~09azAZ: 1\r\n\r\n", status: 200, kind: Close, fields: "!#$%&'*+-.^_`|~09azAZ=1"},
	{rule: "9110 5.5", name: "control byte in value", raw: ok + "A: b\x01\x7fc\r\n\r\n", status: 200, kind: Close, fields: "A=b\x01\x7fc", anomalies: ControlByte},
	{rule: "9110 5.5", name: "tab in value is none", raw: ok + "A: b\tc\r\n\r\n", status: 200, kind: Close, fields: "A=b\tc"},
	{rule: "2.2", name: "bare LF everywhere", raw: "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", status: 200, kind: Length, keep: true, body: "hi", anomalies: BareLF},
	{rule: "2.2", name: "bare LF at the end only", raw: ok + "Content-Length: 2\r\n\nhi", status: 200, kind: Length, keep: true, body: "hi", anomalies: BareLF},
	{rule: "2.2", name: "LF, then CRLF", raw: "HTTP/1.1 200 OK\n\r\nhi", status: 200, kind: Close, body: "hi", anomalies: BareLF},
	{rule: "5.2", name: "obs-fold", raw: ok + "A: b\r\n  c \r\n\td\r\nE: f\r\n\r\n", status: 200, kind: Close, fields: "A=b c d|E=f", anomalies: ObsFold},
	{rule: "5.2", name: "obs-fold of an empty value", raw: ok + "A:\r\n b\r\n\r\n", status: 200, kind: Close, fields: "A=b", anomalies: ObsFold},
	{rule: "5.2", name: "obs-fold with nothing in it", raw: ok + "A: b\r\n \t\r\n\r\n", status: 200, kind: Close, fields: "A=b", anomalies: ObsFold},
	{rule: "5.2", name: "two folded fields", raw: ok + "A: b\r\n c\r\nD: e\r\nF: g\n h\r\n\r\n", status: 200, kind: Close, fields: "A=b c|D=e|F=g h", anomalies: ObsFold | BareLF},
	{rule: "5.2", name: "bare CR in obs-fold", raw: ok + "A: b\r\n c\rd\r\n\r\n", err: ErrField},
	{rule: "2.2", name: "white space before the first field", raw: ok + " A: b\r\n\r\n", err: ErrField},
	{rule: "5.1", name: "space before the colon", raw: ok + "A : b\r\nC\t :d\r\n\r\n", status: 200, kind: Close, fields: "A=b|C=d", anomalies: SpaceBeforeColon},
	{rule: "5.1", name: "space in a name", raw: ok + "A b: c\r\n\r\n", err: ErrField},
	{rule: "5", name: "no colon", raw: ok + "nonsense\r\n\r\n", err: ErrField},
	{rule: "5", name: "name without colon, then a colon", raw: ok + "A\r\n: b\r\n\r\n", err: ErrField},
	{rule: "5", name: "no name", raw: ok + ": b\r\n\r\n", err: ErrField},
	{rule: "5", name: "delimiter in a name", raw: ok + "A@b: c\r\n\r\n", err: ErrField},
	{rule: "5", name: "byte above ASCII in a name", raw: ok + "\xc3\xa9: c\r\n\r\n", err: ErrField},
	{rule: "9110 5.5", name: "NUL in value", raw: ok + "A: b\x00c\r\n\r\n", err: ErrField},
	{rule: "9110 5.5", name: "NUL in name", raw: ok + "A\x00: c\r\n\r\n", err: ErrField},
	{rule: "2.2", name: "bare CR in value", raw: ok + "A: b\rContent-Length: 0\r\n\r\n", err: ErrField},
	{rule: "2.2", name: "bare CR as a line", raw: ok + "\rA: b\r\n\r\n", err: ErrField},
	{rule: "2.2", name: "CR before CRLF at the end", raw: ok + "A: b\r\n\r\r\n\r\n", err: ErrField},

	// Message body length, §6.3, rule by rule.
	{rule: "6.3-1", name: "HEAD with length", method: "HEAD", raw: ok + "Content-Length: 5\r\n\r\n", status: 200, kind: None, keep: true},
	{rule: "6.3-1", name: "HEAD with coding", method: "HEAD", raw: ok + "Transfer-Encoding: chunked\r\n\r\n", status: 200, kind: None, keep: true},
	{rule: "6.3-1", name: "HEAD with body all the same", method: "HEAD", raw: ok + "Content-Length: 5\r\n\r\nhello", status: 200, kind: None, keep: true, leftover: "hello"},
	{rule: "6.3-1", name: "HEAD with an impossible length", method: "HEAD", raw: ok + "Content-Length: x\r\n\r\n", status: 200, kind: None},
	{rule: "6.3-1", name: "304 with length", raw: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", status: 304, kind: None, keep: true},
	{rule: "6.3-1", name: "304 with both", raw: "HTTP/1.1 304 X\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", status: 304, kind: None, anomalies: LengthAndCoding},
	{rule: "6.3-1", name: "204", raw: "HTTP/1.1 204 No Content\r\n\r\n", status: 204, kind: None, keep: true},
	{rule: "9110 8.6", name: "204 with length 0", raw: "HTTP/1.1 204 X\r\nContent-Length: 0\r\n\r\n", status: 204, kind: None, keep: true, anomalies: UselessFraming},
	{rule: "9110 8.6", name: "204 with a body", raw: "HTTP/1.1 204 X\r\nContent-Length: 5\r\n\r\nhello", status: 204, kind: None, leftover: "hello", anomalies: UselessFraming},
	{rule: "6.1", name: "204 with coding", raw: "HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", status: 204, kind: None, leftover: "0\r\n\r\n", anomalies: UselessFraming},
	{rule: "9110 15.2", name: "100 and 103 before 200", raw: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\nLink: </a>\r\n\r\n" + ok + "Content-Length: 2\r\n\r\nhi", status: 200, kind: Length, keep: true, body: "hi", interim: 2, fields: "Content-Length=2"},
	{rule: "9110 15.2", name: "1xx with length and body", raw: "HTTP/1.1 102 X\r\nContent-Length: 5\r\n\r\nhello" + ok + "\r\n", interim: 1, err: ErrHead},
	{rule: "9110 15.2", name: "nothing after 100", raw: "HTTP/1.1 100 Continue\r\n\r\n", interim: 1, err: ErrTruncated},
	{rule: "6.3-2", name: "101", raw: "HTTP/1.1 101 X\r\nUpgrade: h2c\r\n\r\nPRI *", status: 101, kind: Tunnel, leftover: "PRI *"},
	{rule: "6.3-2", name: "CONNECT 200", method: "CONNECT", raw: ok + "\r\n\x16\x03", status: 200, kind: Tunnel, leftover: "\x16\x03"},
	{rule: "6.3-2", name: "CONNECT 200 with framing", method: "CONNECT", raw: ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", status: 200, kind: Tunnel, leftover: "abc", anomalies: UselessFraming},
	{rule: "6.3-2", name: "CONNECT 407", method: "CONNECT", raw: "HTTP/1.1 407 X\r\nContent-Length: 3\r\n\r\nabc", status: 407, kind: Length, keep: true, body: "abc"},
	{rule: "6.3-3", name: "length and coding", raw: ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", status: 200, kind: Chunked, body: "hi", anomalies: LengthAndCoding},
	{rule: "6.3-3", name: "coding and length that is none", raw: ok + "Transfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n0\r\n\r\n", status: 200, kind: Chunked, anomalies: LengthAndCoding},
	{rule: "6.3-4", name: "chunked", raw: ok + "Transfer-Encoding: Chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", status: 200, kind: Chunked, keep: true, body: "hi"},
	{rule: "6.1", name: "chunked in HTTP/1.0", raw: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", status: 200, kind: Chunked, body: "hi", anomalies: CodingIn10},
	{rule: "6.3-4", name: "gzip, chunked", raw: ok + "Transfer-Encoding: gzip, chunked\r\n\r\n", status: 200, err: ErrFraming},
	{rule: "6.3-4", name: "chunked, identity", raw: ok + "Transfer-Encoding: chunked, identity\r\n\r\n", status: 200, err: ErrFraming},
	{rule: "6.3-4", name: "identity", raw: ok + "Transfer-Encoding: identity\r\n\r\n", status: 200, err: ErrFraming},
	{rule: "6.3-4", name: "xchunked", raw: ok + "Transfer-Encoding: xchunked\r\n\r\n", status: 200, err: ErrFraming},
	{rule: "6.3-4", name: "chunked with a control byte", raw: ok + "Transfer-Encoding: \x0bchunked\r\n\r\n", status: 200, err: ErrFraming, anomalies: ControlByte},
	{rule: "6.1", name: "chunked twice in a list", raw: ok + "Transfer-Encoding: chunked, chunked\r\n\r\n", status: 200, err: ErrFraming},
	{rule: "6.1", name: "chunked twice in two fields", raw: ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", status: 200, err: ErrFraming},
	{rule: "6.1", name: "empty coding", raw: ok + "Transfer-Encoding:\r\n\r\n", status: 200, err: ErrFraming},
	{rule: "5.1", name: "space after Transfer-Encoding", raw: ok + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", status: 200, err: ErrFraming, anomalies: SpaceBeforeColon},
	{rule: "5.1", name: "space after Content-Length", raw: ok + "Content-Length : 2\r\n\r\nhi", status: 200, err: ErrFraming, anomalies: SpaceBeforeColon},
	{rule: "5.2", name: "folded coding", raw: ok + "Transfer-Encoding:\r\n chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", status: 200, kind: Chunked, body: "hi", anomalies: ObsFold},
	{rule: "5.2", name: "folded length", raw: ok + "Content-Length: 1\r\n 0\r\n\r\n0123456789", status: 200, err: ErrFraming, anomalies: ObsFold},
	{rule: "6.3-5", name: "two lengths that differ", raw: ok + "Content-Length: 0\r\nContent-Length: 1\r\n\r\n", status: 200, err: ErrFraming},
	{rule: "6.3-5", name: "two equal lengths", raw: ok + "Content-Length: 2\r\ncontent-length: 2\r\n\r\nhi", status: 200, kind: Length, keep: true, body: "hi", anomalies: RepeatedLength},
	{rule: "6.3-5", name: "list of equal lengths", raw: ok + "Content-Length: 2 , 02,2\r\n\r\nhi", status: 200, kind: Length, keep: true, body: "hi", anomalies: RepeatedLength},
	{rule: "6.3-5", name: "list with an empty member", raw: ok + "Content-Length: 2,\r\n\r\nhi", status: 200, err: ErrFraming},
	{rule: "6.3-5", name: "list that differs", raw: ok + "Content-Length: 2, 3\r\n\r\nhi", status: 200, err: ErrFraming},
	{rule: "9110 8.6", name: "length with a sign", raw: ok + "Content-Length: +2\r\n\r\nhi", status: 200, err: ErrFraming},
	{rule: "9110 8.6", name: "negative length", raw: ok + "Content-Length: -2\r\n\r\nhi", status: 200, err: ErrFraming},
	{rule: "9110 8.6", name: "hexadecimal length", raw: ok + "Content-Length: 0x2\r\n\r\nhi", status: 200, err: ErrFraming},
	{rule: "9110 8.6", name: "length with a space within", raw: ok + "Content-Length: 1 0\r\n\r\nhi", status: 200, err: ErrFraming},
	{rule: "9110 8.6", name: "empty length", raw: ok + "Content-Length: \r\n\r\n", status: 200, err: ErrFraming},
	{rule: "9110 8.6", name: "length 2⁶³", raw: ok + "Content-Length: 9223372036854775808\r\n\r\n", status: 200, err: ErrFraming},
	{rule: "9110 8.6", name: "length 2⁶⁴+2", raw: ok + "Content-Length: 18446744073709551618\r\n\r\nhi", status: 200, err: ErrFraming},
	{rule: "9110 8.6", name: "length 2⁶³−1", raw: ok + "Content-Length: 9223372036854775807\r\n\r\nhi", status: 200, kind: Length, keep: true, body: "hi", err: ErrTruncated},
	{rule: "6.3-6", name: "length, then the next message", raw: ok + "Content-Length: 2\r\n\r\nhi" + ok, status: 200, kind: Length, keep: true, body: "hi", leftover: ok},
	{rule: "6.3-6", name: "length 0 with leading zeros", raw: ok + "Content-Length: 000\r\n\r\nx", status: 200, kind: Length, keep: true, leftover: "x"},
	{rule: "8", name: "body cut off", raw: ok + "Content-Length: 10\r\n\r\nhello", status: 200, kind: Length, keep: true, body: "hello", err: ErrTruncated},
	{rule: "6.3-8", name: "to the end of the connection", raw: ok + "\r\nhello", status: 200, kind: Close, body: "hello"},
	{rule: "6.3-8", name: "length of another name", raw: ok + "Content-Length-X: 0\r\nX-Content-Len: 0\r\n\r\nhello", status: 200, kind: Close, body: "hello"},

	// Persistence, §9.3.
	{rule: "9.3", name: "close among others", raw: ok + "Connection: foo ,\tClose, bar\r\nContent-Length: 0\r\n\r\n", status: 200, kind: Length},
	{rule: "9.3", name: "close in a second field", raw: ok + "Connection: keep-alive\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", status: 200, kind: Length},
	{rule: "9.3", name: "close in a first field", raw: ok + "Connection: close\r\nConnection: x\r\nContent-Length: 0\r\n\r\n", status: 200, kind: Length},
	{rule: "9.3", name: "a token that contains close", raw: ok + "Connection: closed, x-close\r\nContent-Length: 0\r\n\r\n", status: 200, kind: Length, keep: true},
	{rule: "9.3", name: "HTTP/1.0", raw: "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", status: 200, kind: Length},
	{rule: "9.3", name: "HTTP/1.0 with keep-alive", raw: "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n", status: 200, kind: Length, keep: true},
	{rule: "9.3", name: "HTTP/1.0 with keep-alive among others", raw: "HTTP/1.0 200 OK\r\nConnection: x, Keep-Alive\r\nContent-Length: 0\r\n\r\n", status: 200, kind: Length, keep: true},
	{rule: "9.3", name: "HTTP/1.0 with keep-alive in a first field", raw: "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nConnection: x\r\nContent-Length: 0\r\n\r\n", status: 200, kind: Length, keep: true},
	{rule: "9.3", name: "Proxy-Connection does not count", raw: "HTTP/1.0 200 OK\r\nProxy-Connection: keep-alive\r\nContent-Length: 0\r\n\r\n", status: 200, kind: Length},

	// Chunked coding, §7.1; "~" is a head that announces it, and then status, kind and keep are implied.
	{rule: "7.1", name: "two chunks", raw: "~5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", body: "hello world"},
	{rule: "7.1", name: "upper and lower case, leading zeros", raw: "~00A\r\n0123456789\r\n00b\r\n0123456789a\r\n000\r\n\r\n", body: "01234567890123456789a"},
	{rule: "7.1", name: "CRLF in data", raw: "~4\r\n\r\n\r\n\r\n0\r\n\r\n", body: "\r\n\r\n"},
	{rule: "7.1", name: "then the next message", raw: "~0\r\n\r\n" + ok, leftover: ok},
	{rule: "7.1.1", name: "extensions", raw: "~2;a=b;c=\"d e\"\r\nhi\r\n0;x\r\n\r\n", body: "hi"},
	{rule: "7.1.1", name: "white space around an extension", raw: "~2 \t; a=b\r\nhi\r\n0 \r\n\r\n", body: "hi"},
	{rule: "7.1.1", name: "semicolon alone", raw: "~2;\r\nhi\r\n0\r\n\r\n", body: "hi"},
	{rule: "7.1.2", name: "trailers", raw: "~2\r\nhi\r\n0\r\nDigest: abc \r\nX:\r\n\r\n", body: "hi", trailers: "Digest=abc|X="},
	{rule: "7.1.2", name: "trailers do not change the framing", raw: "~2\r\nhi\r\n0\r\nContent-Length: 9\r\nConnection: close\r\n\r\nx", body: "hi", leftover: "x", trailers: "Content-Length=9|Connection=close"},
	{rule: "7.1.2", name: "folded trailer", raw: "~0\r\nA: b\r\n c\r\n\r\n", trailers: "A=b c"},
	{rule: "7.1.2", name: "trailer without colon", raw: "~0\r\nnonsense\r\n\r\n", err: ErrChunk},
	{rule: "7.1.2", name: "NUL in trailer", raw: "~0\r\nA: b\x00\r\n\r\n", err: ErrChunk},
	{rule: "7.1.2", name: "bare LF in trailers", raw: "~0\r\nA: b\n\r\n", err: ErrChunk},
	{rule: "7.1.2", name: "bare CR in trailers", raw: "~0\r\nA: b\r\n\rX", err: ErrChunk},
	{rule: "7.1", name: "bare LF after size", raw: "~2\nhi\r\n0\r\n\r\n", err: ErrChunk},
	{rule: "7.1", name: "bare LF after extension", raw: "~2;a\nhi\r\n0\r\n\r\n", err: ErrChunk},
	{rule: "7.1", name: "bare CR after size", raw: "~2\rhi\r\n0\r\n\r\n", err: ErrChunk},
	{rule: "7.1", name: "bare LF after data", raw: "~2\r\nhi\n0\r\n\r\n", body: "hi", err: ErrChunk},
	{rule: "7.1", name: "two bare LF after data", raw: "~2\r\nhi\n\n0\r\n\r\n", body: "hi", err: ErrChunk},
	{rule: "7.1", name: "bare CR after data", raw: "~2\r\nhi\r00\r\n\r\n", body: "hi", err: ErrChunk},
	{rule: "7.1", name: "bare LF at the end", raw: "~0\r\n\n", err: ErrChunk},
	{rule: "7.1", name: "data longer than its size", raw: "~2\r\nhi!\r\n0\r\n\r\n", body: "hi", err: ErrChunk},
	{rule: "7.1", name: "no size", raw: "~\r\nhi\r\n", err: ErrChunk},
	{rule: "7.1", name: "space before size", raw: "~ 2\r\nhi\r\n0\r\n\r\n", err: ErrChunk},
	{rule: "7.1", name: "0x5", raw: "~0x2\r\nhi\r\n0\r\n\r\n", err: ErrChunk},
	{rule: "7.1", name: "negative size", raw: "~-2\r\nhi\r\n0\r\n\r\n", err: ErrChunk},
	{rule: "7.1", name: "something after size and space", raw: "~2 2\r\nhi\r\n0\r\n\r\n", err: ErrChunk},
	{rule: "7.1", name: "control byte in extension", raw: "~2;a\x00\r\nhi\r\n0\r\n\r\n", err: ErrChunk},
	{rule: "7.1", name: "size 2⁶³", raw: "~8000000000000000\r\nhi", err: ErrChunk},
	{rule: "7.1", name: "size 2⁶⁴+2", raw: "~10000000000000002\r\nhi\r\n", err: ErrChunk},
	{rule: "7.1", name: "size 2⁶³−1", raw: "~7fffffffffffffff\r\nhi", body: "hi", err: ErrTruncated},
	{rule: "8", name: "cut off in data", raw: "~5\r\nhel", body: "hel", err: ErrTruncated},
	{rule: "8", name: "cut off before the last chunk", raw: "~2\r\nhi\r\n", body: "hi", err: ErrTruncated},
	{rule: "8", name: "cut off before the blank line", raw: "~2\r\nhi\r\n0\r\n", body: "hi", err: ErrTruncated},
	{rule: "8", name: "cut off within the blank line", raw: "~2\r\nhi\r\n0\r\n\r", body: "hi", err: ErrTruncated},

	// Limits: at the limit, and one over.
	{rule: "5", name: "head one byte too long", lim: Limits{Head: 29}, raw: ok + "A: 456789\r\n\r\n", err: ErrHeadLimit},
	{rule: "5", name: "head just short enough", lim: Limits{Head: 29}, raw: ok + "A: 45678\r\n\r\n", status: 200, kind: Close},
	{rule: "5", name: "head without end", lim: Limits{Head: 29}, raw: ok + "A: 4567890123", err: ErrHeadLimit},
	{rule: "5", name: "line of 20 bytes", lim: Limits{Line: 20}, raw: ok + "A: 4567890123456789\r\n\r\n", err: ErrFieldLimit},
	{rule: "5", name: "line just short enough", lim: Limits{Line: 21}, raw: ok + "A: 4567890123456789\r\n\r\n", status: 200, kind: Close},
	{rule: "4", name: "status line too long", lim: Limits{Line: 16}, raw: ok + "\r\n", err: ErrFieldLimit},
	{rule: "5", name: "three fields", lim: Limits{Fields: 3}, raw: ok + "A: 1\r\nB: 2\r\nC: 3\r\n\r\n", status: 200, kind: Close},
	{rule: "5", name: "a fourth field", lim: Limits{Fields: 3}, raw: ok + "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n", err: ErrFieldLimit},
	{rule: "5", name: "1000 fields", raw: ok + strings.Repeat("A: 1\r\n", 1000) + "\r\n", status: 200, kind: Close},
	{rule: "5", name: "1001 fields", raw: ok + strings.Repeat("A: 1\r\n", 1001) + "\r\n", err: ErrFieldLimit},
	{rule: "7.1.2", name: "trailers of 6 bytes", lim: Limits{Trailer: 6}, raw: "~0\r\nA: 1\r\n\r\n", trailers: "A=1"},
	{rule: "7.1.2", name: "trailers of 7 bytes", lim: Limits{Trailer: 6}, raw: "~0\r\nA: 12\r\n\r\n", err: ErrFieldLimit},
	{rule: "7.1.2", name: "too many trailers", lim: Limits{Fields: 1}, raw: "~0\r\nA: 1\r\nB: 2\r\n\r\n", err: ErrFieldLimit},
	{rule: "7.1.1", name: "size line of 4 KiB", raw: "~1;" + strings.Repeat("x", 4092) + "\r\nA\r\n0\r\n\r\n", body: "A"},
	{rule: "7.1.1", name: "size line one byte longer", raw: "~1;" + strings.Repeat("x", 4093) + "\r\nA\r\n0\r\n\r\n", err: ErrChunk},
	{rule: "7.1.1", name: "many short extensions on small chunks", raw: "~" + strings.Repeat("1;"+strings.Repeat("x", 100)+"\r\nA\r\n", 250), body: strings.Repeat("A", 190), err: ErrChunk},
	{rule: "7.1.1", name: "short extensions on larger chunks", raw: "~" + strings.Repeat("40;"+strings.Repeat("x", 100)+"\r\n"+strings.Repeat("A", 64)+"\r\n", 200) + "0\r\n\r\n", body: strings.Repeat("A", 64*200)},
	{rule: "7.1", name: "10,000 chunks of one byte", raw: "~" + strings.Repeat("1\r\nA\r\n", 10000) + "0\r\n\r\n", body: strings.Repeat("A", 10000)},
}

// complete fills in the shorthands.
func (w wire) complete() wire {
	if w.method == "" {
		w.method = "GET"
	}
	if body, found := strings.CutPrefix(w.raw, "~"); found {
		w.raw = ok + "Transfer-Encoding: chunked\r\n\r\n" + body
		w.status, w.kind, w.keep = 200, Chunked, true
	}
	return w
}

func TestWire(t *testing.T) {
	for _, w := range wires {
		w := w.complete()
		t.Run("RFC "+w.rule+" "+w.name, func(t *testing.T) {
			m := readAnyhow(t, []byte(w.raw), w.method, w.lim)
			w.check(t, m)

			// Trailing bytes change nothing but what is left over, unless the end of the connection was the end.
			const extra = "HTTP/1.1 500 Evil\r\n\r\n"
			if w.err == ErrTruncated || w.err == nil && w.kind == Close {
				return
			}
			with := readAnyhow(t, []byte(w.raw+extra), w.method, w.lim)
			if w.err == nil {
				if !bytes.HasSuffix(with.leftover, []byte(extra)) {
					t.Fatalf("trailing bytes were taken into the message: %v", with)
				}
				with.leftover = bytes.TrimSuffix(with.leftover, []byte(extra))
			}
			if with.String() != m.String() {
				t.Errorf("with trailing bytes\n got %v\nwant %v", with, m)
			}
		})
	}
}

func (w wire) check(t *testing.T, m message) {
	t.Helper()
	if kind(m.err) != w.err {
		t.Fatalf("error %v, want kind %v", m.err, w.err)
	}
	if w.err != nil && !strings.HasPrefix(m.err.Error(), "http1: "+w.err.Error()) {
		t.Errorf("error text %q", m.err)
	}
	if m.status != w.status || m.anomalies != w.anomalies {
		t.Errorf("status %d, anomalies %q, want %d, %q", m.status, m.anomalies, w.status, w.anomalies)
	}
	if m.framing.Kind != w.kind || m.framing.KeepAlive != w.keep {
		t.Errorf("framing %v, keep alive %v, want %v, %v", m.framing.Kind, m.framing.KeepAlive, w.kind, w.keep)
	}
	if string(m.body) != w.body || string(m.leftover) != w.leftover {
		t.Errorf("body %q, leftover %q, want %q, %q", m.body, m.leftover, w.body, w.leftover)
	}
	if got := joined(m.fields); w.fields != "" && got != w.fields {
		t.Errorf("fields %q, want %q", got, w.fields)
	}
	if got := joined(m.trailers); got != w.trailers {
		t.Errorf("trailers %q, want %q", got, w.trailers)
	}
	if len(m.interim) != w.interim {
		t.Errorf("interim responses %v, want %d", m.interim, w.interim)
	}
}

func joined(list [][2]string) string {
	var all []string
	for _, p := range list {
		all = append(all, p[0]+"="+p[1])
	}
	return strings.Join(all, "|")
}
