package link

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// resolveIn is Resolve in a document in another encoding than UTF-8: the query is percent-encoded in it ("percent-encode
// after encoding"), all else in UTF-8.
func (u *URL) resolveIn(ref string, c charset) (URL, error) {
	if c = c.output(); c.enc != nil {
		ref = encodeQuery(ref, c)
	}
	return u.Resolve(ref)
}

// encodeQuery is ref with the query in ASCII, if it has one that is not.
func encodeQuery(ref string, c charset) string {
	end := strings.IndexByte(ref, '#')
	if end < 0 {
		end = len(ref)
	}
	begin := strings.IndexByte(ref[:end], '?')
	if begin < 0 || isASCII(ref[begin:end]) || len(ref) > MaxURL || !utf8.ValidString(ref) {
		return ref
	}
	query := strings.Map(func(r rune) rune { // what the URL parser leaves out before it looks at anything
		if r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, ref[begin+1:end])
	if end == len(ref) {
		query = strings.TrimRightFunc(query, func(r rune) bool { return r <= ' ' })
	}
	var b strings.Builder
	b.WriteString(ref[:begin+1])
	encodeInto(&b, query, c)
	b.WriteString(ref[end:])
	return b.String()
}

// encodeInto writes s in c, percent-encoded where a query has to be; a character that c has not becomes the reference
// "&#…;", which is percent-encoded too.
func encodeInto(b *strings.Builder, s string, c charset) {
	encoder := c.enc.NewEncoder().Transformer
	src := []byte(s)
	var dst [256]byte
	for {
		n, read, err := encoder.Transform(dst[:], src, true)
		for _, c := range dst[:n] {
			if c <= ' ' || c >= 0x7f || c == '"' || c == '#' || c == '<' || c == '>' || c == '\'' {
				const hex = "0123456789ABCDEF"
				b.WriteByte('%')
				b.WriteByte(hex[c>>4])
				b.WriteByte(hex[c&15])
				continue
			}
			b.WriteByte(c)
		}
		src = src[read:]
		switch {
		case err == nil:
			return
		case err == transform.ErrShortDst && n+read > 0: //nolint:errorlint // Transform returns it itself
			continue
		}
		r, size := utf8.DecodeRune(src)
		if size == 0 {
			return
		}
		b.WriteString("%26%23" + strconv.Itoa(int(r)) + "%3B")
		src = src[size:]
	}
}
