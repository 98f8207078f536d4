package link

import (
	"slices"
	"strings"
)

// The state of the oracle, and the two things in which it does without the library.

// Names as the standard lists them.
var (
	breakoutNames   = strings.Fields("b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var")
	voidNames       = strings.Fields("area base basefont bgsound br col embed frame hr image img input keygen link meta param source track wbr")
	rootNames       = strings.Fields("html head body frameset")
	tableParts      = strings.Fields("caption colgroup tbody td tfoot th thead tr")
	closeParagraph  = strings.Fields("address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer header hgroup main menu nav ol p search section summary ul h1 h2 h3 h4 h5 h6 pre listing form li dd dt plaintext table hr xmp")
	specialNames    = strings.Fields("address applet area article aside base basefont bgsound blockquote body br button caption center col colgroup dd details dir div dl dt embed fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html iframe img input keygen li link listing main marquee menu meta nav noembed noframes noscript object ol p param plaintext pre script search section select source style summary table tbody td template textarea tfoot th thead title tr track ul wbr xmp")
	scopeNames      = strings.Fields("applet marquee object select table")
	blockNames      = strings.Fields("address applet article aside blockquote button center dd details dialog dir div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup li listing main marquee menu nav object ol pre search section select summary table ul")
	formattingNames = strings.Fields("a b big code em font i nobr s small strike strong tt u")
	phrasingNames   = strings.Fields("abbr cite dfn kbd label mark q ruby samp span sub sup time var")
)

func is(name string, list []string) bool { return slices.Contains(list, name) }

func (o *oracle) top() node {
	if len(o.stack) == 0 {
		return node{space: "html"}
	}
	return o.stack[len(o.stack)-1]
}

// htmlPoint and mathPoint are the standard's HTML integration point and MathML text integration point.
func (n node) htmlPoint() bool {
	return n.encoded || n.space == "svg" && is(n.name, []string{"foreignobject", "desc", "title"})
}

func (n node) mathPoint() bool {
	return n.space == "math" && is(n.name, []string{"mi", "mo", "mn", "ms", "mtext"})
}

// start takes a start tag and reports whether it is HTML.
func (o *oracle) start(name string, attributes map[string]string, closing bool) bool {
	current := o.top()
	foreign := current.space != "html" && !current.htmlPoint() &&
		(!current.mathPoint() || name == "mglyph" || name == "malignmark") &&
		(current.space != "math" || current.name != "annotation-xml" || name != "svg")
	if foreign {
		_, color := attributes["color"]
		_, face := attributes["face"]
		_, size := attributes["size"]
		if !is(name, breakoutNames) && (name != "font" || !color && !face && !size) {
			encoding := strings.ToLower(attributes["encoding"])
			o.push(node{current.space, name, current.space == "math" && name == "annotation-xml" &&
				(encoding == "text/html" || encoding == "application/xhtml+xml")}, closing)
			return false
		}
		o.breakOut()
	}
	if name == "svg" || name == "math" {
		o.push(node{space: name, name: name}, closing)
		return true
	}
	inTemplate := o.top() == node{space: "html", name: "template"}
	if name == "template" {
		o.push(node{space: "html", name: name}, false)
		return true
	}
	if len(o.stack) == 0 || inTemplate {
		return true
	}
	if is(name, closeParagraph) {
		o.closeParagraph()
	}
	if !is(name, voidNames) && !is(name, rootNames) && !is(name, tableParts) {
		o.push(node{space: "html", name: name}, false)
	}
	return true
}

func (o *oracle) push(n node, closing bool) {
	if !closing && len(o.stack) < 256 {
		o.stack = append(o.stack, n)
	}
}

func (o *oracle) breakOut() {
	for n := o.top(); n.space != "html" && !n.htmlPoint() && !n.mathPoint(); n = o.top() {
		o.stack = o.stack[:len(o.stack)-1]
	}
}

func (o *oracle) closeParagraph() {
	for i, n := range slices.Backward(o.stack) {
		if n == (node{space: "html", name: "p"}) {
			o.stack = o.stack[:i]
			return
		}
		if o.isScope(n) || n.space == "html" && (n.name == "button" || n.name == "template") {
			return
		}
	}
}

