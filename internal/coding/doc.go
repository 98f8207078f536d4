// Package coding undoes the content codings of a body (RFC 9110 section 8.4.1) as it arrives: gzip, deflate, br
// and zstd, one or several on top of each other. A [Decoder] is fed with stretches of the coded body and asked for
// stretches of the decoded one; between two stretches it waits for nobody.
//
// Its one rule: what comes in is hostile. A body is whole only if every coding says so, checksums included; what a
// call of Next does is bounded, and so is what a body may unpack to. Whatever bytes come, there is a body or an
// error with a kind.
//
// The decompressors pull their input, and a body is pushed. So they run in a coroutine (iter.Pull), which gives up
// the thread when the input is used up and goes on when there is more: no goroutine runs beside the caller's, and
// nothing is copied but what decompression copies. The runtime wants a coroutine to be resumed with the lock on the
// OS thread that it was made with: one body belongs to one goroutine, or to one locked thread.
//
// Left out: the coding "compress", which nobody sends any more, dictionaries, and the transfer codings of the same
// names (RFC 9112 section 7.2), which package http1 refuses.
package coding
