package link

import (
	"slices"
	"strings"
	"testing"

	xhtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// treeOf is what the tree says that x/net/html makes of a document: its elements in the HTML namespace that are not within a
// template, in tree order, without html, which a tree has once. A tree copies elements of formatting that are not
// closed in order, so of links that are the same behind one another there is one.
func treeOf(t testing.TB, document string) []string {
	t.Helper()
	root, err := xhtml.Parse(strings.NewReader(strings.ReplaceAll(strings.ReplaceAll(document, "\r\n", "\n"), "\r", "\n")))
	if err != nil {
		t.Fatal(err)
	}
	var h heard
	var walk func(n *xhtml.Node)
	walk = func(n *xhtml.Node) {
		if n.Type == xhtml.ElementNode && n.Namespace == "" {
			if n.DataAtom == atom.Template {
				return
			}
			if i := slices.Index(tagNames[:], n.Data); i > 0 {
				grown(&h, n, tag(i))
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	return comparable(h.lines)
}

// grown tells of a node.
func grown(h *heard, n *xhtml.Node, t tag) {
	e := element{tag: t}
	for _, attribute := range n.Attr {
		if a := slices.Index(attributeNames[:], attribute.Key); a >= 0 && attribute.Namespace == "" {
			e.has |= 1 << a
			e.value[a] = []byte(strings.ReplaceAll(attribute.Val, "\x00", "\ufffd"))
		}
	}
	h.element(&e)
	if t == tagTitle || t == tagStyle {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			h.text(t, []byte(strings.ReplaceAll(c.Data, "\x00", "\ufffd")), false)
		}
		h.text(t, nil, true)
	}
}

// comparable leaves out what is no matter: see treeOf.
func comparable(lines []string) []string {
	out := slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return line == "html" || strings.HasPrefix(line, "html ") })
	return slices.Compact(out)
}

// Why a tree of x/net/html is not as scanCases have it.
const (
	outOfEscape  = "x/net/html: in a script, within <!--, it takes any < for the end of the comment"
	lastSlash    = "x/net/html: it takes the value of a second attribute of one name for a slash of its own"
	mixing       = "x/net/html: it leaves out all that follows a template in foreign content, as its source says"
	outsideFrame = "a frame outside of a frameset is dropped by a tree; the scanner tells of it"
)

// treeDiffers are the cases that are not.
var treeDiffers = map[string]string{
	"<script><!--<<script></script><a href=0></script><a href=1>":                  outOfEscape,
	"<script><!--<-><script></script><a href=0></script><a href=1>":                outOfEscape,
	"<script><!-- <1 <script></script> --> <a href=0></script><a href=1>":          outOfEscape,
	"<svg a=1 a=/><a href=0></svg><a href=1>":                                      lastSlash,
	"<svg><desc><template><a href=0></desc></svg><a href=0></template><a href=1>":  mixing,
	"<svg><desc><template></template><a href=1>":                                   mixing,
	"<svg><desc><template></template></desc><a href=0></svg><a href=1>":            mixing,
	"<svg><desc><p><template></p></template></p></desc><a href=0></svg><a href=1>": mixing,
	"<frame src=1>":    outsideFrame,
	"<p><FRAME src=1>": outsideFrame,
}

// TestTree: the cases are what a full tree makes of them.
func TestTree(t *testing.T) {
	for _, c := range scanCases {
		for _, document := range c.documents {
			got, want := treeOf(t, document), comparable(c.want)
			if reason := treeDiffers[document]; slices.Equal(got, want) != (reason == "") {
				t.Errorf("%s: %q (%s): the tree has\n     %q\nwant %q", c.name, document, reason, got, want)
			}
		}
	}
}
