package link

import "slices"

// What the tree decides. A start tag is an element in the HTML namespace unless it is within svg or math; elements within
// template are none of the document. A stack of open elements says which it is: it is empty in the document proper, where
// nothing needs it, and begins with an svg, math or template. On it are the elements of SVG and MathML, templates, and
// the HTML elements that are within SVG or MathML at one of the points where HTML may stand. (Those within a template need
// not be there: </template> ends them all, and nothing else ends the template.)
//
// It follows section 13.2.6.5 of the standard for foreign content. For HTML in it, what ends which element is as in
// section 13.2.6.4.7, with these differences:
//   - Parts of tables are not on the stack, their table is; all in it is HTML.
//   - li, dd, dt, option, rp, rt, a, nobr, button and headings do not end one another. p is ended as it must be.
//   - A formatting element whose end tag comes within a block in it is taken from the stack, and nothing else is done.
//   - What is open in the document around svg or math is not known. An end tag there that is none of an element on the stack is
//     taken for one of an element that is open, and so ends the svg, if it is one that would: of a block, of
//     formatting, of a part of a table, of span and its like. To be wrong in that means to be in HTML too early, where
//     links are found.
//   - More than maxOpen elements are not kept; those within are as in the last that is.
//
// So what is foreign may be judged otherwise than by a browser only where tags within svg or math are not closed in order.
//
// Of the rest of tree construction nothing is followed, as it moves, closes and copies elements, which does not matter
// to who asks which there are (what is in a table but in no cell comes before the table, in the tree). It drops few: a
// second html (whose attributes are merged; the reader may take the first), frame outside of a frameset and what is not a
// frame within, and form within form. The reader is told of those. Within select nothing is dropped: since 2025 the
// standard has it that way.

// maxOpen is how many elements are kept. Drawings nest some twenty deep.
const maxOpen = 256

// space is what an open element is to those within it.
type space uint8

const (
	spaceHTML        space = iota // an HTML element within an integration point
	spaceTemplate                 // an HTML template
	spaceSVG                      // in the SVG namespace
	spaceMath                     // in the MathML namespace
	spaceSVGHTML                  // in SVG, and an HTML integration point
	spaceMathHTML                 // annotation-xml, and an HTML integration point by its encoding
	spaceMathText                 // a MathML text integration point
	spaceMathForeign              // annotation-xml
)

// open is an element on the stack.
type open struct {
	name   uint32 // its hash: two of the same within one another are taken for one name
	traits traits
	space  space
}

// nesting is the stack of what is open.
type nesting struct {
	stack     []open
	templates int // on the stack
}

func (n *nesting) depth() int       { return len(n.stack) }
func (n *nesting) inTemplate() bool { return n.templates > 0 }

// foreign reports whether the current node is not in the HTML namespace: then there are CDATA sections.
func (n *nesting) foreign() bool {
	return len(n.stack) > 0 && n.stack[len(n.stack)-1].space >= spaceSVG
}

// reset makes it empty.
func (n *nesting) reset() {
	n.templates = 0
	if n.stack = n.stack[:0]; cap(n.stack) > 64 {
		n.stack = nil
	}
}

// start takes a start tag, and reports whether it is one of HTML.
func (n *nesting) start(name, attributes []byte, selfClosing bool) bool {
	var buf [16]byte
	lower := appendLower(buf[:0], name)
	t := traitsOf(lower)
	top := n.top()
	if top.space >= spaceSVG && !top.takesHTML(lower) {
		if t&traitBreakout == 0 && (string(lower) != "font" || !hasAttribute(attributes, "color", "face", "size")) {
			if !selfClosing {
				n.push(open{hash(lower), 0, foreignSpace(top.space, lower, attributes)})
			}
			return false
		}
		n.leave()
		top = n.top()
	}
	within := len(n.stack) > 0 && top.space != spaceTemplate
	switch string(lower) {
	case "svg", "math":
		if !selfClosing {
			root := spaceSVG
			if string(lower) == "math" {
				root = spaceMath
			}
			n.push(open{hash(lower), 0, root})
		}
		return true
	case "template":
		n.push(open{hash(lower), t, spaceTemplate})
		return true
	}
	if within {
		if t&traitEndsP != 0 {
			n.endParagraph()
		}
		if t&(traitVoid|traitPart) == 0 {
			n.push(open{hash(lower), t, spaceHTML})
		}
	}
	return true
}

// top is the current node, or an HTML element where the stack is empty.
func (n *nesting) top() open {
	if len(n.stack) == 0 {
		return open{}
	}
	return n.stack[len(n.stack)-1]
}

