package coding

import "io"

// How many decompressors of a coding are kept for the next body. Those of deflate hold 50 KB. Those of brotli and
// zstd hold a window, which is up to 16 and 8 MiB of what a server asks for, so there are few of them, and of brotli's none
// that has become large.
const (
	keepDeflate = 16
	keepWindows = 4
	keepBytes   = 4 << 20
)

// A Pool keeps decoders, which are expensive to make, for the next body. Its zero value is empty. It has no lock: its
// owner sees that Get and Put come one at a time. What goes on in a Decoder meanwhile does not touch it.
type Pool struct {
	layers   [numKinds][]layer
	decoders []*Decoder
}

// Get returns a decoder for a body with these codings, of which there has to be one, and which may not unpack to
// more than limit bytes. It has to be stopped, and should be Put back then.
func (p *Pool) Get(l List, limit int64) *Decoder {
	var d *Decoder
	if n := len(p.decoders); n > 0 {
		d = p.decoders[n-1]
		p.decoders = p.decoders[:n-1]
	} else {
		d = &Decoder{out: make([]byte, MaxStretch), chain: make([]meter, 0, 1)}
	}
	*d = Decoder{out: d.out, chain: d.chain[:0], limit: limit}
	for i := l.n - 1; i >= 0; i-- {
		k := l.kinds[i]
		d.chain = append(d.chain, meter{layer: p.layer(k), decoder: d, kind: k})
	}
	var below io.Reader = (*source)(d)
	for i := range d.chain { // which does not move any more
		d.chain[i].reset(below, d)
		below = &d.chain[i]
	}
	return d
}

func (p *Pool) layer(k kind) layer {
	kept := p.layers[k]
	if len(kept) == 0 {
		return newLayer(k)
	}
	l := kept[len(kept)-1]
	p.layers[k] = kept[:len(kept)-1]
	return l
}

// Put gives a decoder back that has been stopped.
func (p *Pool) Put(d *Decoder) {
	if d.broken {
		return
	}
	for i := range d.chain {
		m := &d.chain[i]
		most := keepDeflate
		if m.kind == brotliKind || m.kind == zstdKind {
			most = keepWindows
		}
		if len(p.layers[m.kind]) < most && (m.kind != brotliKind || m.size() <= keepBytes) {
			p.layers[m.kind] = append(p.layers[m.kind], m.layer)
		}
		*m = meter{}
	}
	if len(p.decoders) < keepDeflate {
		p.decoders = append(p.decoders, d)
	}
}
