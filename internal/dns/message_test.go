//go:build unix

package dns

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

func questionOf(name string, kind dnsmessage.Type) *question {
	return &question{dnsmessage.MustNewName(name), kind}
}

// seeds are messages for the fuzzer, all of them answers to name.test. with ID 7.
func seeds() (all [][]byte) {
	a := &asked{id: 7, q: dnsmessage.Question{Name: dnsmessage.MustNewName("name.test."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}}
	truncated := a.reply()
	truncated.Truncated = true
	for _, m := range []*dnsmessage.Message{
		a.reply(truth), a.reply("name.test. 1 =a.test.", "a.test. 2 192.0.2.2", "test. 3 soa:4"), a.code(dnsmessage.RCodeNameError, "test. 3 soa:4"),
		a.reply("b.test. 1 =name.test.", "name.test. 1 =b.test."), a.code(dnsmessage.RCodeServerFailure), truncated, a.reply(),
	} {
		all = append(all, pack(m))
	}
	return all
}

// TestEveryCut: of an answer that breaks off anywhere, the addresses are taken that it has in whole, or none; what stands
// behind it does not matter.
func TestEveryCut(t *testing.T) {
	q := questionOf("name.test.", dnsmessage.TypeA)
	for _, whole := range seeds() {
		want, wantErr := readReply(whole, 7, q)
		for n := range whole {
			r, err := readReply(whole[:n], 7, q)
			if err == nil && (!slices.Equal(r.addrs, want.addrs) || r.code != want.code || r.hops != want.hops) {
				t.Errorf("the first %d bytes of %x have the addresses %v", n, whole, r.addrs)
			}
		}
		if r, err := readReply(append(bytes.Clone(whole), "trailing"...), 7, q); (err == nil) != (wantErr == nil) || !slices.Equal(r.addrs, want.addrs) {
			t.Errorf("with bytes behind it %x has the addresses %v, %v", whole, r.addrs, err)
		}
	}
}

// FuzzReply: no message makes it panic; what is taken for an answer has the ID and the question, its addresses are of the
// family that was asked for and stand in the message, and a message for one question answers no other.
func FuzzReply(f *testing.F) {
	for _, raw := range seeds() {
		f.Add(raw, false)
		f.Add(raw, true)
	}
	f.Fuzz(func(t *testing.T, raw []byte, six bool) {
		kind := dnsmessage.TypeA
		if six {
			kind = dnsmessage.TypeAAAA
		}
		q := questionOf("name.test.", kind)
		before := bytes.Clone(raw)
		r, err := readReply(raw, 7, q)
		if !bytes.Equal(before, raw) {
			t.Fatal("the message was written to")
		}
		if err != nil {
			if len(r.addrs) > 0 {
				t.Fatalf("an error and addresses: %+v", r)
			}
		} else {
			account(t, raw, q, &r)
		}
		for _, other := range []*question{questionOf("name.test.", kind^dnsmessage.TypeA^dnsmessage.TypeAAAA), questionOf("nama.test.", kind)} {
			if _, e := readReply(raw, 7, other); !errors.Is(err, errOther) && !errors.Is(e, errOther) && !dislikesEDNS(dnsmessage.RCode(raw[3]&15)) {
				t.Fatalf("%x answers two questions", raw)
			}
		}
		if _, err := readReply(raw, 8, q); !errors.Is(err, errOther) && len(raw) > 1 && raw[1] != 8 {
			t.Fatalf("%x answers whatever the ID", raw)
		}
	})
}

// account holds a reply against the message, as the library unpacks it at once.
func account(t *testing.T, raw []byte, q *question, r *reply) {
	t.Helper()
	var p dnsmessage.Parser
	h, err := p.Start(raw)
	if err != nil || h.ID != 7 || !h.Response {
		t.Fatalf("%x is an answer: %v", raw, err)
	}
	questions, err := p.AllQuestions()
	if err != nil || len(questions) > 1 || len(questions) == 0 && !dislikesEDNS(r.code) {
		t.Fatalf("%x has the questions %v: %v", raw, questions, err)
	}
	if len(questions) == 1 && (questions[0].Type != q.kind || !sameName(&questions[0].Name, &q.name)) {
		t.Fatalf("%x answers %v", raw, questions[0])
	}
	if len(r.addrs) == 0 {
		return
	}
	var there []netip.Addr
	for {
		h, err := p.AnswerHeader()
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			break
		}
		switch {
		case err != nil:
			t.Fatalf("%x: %v", raw, err)
		case h.Type == q.kind && q.kind == dnsmessage.TypeA && h.Length == 4:
			body, bad := p.AResource()
			there, err = append(there, netip.AddrFrom4(body.A)), bad
		case h.Type == q.kind && q.kind == dnsmessage.TypeAAAA && h.Length == 16:
			body, bad := p.AAAAResource()
			there, err = append(there, netip.AddrFrom16(body.AAAA).Unmap()), bad
		default: // what is in a record that nobody asked for, or of another name, does not matter
			err = p.SkipAnswer()
		}
		if err != nil {
			t.Fatalf("%x: %v", raw, err)
		}
	}
	for _, a := range r.addrs {
		if !slices.Contains(there, a) || q.kind == dnsmessage.TypeA && !a.Is4() {
			t.Fatalf("%x does not say %v", raw, a)
		}
	}
	if len(r.addrs) > maxAddresses || r.hops > maxHops || !r.hasTTL || r.ttl >= 1<<31 {
		t.Fatalf("%x: out of bounds: %+v", raw, r)
	}
}
