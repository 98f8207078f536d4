package link

import "bytes"

// traits are what nesting has to know of an HTML element by its name.
type traits uint16

const (
	traitVoid       traits = 1 << iota // has no end tag
	traitRoot                          // there is one, which has no end as far as nesting goes
	traitPart                          // part of a table
	traitBreakout                      // its start tag ends foreign content
	traitEndsP                         // its start tag ends a paragraph
	traitSpecial                       // end tags of what is not special do not see through it
	traitScope                         // no end tag sees through it, but </template>
	traitButton                        // ends of paragraphs do not see through it
	traitBlock                         // its end tag ends what is within it
	traitFormatting                    // its end tag ends what is not special within it
	traitPhrasing                      // its end tag is likely one of an element around an svg
)

// traitsOf is what there is to know of an element of this name, in lower case.
func traitsOf(name []byte) traits {
	switch string(name) {
	case "area", "base", "basefont", "bgsound", "frame", "input", "keygen", "link", "param", "source", "track", "wbr":
		return traitVoid | traitSpecial
	case "col":
		return traitVoid | traitPart
	case "br", "embed", "img", "meta":
		return traitVoid | traitSpecial | traitBreakout
	case "hr":
		return traitVoid | traitSpecial | traitBreakout | traitEndsP
	case "image":
		return traitVoid
	case "body", "head":
		return traitVoid | traitRoot | traitBreakout
	case "frameset", "html":
		return traitVoid | traitRoot
	case "caption", "colgroup", "tbody", "td", "tfoot", "th", "thead", "tr":
		return traitPart
	case "table":
		return traitBreakout | traitEndsP | traitSpecial | traitScope | traitBlock
	case "blockquote", "center", "div", "dl", "menu", "ol", "pre", "ul":
		return traitBreakout | traitEndsP | traitSpecial | traitBlock
	case "dd", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "li":
		return traitBreakout | traitEndsP | traitSpecial | traitBlock
	case "p":
		return traitBreakout | traitEndsP | traitSpecial
	case "listing":
		return traitBreakout | traitEndsP | traitSpecial | traitBlock
	case "address", "article", "aside", "details", "dir", "fieldset", "figcaption", "figure", "footer", "form", "header",
		"hgroup", "main", "nav", "search", "section", "summary":
		return traitEndsP | traitSpecial | traitBlock
	case "dialog":
		return traitEndsP | traitBlock
	case "plaintext", "xmp":
		return traitEndsP | traitSpecial
	case "button":
		return traitSpecial | traitBlock | traitButton
	case "applet", "marquee", "object", "select":
		return traitSpecial | traitScope | traitBlock
	case "iframe", "noembed", "noframes", "noscript", "script", "style", "template", "textarea", "title":
		return traitSpecial
	case "b", "big", "code", "em", "i", "s", "small", "strike", "strong", "tt", "u", "nobr":
		return traitFormatting | traitBreakout
	case "a", "font":
		return traitFormatting
	case "ruby", "span", "sub", "sup", "var":
		return traitPhrasing | traitBreakout
	case "abbr", "cite", "dfn", "kbd", "label", "mark", "q", "samp", "time":
		return traitPhrasing
	}
	return 0
}

// appendLower appends the name in lower case (ASCII).
func appendLower(dst, name []byte) []byte {
	for _, c := range name {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return dst
}

// hash is FNV-1a.
func hash(name []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range name {
		h = (h ^ uint32(c)) * 16777619
	}
	return h
}

// hasAttribute reports whether a tag has one of these attributes; p goes on behind its name.
func hasAttribute(p []byte, names ...string) bool {
	found := false
	for key, _, i := nextAttribute(p, 0); len(key) > 0; key, _, i = nextAttribute(p, i) {
		for _, name := range names {
			found = found || equalFold(key, name)
		}
	}
	return found
}

// isHTMLEncoding reports whether the first encoding attribute says that an annotation-xml has HTML in it.
func isHTMLEncoding(p []byte) bool {
	for key, value, i := nextAttribute(p, 0); len(key) > 0; key, value, i = nextAttribute(p, i) {
		if equalFold(key, "encoding") {
			value, _ = appendText(nil, value, true, true)
			return equalFold(value, "text/html") || equalFold(value, "application/xhtml+xml")
		}
	}
	return false
}

// equalFold compares without regard to case (ASCII); name is in lower case.
func equalFold(p []byte, name string) bool {
	return len(p) == len(name) && bytes.EqualFold(p, []byte(name))
}
