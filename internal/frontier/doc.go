// Package frontier is what a crawl fetches next, and when: every URL that it has found, exactly once, in a queue for
// each host, and the hosts in the order in which they may be asked.
//
// Its one rule: it knows neither network nor clock. Time is an argument, and so is what became of a request; whoever
// calls it does so from one thread, or holds a lock.
//
// Frontier (frontier.go) is what a crawler asks for, and Memory (memory.go) keeps all of it in memory: some 80 bytes for
// a URL of 40, in pieces that grow without being copied and hold no pointers. Pace (pace.go) is how a host may be asked,
// and depends on nothing else here.
//
// Left out: which URLs belong to a crawl, what robots.txt allows, how often something is tried again, and limits on
// the crawl as a whole, of which its rate is one. The crawler decides on these, and tells.
package frontier
