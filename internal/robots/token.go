package robots

// Token is the product token of a User-Agent field, or of a line User-agent, which is what the two are compared by (RFC 9309
// section 2.2.1): "crawl" of "crawl/0.1.0 (+https://example.org/)". A field that begins like a browser's, as
// "Mozilla/5.0 (compatible; crawl/0.1)", has "Mozilla". It is "" where no token is; then only the group "*" counts.
//
// The RFC has letters, "-" and "_" in a token. Digits and "." are taken too, which are in many names of robots: "bot1" is
// not "bot2".
func Token(userAgent string) string {
	for len(userAgent) > 0 && isSpace(userAgent[0]) {
		userAgent = userAgent[1:]
	}
	return userAgent[:tokenEnd(userAgent)]
}

// tokenEnd is where the token ends that s begins with.
func tokenEnd[S []byte | string](s S) int {
	n := 0
	for n < len(s) && isTokenByte(s[n]) {
		n++
	}
	return n
}

func isTokenByte(b byte) bool {
	return isUnreserved(b) && b != '~'
}
