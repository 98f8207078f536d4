package sitemap

import (
	"bytes"
)

// Bounds of what a parser keeps of a document's structure. Elements beyond the depth, and names and namespaces beyond
// their number, are read as if they were nothing to us, which is what they are in every real document.
const (
	maxDepth      = 256
	maxName       = 256 // bytes; longer names are cut
	maxBindings   = 256 // of prefixes, at one time
	maxNamespaces = 64  // that are told apart, of those without a constant
)

// element is a start tag. What it points to is valid during the call.
type element struct {
	space namespace
	local []byte
	attrs []attr
}

// attr is an attribute: its name with the prefix as it is written, its value with references.
type attr struct{ name, value []byte }

// get is the value of an attribute with its references decoded, or nil. scratch is where it is put if it has some.
func (e *element) get(name string, scratch *[]byte) []byte {
	for _, a := range e.attrs {
		if string(a.name) == name {
			if bytes.IndexByte(a.value, '&') < 0 {
				return a.value
			}
			*scratch = unescape((*scratch)[:0], a.value)
			return *scratch
		}
	}
	return nil
}

// role is what an element is to a sink. 0 is nothing.
type role uint8

// sink is told of elements and of text.
type sink interface {
	// stay is how many elements stay open when an element starts: all of them, but where an end tag is missing.
	stay(e *element) int
	start(e *element) role
	end(r role)
	// wants reports whether the text directly in an element of that role is of use.
	wants(r role) bool
	// text is a stretch of it. With refs, references are to be decoded; long: it was cut.
	text(r role, b []byte, long, refs bool)
	// failed is why the rest of the document is not to be read.
	failed() error
}

// tree keeps which elements are open, and which namespaces their prefixes stand for (Namespaces in XML 1.0). An end
// tag ends the innermost element of that name with all that is open within, and is nothing if there is none.
type tree struct {
	to       sink
	frames   []frame
	names    []byte // of the open elements, and prefixes of bindings
	bindings []binding
	spaces   []string // of namespaces without a constant
	attrs    []attr
	scratch  []byte
	element  element
}

// frame is an open element.
type frame struct {
	mark     int // how long names was before
	begin    int // of its name in names, which ends where the next frame's mark is
	bindings int // how many there were before
	role     role
	wanted   bool // by the sink, of the text directly in it
}

// binding is a prefix and its namespace.
type binding struct {
	begin, end int // of the prefix in names
	space      namespace
}

// top is the role of the innermost open element.
func (t *tree) top() role {
	if len(t.frames) == 0 {
		return 0
	}
	return t.frames[len(t.frames)-1].role
}

func (t *tree) wanted() bool {
	n := len(t.frames)
	return n > 0 && t.frames[n-1].wanted
}

func (t *tree) text(b []byte, long, refs bool) {
	if len(b) > 0 {
		t.to.text(t.top(), b, long, refs)
		f := &t.frames[len(t.frames)-1] // there is one, or nobody wants text
		f.wanted = t.to.wants(f.role)
	}
}

// start is a start tag as it is written between "<" and ">"; empty: it ends with "/".
func (t *tree) start(raw []byte, empty bool) {
	name := raw
	t.attrs = t.attrs[:0]
	if i := nameEnd(raw); i < len(raw) {
		name = raw[:i]
		t.attributes(raw[i:])
	}
	f := t.open(name)
	if n := t.to.stay(&t.element); n < len(t.frames) {
		t.release(f)
		t.endTo(n)
		f = t.open(name)
	}
	f.role = t.to.start(&t.element)
	if empty || len(t.frames) >= maxDepth {
		t.release(f)
		t.to.end(f.role)
		return
	}
	f.wanted = t.to.wants(f.role)
	t.frames = append(t.frames, f)
}

// nameEnd is where the name that b begins with ends.
func nameEnd(b []byte) int {
	for i, c := range b {
		if isSpace(c) || c == '/' {
			return i
		}
	}
	return len(b)
}

// open makes the frame and the element of a start tag.
func (t *tree) open(name []byte) frame {
	f := frame{mark: len(t.names), bindings: len(t.bindings)}
	if len(t.attrs) > 0 {
		t.bind()
	}
	if len(name) > maxName {
		name = name[:maxName]
	}
	f.begin = len(t.names)
	t.names = append(t.names, name...)
	prefix, local := split(name)
	t.element = element{space: t.resolve(prefix), local: local, attrs: t.attrs}
	return f
}

// release forgets names and bindings of a frame and of what is within.
func (t *tree) release(f frame) {
	t.names, t.bindings = t.names[:f.mark], t.bindings[:f.bindings]
}

// end is an end tag.
func (t *tree) end(name []byte) {
	if len(name) > maxName {
		name = name[:maxName]
	}
	end := len(t.names)
	for i := len(t.frames) - 1; i >= 0; i-- {
		f := &t.frames[i]
		if string(t.names[f.begin:end]) == string(name) {
			t.endTo(i)
			return
		}
		end = f.mark
	}
}

// endTo ends elements until n are open.
func (t *tree) endTo(n int) {
	for len(t.frames) > n {
		f := t.frames[len(t.frames)-1]
		t.frames = t.frames[:len(t.frames)-1]
		t.release(f)
		t.to.end(f.role)
	}
	if n > 0 && t.frames[n-1].wanted {
		t.frames[n-1].wanted = t.to.wants(t.frames[n-1].role)
	}
}

// attributes reads what is behind the name in a start tag. What has no "=" has an empty value, and what is not quoted
// ends at white space, as in HTML; a value that is cut off is none.
func (t *tree) attributes(b []byte) {
	for {
		for len(b) > 0 && (isSpace(b[0]) || b[0] == '/') {
			b = b[1:]
		}
		if len(b) == 0 {
			return
		}
		end := 1
		for end < len(b) && !isSpace(b[end]) && b[end] != '/' && b[end] != '=' {
			end++
		}
		if end == len(b) {
			return
		}
		a := attr{name: b[:end]}
		b = trimLeft(b[end:])
		if len(b) > 0 && b[0] == '=' {
			b = trimLeft(b[1:])
			if len(b) == 0 {
				return
			}
			stop := 0
			if quote := b[0]; quote == '"' || quote == '\'' {
				b = b[1:]
				if stop = bytes.IndexByte(b, quote); stop < 0 {
					return
				}
			} else {
				for stop < len(b) && !isSpace(b[stop]) {
					stop++
				}
			}
			a.value, b = b[:stop], b[stop:]
			if len(b) > 0 {
				b = b[1:]
			}
		}
		t.attrs = append(t.attrs, a)
	}
}
