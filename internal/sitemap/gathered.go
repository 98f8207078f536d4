package sitemap

// gathered is text that comes in stretches, of up to maxValue bytes.
type gathered struct {
	b    []byte
	long bool // it was longer, and is empty
}

func (g *gathered) reset() { g.b, g.long = g.b[:0], false }

// add appends b, with its references decoded if there are refs to decode. long: it was cut.
func (g *gathered) add(b []byte, long, refs bool) {
	if g.long || long {
		g.b, g.long = g.b[:0], true
		return
	}
	if refs {
		g.b = unescape(g.b, b)
	} else {
		g.b = append(g.b, b...)
	}
	if len(g.b) > maxValue {
		g.b, g.long = g.b[:0], true
	}
}

// trimmed is the text without white space around it.
func (g *gathered) trimmed() []byte { return trim(g.b) }