// isScope reports whether end tags do not see through an element.
func (o *oracle) isScope(n node) bool {
	return n.htmlPoint() || n.mathPoint() || n.space == "math" && n.name == "annotation-xml" || n.space == "html" && is(n.name, scopeNames)
}

// end takes an end tag.
func (o *oracle) end(name string) {
	if o.top().space != "html" && (name == "br" || name == "p") {
		o.breakOut()
	}
	if name == "p" {
		o.closeParagraph()
		return
	}
	for i, n := range slices.Backward(o.stack) { // foreign content
		if n.space == "html" {
			break
		}
		if n.name == name {
			o.stack = o.stack[:i]
			return
		}
	}
	if name == "template" {
		for i, n := range slices.Backward(o.stack) {
			if n == (node{space: "html", name: name}) {
				o.stack = o.stack[:i]
				return
			}
		}
		return
	}
	if is(name, voidNames) && name != "col" || is(name, rootNames) {
		return
	}
	crosses := is(name, blockNames) || is(name, formattingNames) || is(name, tableParts) || name == "col"
	special := false
	for i, n := range slices.Backward(o.stack) {
		switch {
		case n == node{space: "html", name: "template"}:
			if crosses || is(name, phrasingNames) {
				o.stack = o.stack[:i+1]
			}
			return
		case o.isScope(n) && n.space != "html":
			return
		case n == node{space: "html", name: name}:
			if special && is(name, formattingNames) {
				o.stack = slices.Delete(o.stack, i, i+1)
				return
			}
			o.stack = o.stack[:i]
			return
		case o.isScope(n):
			return
		case n.space == "html" && is(n.name, specialNames):
			if !crosses {
				return
			}
			special = true
		}
	}
	if crosses || is(name, phrasingNames) {
		o.stack = o.stack[:0]
	}
}

// selfCloses goes through the states of section 13.2.5 for a start tag.
func selfCloses(tag string) bool {
	state, quote := "tag name", byte(0)
	for i := 1; i < len(tag); i++ {
		c := tag[i]
		space := strings.IndexByte("\t\n\f\r ", c) >= 0
		switch state {
		case "tag name":
			if space {
				state = "before name"
			} else if c == '/' {
				state = "self-closing"
			}
		case "self-closing":
			if c == '>' {
				return true
			}
			state = "before name"
			i--
		case "before name":
			if c == '/' {
				state = "self-closing"
			} else if !space {
				state = "name"
			}
		case "name", "after name":
			switch {
			case space:
				state = "after name"
			case c == '/':
				state = "self-closing"
			case c == '=':
				state = "before value"
			default:
				state = "name"
			}
		case "before value":
			switch {
			case space:
			case c == '"', c == '\'':
				state, quote = "quoted", c
			default:
				state = "unquoted"
			}
		case "quoted":
			if c == quote {
				state = "before name"
			}
		case "unquoted":
			if space {
				state = "before name"
			}
		}
	}
	return false
}

// scriptEnd goes through the states of section 13.2.5 for script data, and returns where the end tag begins.
func scriptEnd(s string) int {
	state := "data"
	delimited := func(s, name string) bool {
		return len(s) > len(name) && strings.EqualFold(s[:len(name)], name) && strings.IndexByte("\t\n\f\r />", s[len(name)]) >= 0
	}
	for i := 0; i < len(s); i++ {
		escaped := strings.HasPrefix(state, "escaped")
		double := strings.HasPrefix(state, "double")
		rest := s[i:]
		switch {
		case !double && delimited(rest, "</script"):
			return i
		case state == "data" && strings.HasPrefix(rest, "<!--"):
			state = "escaped--"
			i += 3
		case escaped && delimited(rest, "<script"):
			state = "double"
			i += len("<script")
		case double && delimited(rest, "</script"):
			state = "escaped"
			i += len("</script")
		case (escaped || double) && s[i] == '-':
			if !strings.HasSuffix(state, "--") {
				state += "-"
			}
		case s[i] == '>' && strings.HasSuffix(state, "--"):
			state = "data"
		default:
			state = strings.TrimRight(state, "-")
		}
	}
	return len(s)
}
