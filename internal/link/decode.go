package link

// Decode is a whole document in UTF-8, read in the encoding that an Extractor would find for it by the same label; name is
// that encoding's. Without need nothing is copied. What is no character of the encoding is U+FFFD, but in UTF-8, where bytes
// stay what they are.
func Decode(kind Document, label string, doc []byte) (text []byte, name string) {
	c, _, bom := sniff(kind, doc[:min(len(doc), sniffed)], label)
	doc = doc[bom:]
	if c.enc == nil {
		return doc, c.name
	}
	text = make([]byte, 0, len(doc)+len(doc)/8)
	t := Transcoder{to: func(p []byte) { text = append(text, p...) }}
	t.reset(c)
	t.Write(doc)
	t.Close()
	return text, c.name
}
