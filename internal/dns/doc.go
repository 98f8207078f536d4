// Package dns is a stub resolver (RFC 1034 section 5.3.1): it turns host names into addresses by asking the
// recursive servers that resolv.conf names, over the sockets of any [engine.Engine], and keeps what they said for
// as long as they allow.
//
// Its one rule: every question has an answer in bounded time, and an answer does not change once it is there. A
// [Resolver] is asked without waiting ([Resolver.Ask]) and waited for apart from that ([Resolver.Wait]); however
// many ask for a name at once, its servers are asked once. What went wrong is an [Error] with a [Kind], which tells a
// name that does not exist from a server that does not work.
//
// Each query has a connected UDP socket of its own: the system then picks a source port at random, drops what comes
// from elsewhere, and says when nobody listens. What goes unanswered is sent again, less and less often, until its time is
// over; what is truncated is asked for again over TCP (RFC 7766).
//
// Left out: DNSSEC (a stub trusts its servers, or validates by itself; this one trusts), encrypted transports,
// multicast DNS and whatever else nsswitch.conf may add, and every type of record but A, AAAA and CNAME. Configuration
// is read when it is asked for ([ReadConfig], [ReadHosts]), never again: what changes in resolv.conf or the hosts file
// while a resolver is at work, it does not see.
package dns
