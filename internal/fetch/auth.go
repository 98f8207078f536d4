package fetch

import (
	"encoding/base64"
	"slices"
	"strings"

	"crawl/internal/link"
)

// Who is let in where. A field Authorization that the caller gives is sent as it is. Else user information in
// the URL goes first, since it is the most particular; then what is for everything that was asked for; then what
// a netrc file has for the host. A 401 is an answer: nothing is tried in turn.

// Credentials say what Authorization requests carry. The zero value has none for anybody.
type Credentials struct {
	// Listed is the value of the field for every URL that a Client is asked for. Redirects to other origins
	// do not get it.
	Listed string
	// Netrc may be nil. Redirects get what it has for their host by name, and nothing over plain HTTP once one of the
	// URLs before was https.
	Netrc *Netrc
}

// Basic is the value of Authorization for a user and a password (RFC 7617 section 2).
func Basic(user, password string) string { return BasicOf(user + ":" + password) }

// BasicOf is Basic for what is in front of the first colon and behind it.
func BasicOf(userAndPassword string) string {
	if !strings.Contains(userAndPassword, ":") {
		userAndPassword += ":"
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(userAndPassword))
}

// Bearer is the value of Authorization for a token (RFC 6750 section 2.1).
func Bearer(token string) string { return "Bearer " + token }

// extended reports whether a request has more fields than its caller gave.
func (b *buffer) extended() bool {
	if b.req.Selection != nil || b.client.options.Credentials != nil {
		return true
	}
	_, _, ok := b.req.URL.Userinfo()
	return ok || b.res.Redirection() != nil
}

// extend returns all fields of the request. They are valid until the next request of the buffer.
func (b *buffer) extend() []Field {
	b.fields = append(b.fields[:0], b.req.Fields...)
	if value := b.authorization(); value != "" && !hasField(b.req.Fields, "Authorization") {
		b.fields = append(b.fields, Field{Name: "Authorization", Value: value})
	}
	if s := b.req.Selection; s != nil {
		b.fields = s.fields(b.fields, b.req)
	}
	return b.fields
}

func hasField(fields []Field, name string) bool {
	for i := range fields {
		if strings.EqualFold(fields[i].Name, name) {
			return true
		}
	}
	return false
}

// authorization is what the request says of who asks, "" if that is nothing.
func (b *buffer) authorization() string {
	req, r := b.req, b.res.Redirection()
	given := Credentials{}
	if c := b.client.options.Credentials; c != nil {
		given = *c
	}
	if req.elsewhere {
		if value := ofUserinfo(req.URL, nil); value != "" { // of the Location: no secret of the user's
			return value
		}
		if !req.URL.Secure() && slices.ContainsFunc(r.Hops, func(h Hop) bool { return h.URL.Secure() }) {
			return ""
		}
		return given.Netrc.basic(req.URL.Host(), "", false)
	}
	value := ofUserinfo(req.URL, given.Netrc)
	if value == "" && r != nil {
		value = ofUserinfo(r.first.URL, given.Netrc)
	}
	if value == "" {
		value = given.Listed
	}
	if value == "" {
		value = given.Netrc.basic(req.URL.Host(), "", true)
	}
	return value
}

// AuthorizationOf is the value of Authorization that the user information of u stands for, "" if it has none.
func AuthorizationOf(u *link.URL) string { return ofUserinfo(u, nil) }

// ofUserinfo is what the user information of u stands for; a password that it lacks may be in the netrc file.
func ofUserinfo(u *link.URL, netrc *Netrc) string {
	user, password, ok := u.Userinfo()
	if !ok {
		return ""
	}
	user, password = unescape(user), unescape(password)
	if password == "" {
		if value := netrc.basic(u.Host(), user, true); value != "" {
			return value
		}
	}
	return Basic(user, password)
}

// unescape undoes percent-encoding. A percent sign without two digits stands for itself.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, ok1 := hexDigit(s[i+1])
			lo, ok2 := hexDigit(s[i+2])
			if ok1 && ok2 {
				out = append(out, hi<<4|lo)
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
