package dns

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	// udpSize is what we say we take over UDP (EDNS0): it fits into one packet on nearly every path (RFC 9715).
	udpSize = 1232
	// maxHops bounds a chain of aliases, in one answer or several. Real ones have five at most.
	maxHops = 16
	// maxAddresses of a name are kept: more nobody tries.
	maxAddresses = 128
)

// question is what is asked of a server: the addresses of one family of an absolute name.
type question struct {
	name dnsmessage.Name
	kind dnsmessage.Type // A or AAAA
}

// reply is what a server has said.
type reply struct {
	code      dnsmessage.RCode
	truncated bool // nothing else is known then
	referral  bool // it does not know, and names others that might

	addrs  []netip.Addr
	target dnsmessage.Name // the name at the end of the chain of aliases
	hops   int             // aliases in that chain
	ttl    uint32          // seconds, the least of everything on the way; without a limit if hasTTL is not set
	hasTTL bool
	noSuch bool // the authority section says that there are no (more) records: a negative answer

	server netip.AddrPort // that said it
}

// appendQuery appends a recursive query to b, with EDNS0 (RFC 6891) or without.
func appendQuery(b []byte, id uint16, q *question, edns bool) ([]byte, error) {
	m := dnsmessage.NewBuilder(b, dnsmessage.Header{ID: id, RecursionDesired: true})
	if err := m.StartQuestions(); err != nil {
		return nil, err
	}
	if err := m.Question(dnsmessage.Question{Name: q.name, Type: q.kind, Class: dnsmessage.ClassINET}); err != nil {
		return nil, err
	}
	if edns {
		if err := m.StartAdditionals(); err != nil {
			return nil, err
		}
		var h dnsmessage.ResourceHeader
		if err := h.SetEDNS0(udpSize, dnsmessage.RCodeSuccess, false); err != nil {
			return nil, err
		}
		if err := m.OPTResource(h, dnsmessage.OPTResource{}); err != nil {
			return nil, err
		}
	}
	return m.Finish()
}

// dislikesEDNS reports whether a server that says this may not know EDNS0, and is to be asked without (RFC 6891
// section 7).
func dislikesEDNS(code dnsmessage.RCode) bool {
	return code == dnsmessage.RCodeFormatError || code == dnsmessage.RCodeNotImplemented
}

// readReply reads what came for a query. The error is errOther if it is no answer to that query and the wait goes
// on; with any other, the server has answered and its answer is broken.
func readReply(msg []byte, id uint16, q *question) (reply, error) {
	var p dnsmessage.Parser
	h, err := p.Start(msg)
	if err != nil || h.ID != id || !h.Response || h.OpCode != 0 || !isAbout(&p, q, h.RCode) {
		return reply{}, errOther
	}
	r := reply{code: h.RCode, truncated: h.Truncated, target: q.name}
	if h.Truncated || h.RCode != dnsmessage.RCodeSuccess && h.RCode != dnsmessage.RCodeNameError {
		return r, nil
	}
	if err := r.readAnswers(&p, q); err != nil {
		return reply{}, err
	}
	if len(r.addrs) == 0 || h.RCode == dnsmessage.RCodeNameError {
		if err := r.readAuthority(&p); err != nil {
			return reply{}, err
		}
		r.referral = h.RCode == dnsmessage.RCodeSuccess && r.hops == 0 && !r.noSuch && !h.Authoritative && !h.RecursionAvailable
	}
	return r, nil
}

// isAbout reports whether the question section is q and nothing else. A server that could not read the query may
// have left it out.
func isAbout(p *dnsmessage.Parser, q *question, code dnsmessage.RCode) bool {
	asked, err := p.Question()
	if errors.Is(err, dnsmessage.ErrSectionDone) {
		return dislikesEDNS(code)
	}
	if err != nil || asked.Type != q.kind || asked.Class != dnsmessage.ClassINET || !sameName(&asked.Name, &q.name) {
		return false
	}
	_, err = p.Question()
	return errors.Is(err, dnsmessage.ErrSectionDone)
}

// readAnswers follows the chain of aliases from the name that was asked for, and takes the addresses at its end. The
// records of a chain are in order as a rule, and then one pass does; else there is one more for each alias at most.
func (r *reply) readAnswers(p *dnsmessage.Parser, q *question) error {
	begin := *p
	for {
		before := r.hops
		*p = begin
		if err := r.pass(p, q); err != nil {
			return err
		}
		if len(r.addrs) > 0 || r.hops == before {
			return nil
		}
	}
}

// pass reads all answers once.
func (r *reply) pass(p *dnsmessage.Parser, q *question) error {
	for {
		h, err := p.AnswerHeader()
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("answer section: %w", err)
		}
		ours := h.Class == dnsmessage.ClassINET && sameName(&h.Name, &r.target)
		switch {
		case ours && h.Type == dnsmessage.TypeCNAME:
			err = r.follow(p, h.TTL)
		case ours && h.Type == q.kind:
			err = r.take(p, h)
		default:
			err = p.SkipAnswer()
		}
		if err != nil {
			return fmt.Errorf("answer section: %w", err)
		}
	}
}

// follow takes an alias.
func (r *reply) follow(p *dnsmessage.Parser, ttl uint32) error {
	alias, err := p.CNAMEResource()
	if err != nil {
		return err
	}
	if r.hops++; r.hops > maxHops {
		return errChain
	}
	r.target, r.addrs = alias.CNAME, r.addrs[:0]
	r.limit(ttl)
	return nil
}

// take takes an address.
func (r *reply) take(p *dnsmessage.Parser, h dnsmessage.ResourceHeader) error {
	var addr netip.Addr
	if h.Type == dnsmessage.TypeA {
		if h.Length != 4 { // the library does not look
			return errLength
		}
		a, err := p.AResource()
		if err != nil {
			return err
		}
		addr = netip.AddrFrom4(a.A)
	} else {
		if h.Length != 16 {
			return errLength
		}
		aaaa, err := p.AAAAResource()
		if err != nil {
			return err
		}
		addr = netip.AddrFrom16(aaaa.AAAA).Unmap()
	}
	r.limit(h.TTL)
	if len(r.addrs) < maxAddresses && !slices.Contains(r.addrs, addr) {
		r.addrs = append(r.addrs, addr)
	}
	return nil
}

// readAuthority looks for the SOA record that makes an answer a negative one, and says how long it holds: the lesser
// of its own time to live and its minimum (RFC 2308 section 5).
func (r *reply) readAuthority(p *dnsmessage.Parser) error {
	for {
		h, err := p.AuthorityHeader()
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("authority section: %w", err)
		}
		if h.Type != dnsmessage.TypeSOA || h.Class != dnsmessage.ClassINET {
			if err := p.SkipAuthority(); err != nil {
				return fmt.Errorf("authority section: %w", err)
			}
			continue
		}
		soa, err := p.SOAResource()
		if err != nil {
			return fmt.Errorf("authority section: %w", err)
		}
		r.noSuch = true
		r.limit(h.TTL)
		r.limit(soa.MinTTL)
	}
}

// limit lowers the time to live. One with the highest bit set is 0 (RFC 2181 section 8).
func (r *reply) limit(ttl uint32) {
	if ttl >= 1<<31 {
		ttl = 0
	}
	if !r.hasTTL || ttl < r.ttl {
		r.ttl, r.hasTTL = ttl, true
	}
}