func (n *nesting) push(o open) {
	if len(n.stack) == maxOpen {
		return
	}
	if o.space == spaceTemplate {
		n.templates++
	}
	n.stack = append(n.stack, o)
}

// pop takes away the element at i and all within it.
func (n *nesting) pop(i int) {
	for _, o := range n.stack[i:] {
		if o.space == spaceTemplate {
			n.templates--
		}
	}
	n.stack = n.stack[:i]
}

// takesHTML reports whether a start tag within this foreign element is one of HTML.
func (o open) takesHTML(name []byte) bool {
	switch o.space {
	case spaceSVGHTML, spaceMathHTML:
		return true
	case spaceMathText:
		return string(name) != "mglyph" && string(name) != "malignmark"
	case spaceMathForeign:
		return string(name) == "svg"
	}
	return false
}

// bounds reports whether HTML is closed within the foreign element: an end tag in it does not look further.
func (o open) bounds() bool { return o.space >= spaceSVGHTML }

// foreignSpace is what an element in the namespace of outer is.
func foreignSpace(outer space, name, attributes []byte) space {
	if outer == spaceSVG || outer == spaceSVGHTML {
		switch string(name) {
		case "foreignobject", "desc", "title":
			return spaceSVGHTML
		}
		return spaceSVG
	}
	switch string(name) {
	case "mi", "mo", "mn", "ms", "mtext":
		return spaceMathText
	case "annotation-xml":
		if isHTMLEncoding(attributes) {
			return spaceMathHTML
		}
		return spaceMathForeign
	}
	return spaceMath
}

// leave takes away foreign elements up to where HTML may stand: a tag has broken out of them.
func (n *nesting) leave() {
	i := len(n.stack)
	for i > 0 && (n.stack[i-1].space == spaceSVG || n.stack[i-1].space == spaceMath || n.stack[i-1].space == spaceMathForeign) {
		i--
	}
	n.pop(i)
}

// end takes an end tag.
func (n *nesting) end(name []byte) {
	var buf [16]byte
	lower := appendLower(buf[:0], name)
	t, h := traitsOf(lower), hash(lower)
	if string(lower) == "br" || string(lower) == "p" {
		if n.foreign() {
			n.leave()
		}
		if string(lower) == "p" {
			n.endParagraph()
		}
		return
	}
	for i := len(n.stack) - 1; i >= 0 && n.stack[i].space >= spaceSVG; i-- {
		if n.stack[i].name == h {
			n.pop(i)
			return
		}
	}
	switch {
	case string(lower) == "template":
		n.endTemplate()
	case t&(traitVoid|traitRoot) != 0:
	default:
		n.endHTML(h, t)
	}
}

// endTemplate takes </template>: it ends all within the innermost one, whatever that is.
func (n *nesting) endTemplate() {
	for i := len(n.stack) - 1; i >= 0; i-- {
		if n.stack[i].space == spaceTemplate {
			n.pop(i)
			return
		}
	}
}

// endParagraph ends the p that is open, if one is that HTML can see from here.
func (n *nesting) endParagraph() {
	p := hash([]byte("p"))
	for i := len(n.stack) - 1; i >= 0; i-- {
		switch o := n.stack[i]; {
		case o.space == spaceTemplate || o.bounds() || o.traits&(traitScope|traitButton) != 0:
			return
		case o.space == spaceHTML && o.name == p:
			n.pop(i)
			return
		}
	}
}

// endHTML takes the end tag of an HTML element: of a block, which ends what is within it whatever that is; of formatting; or of
// another, which ends nothing that is special.
func (n *nesting) endHTML(name uint32, t traits) {
	special := false // one is within what is looked at
	for i := len(n.stack) - 1; i >= 0; i-- {
		o := n.stack[i]
		switch {
		case o.space == spaceTemplate:
			n.endOutside(i+1, t)
			return
		case o.bounds():
			return
		case o.space != spaceHTML:
			continue
		case o.name == name && special && t&traitFormatting != 0:
			n.stack = slices.Delete(n.stack, i, i+1)
			return
		case o.name == name:
			n.pop(i)
			return
		case o.traits&traitScope != 0, o.traits&traitSpecial != 0 && t&(traitBlock|traitFormatting|traitPart) == 0:
			return
		case o.traits&traitSpecial != 0:
			special = true
		}
	}
	n.endOutside(0, t)
}

// endOutside takes an end tag of none of the elements from i on, where the outermost svg or math is that is open: see above.
func (n *nesting) endOutside(i int, t traits) {
	if t&(traitBlock|traitFormatting|traitPart|traitPhrasing) != 0 {
		n.pop(i)
	}
}
