package http1

import "bytes"

// version is how every status line begins. Other major versions have another syntax, or none we know.
const version = "HTTP/1."

// HeadEnd looks for the end of a head at the beginning of b: end is the index just past its blank
// line, or -1 when more bytes are needed. from is 0 at first, then the next of the last call on the same,
// longer b, so that a head that arrives byte by byte is scanned once.
//
// It fails with ErrHead on the first byte that cannot be in the status line of an HTTP/1.x
// response, so that a server of another protocol is found out at once, and with ErrHeadLimit as soon as the
// head cannot end within lim.Head bytes.
func HeadEnd(b []byte, from int, lim Limits) (end, next int, err error) {
	if from < len(version) && !startsHead(b) {
		return -1, from, fail(ErrHead, "not an HTTP/1.x response:", b)
	}
	end, next = blankLine(b, from)
	if most := lim.head(); end > most || end < 0 && len(b) >= most {
		return -1, next, fail(ErrHeadLimit, "no end within the limit, it begins with", b)
	}
	return end, next, nil
}

// startsHead reports whether b, as far as it goes, is the beginning of a status line.
func startsHead(b []byte) bool {
	n := min(len(b), len(version))
	return string(b[:n]) == version[:n]
}

// blankLine finds the first LF, from from on, that CRLF or LF follows. The next search begins at the
// last LF if what follows it is not there yet.
func blankLine(b []byte, from int) (end, next int) {
	i := from
	for {
		lf := bytes.IndexByte(b[i:], '\n')
		if lf < 0 {
			return -1, len(b)
		}
		i += lf + 1
		switch rest := b[i:]; {
		case len(rest) == 0 || len(rest) == 1 && rest[0] == '\r':
			return -1, i - 1
		case rest[0] == '\n':
			return i + 1, i + 1
		case rest[0] == '\r' && rest[1] == '\n':
			return i + 2, i + 2
		}
	}
}

// Head is the head of a response: its status line and its fields. The zero value is ready; Parse
// may be called again and again on the same Head and then allocates nothing.
type Head struct {
	Fields // Raw holds the head, from the status line to the blank line

	Status    int     // 100 to 999
	Minor     uint8   // of the version, HTTP/1.Minor; more than 1 is read as 1.1 (RFC 9110 §2.5)
	Anomalies Anomaly // what was tolerated

	reason, reasonEnd uint32 // in Raw
}

// Reason returns the reason phrase without white space around it, often empty. It means nothing (RFC 9112 §4).
func (h *Head) Reason() []byte { return h.Raw[h.reason:h.reasonEnd] }

// Interim reports whether this is a 1xx response, after which the final one follows (RFC 9110 §15.2). 101 is none: it ends HTTP.
func (h *Head) Interim() bool { return h.Status < 200 && h.Status != 101 }

// Parse reads a head. raw is the whole head and nothing else, as HeadEnd delimits it, and is kept, not
// copied. The error is an *Error of kind ErrHead, ErrField, ErrHeadLimit or ErrFieldLimit; h is
// then of no use but for another Parse.
func (h *Head) Parse(raw []byte, lim Limits) error {
	h.reset(raw)
	h.Anomalies = 0
	if len(raw) > lim.head() {
		return fail(ErrHeadLimit, "it begins with", raw)
	}
	next, err := h.parseStatus()
	if err != nil {
		return err
	}
	if next > lim.line() {
		return fail(ErrFieldLimit, "line too long:", raw)
	}
	seen, err := h.Fields.parse(next, lim)
	h.Anomalies |= seen
	return err
}

// parseStatus reads the status line (RFC 9112 §4) and returns where the next line begins.
func (h *Head) parseStatus() (next int, err error) {
	b := h.Raw
	i := len(version)
	if len(b) < i+len("1 200\n") || !startsHead(b) || !isDigit(b[i]) || b[i+1] != ' ' {
		return 0, failLine(ErrHead, "no HTTP/1.x version in", b)
	}
	h.Minor = b[i] - '0'
	i += 2
	for i < len(b) && b[i] == ' ' {
		h.Anomalies |= StatusSpace
		i++
	}
	if i+3 >= len(b) || b[i] < '1' || !isDigit(b[i]) || !isDigit(b[i+1]) || !isDigit(b[i+2]) {
		return 0, failLine(ErrHead, "no status code from 100 to 999 in", b)
	}
	h.Status = int(b[i]-'0')*100 + int(b[i+1]-'0')*10 + int(b[i+2]-'0')
	i += 3
	switch b[i] {
	case ' ':
	case '\r', '\n':
		h.Anomalies |= NoReasonSpace
	default:
		return 0, failLine(ErrHead, "no space after the status code in", b)
	}
	end, next, seen := lineEnd(b, i)
	h.Anomalies |= seen
	if next < 0 {
		return 0, failLine(ErrHead, "NUL or bare CR in", b)
	}
	from, to := trim(b, i, end)
	h.reason, h.reasonEnd = uint32(from), uint32(to)
	return next, nil
}
