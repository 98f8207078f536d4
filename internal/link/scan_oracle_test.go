package link

import (
	"bytes"
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"

	xhtml "golang.org/x/net/html"
)

// The oracle says what the scanner has to say, by other means: golang.org/x/net/html finds the tags, and a state written on
// its own, with names and lists as the standard has them, decides which of them count. Where that tokenizer deviates from
// the standard, the standard decides:
//   - NUL and line ends are replaced before it reads; it does that at the end, and not in all places.
//   - It knows neither &nGt; nor &nLt;. So ampersands are hidden from it, and references decoded here.
//   - In a script, within <!--, any "<" that begins no tag ends the state of being escaped. So scripts are skipped here.
//   - A tag with a second attribute of one name may be taken for self-closing, because of that one's last slash. So
//     this is found out here.
//   - Raw text in foreign content, and CDATA sections, have to be told it, as it documents.
//
// Nothing is said of it elsewhere: raw text includes noscript, as with scripting on.

// oracle is the state.
type oracle struct {
	h      heard
	hidden []byte // stands for &
	stack  []node // as nesting.go says
}

// node is an open element.
type node struct {
	space, name string // "svg", "math", "html"
	encoded     bool   // an annotation-xml that is an integration point
}

// tokenize is what the oracle says of a document.
func tokenize(document string) []string {
	p := []byte(document)
	p = bytes.ReplaceAll(p, []byte("\r\n"), []byte("\n"))
	p = bytes.ReplaceAll(p, []byte("\r"), []byte("\n"))
	p = bytes.ReplaceAll(p, []byte("\x00"), []byte("\ufffd"))
	var o oracle
	o.hidden = absent(p)
	p = bytes.ReplaceAll(p, []byte("&"), o.hidden)
	for len(p) > 0 {
		p = o.part(p)
	}
	return o.h.lines
}

// absent is two control characters that are not in p one behind the other, and mean nothing to a tokenizer.
func absent(p []byte) []byte {
	for a := byte(0x0e); a < ' '; a++ {
		for b := byte(1); b < 8; b++ {
			if pair := []byte{a, b}; !bytes.Contains(p, pair) {
				return pair
			}
		}
	}
	panic("a document with every pair of control characters")
}

// part reads up to a script, and returns what is behind it.
func (o *oracle) part(p []byte) (rest []byte) {
	z := xhtml.NewTokenizer(bytes.NewReader(p))
	read := 0
	raw := "" // the title or style that has begun
	for {
		z.AllowCDATA(o.top().space != "html")
		kind := z.Next()
		token := slices.Clone(z.Raw()) // which is lower-cased when it is asked for its name
		read += len(token)
		if raw != "" {
			var text []byte
			if kind == xhtml.TextToken {
				text = token
			}
			o.tellText(raw, text)
			raw = ""
			if text != nil {
				continue
			}
		}
		switch kind {
		case xhtml.ErrorToken:
			return nil
		case xhtml.EndTagToken:
			name, _ := z.TagName()
			o.end(string(name))
		case xhtml.StartTagToken, xhtml.SelfClosingTagToken:
			closing := selfCloses(string(token))
			name, _ := z.TagName()
			element := string(name)
			attributes := map[string]string{}
			for more := true; more; {
				var key, value []byte
				key, value, more = z.TagAttr()
				if key != nil {
					attributes[string(key)] = o.unescape(string(value), true)
				}
			}
			if !o.start(element, attributes, closing) {
				z.NextIsNotRawText()
				continue
			}
			counts := !slices.Contains(o.stack, node{space: "html", name: "template"})
			if counts {
				o.tell(element, attributes)
			}
			if element == "script" {
				return p[read+scriptEnd(string(p[read:])):]
			}
			if counts && (element == "title" || element == "style") {
				raw = element
			}
		}
	}
}

// tell tells of an element.
func (o *oracle) tell(name string, attributes map[string]string) {
	if name == "image" {
		name = "img"
	}
	i := slices.Index(tagNames[:], name)
	if i <= 0 {
		return
	}
	e := element{tag: tag(i)}
	for a, key := range attributeNames {
		if value, ok := attributes[key]; ok {
			e.has |= 1 << a
			e.value[a] = []byte(value)
		}
	}
	o.h.element(&e)
}

func (o *oracle) tellText(name string, p []byte) {
	text := strings.ReplaceAll(string(p), string(o.hidden), "&")
	if name == "title" {
		text = o.unescape(string(p), false)
	}
	o.h.text(tag(slices.Index(tagNames[:], name)), []byte(text), true)
}

// unescape decodes references by the standard library, each on its own, and those it is wrong about by hand.
func (o *oracle) unescape(s string, attribute bool) string {
	parts := strings.Split(s, string(o.hidden))
	out := parts[0]
	for _, part := range parts[1:] {
		out += unescapeOne(part, attribute)
	}
	return out
}

func unescapeOne(s string, attribute bool) string {
	word := len(s) - len(strings.TrimLeft(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))
	switch {
	case strings.HasPrefix(s, "#x"), strings.HasPrefix(s, "#X"):
		rest := strings.TrimLeft(s[2:], "0123456789abcdefABCDEF")
		return number(s[2:len(s)-len(rest)], 16, s, rest)
	case strings.HasPrefix(s, "#"):
		rest := strings.TrimLeft(s[1:], "0123456789")
		return number(s[1:len(s)-len(rest)], 10, s, rest)
	case word == 0:
		return "&" + s
	case strings.HasPrefix(s, "nGt;"):
		return "≫⃒" + s[4:]
	case strings.HasPrefix(s, "nLt;"):
		return "≪⃒" + s[4:]
	}
	if strings.HasPrefix(s[word:], ";") {
		if c := html.UnescapeString("&" + s[:word+1]); !strings.HasPrefix(c, "&") || s[:word+1] == "amp;" || s[:word+1] == "AMP;" {
			if !strings.HasSuffix(c, ";") || s[:word+1] == "semi;" { // else a shorter name was found
				return c + s[word+1:]
			}
		}
	}
	for n := word; n > 0; n-- {
		c := html.UnescapeString("&" + s[:n])
		full := !strings.HasPrefix(c, "&") && len([]rune(c)) == 1 || (s[:n] == "amp" || s[:n] == "AMP") && c == "&"
		if !full {
			continue
		}
		if attribute && (n < word || strings.HasPrefix(s[n:], "=")) {
			break
		}
		return c + s[n:]
	}
	return "&" + s
}

// number is a numeric reference of these digits, before rest.
func number(digits string, base int, s, rest string) string {
	if digits == "" {
		return "&" + s
	}
	rest = strings.TrimPrefix(rest, ";")
	n, err := strconv.ParseUint(digits, base, 64)
	if err != nil || n > 0x10ffff || n == 0 || 0xd800 <= n && n < 0xe000 {
		return "\ufffd" + rest
	}
	if 0x80 <= n && n < 0xa0 {
		return html.UnescapeString(fmt.Sprintf("&#%d;", n)) + rest
	}
	return string(rune(n)) + rest
}
