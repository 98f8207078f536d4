// Package cookies is a cookie jar as RFC 6265 has it, with what browsers have added since and agree on (its
// successor, draft-ietf-httpbis-rfc6265bis, called "bis" here): the prefixes __Secure- and __Host-, limits on
// sizes, and that a response over plain HTTP neither sets nor covers up a cookie that is Secure.
//
// Its one rule: it is values only. Which host, which path, whether the connection is secure, and what time it is
// are arguments; there is no lock (whoever shares a [Jar] guards it) and no file (a jar file is bytes).
//
// What it takes from a field it gives back byte for byte: quotes, spaces and bytes outside of ASCII within a value
// are the server's affair. A cookie that could not be sent again, or that a line of a jar file could not hold, is
// not kept: one with a control character, TAB included, in its name, its value or its path.
//
// Left out: SameSite (known, and without effect: all that a crawler asks for counts as a visit by the user, and with
// those such cookies go), cookies without a name (ignored, as RFC 6265 has it), the limit of 400 days that bis puts on
// lifetimes, and access by scripts (HttpOnly is kept only for the file). Hosts are compared as they come, apart from
// case and a last dot: Unicode names and odd forms of IP addresses are for the URL parser.
package cookies
