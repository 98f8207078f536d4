// Package eventloop is a single-threaded event loop with futures and tasks, modelled on Python's asyncio.
//
// A [Loop] runs callbacks ([Handle]), timers ([TimerHandle]) and coroutines ([Task]) on one OS thread, and
// polls non-blocking sockets ([Conn]) in between. A [Future] is a result that is not there yet; a task that
// awaits one is suspended and costs its parked stack and nothing else. Coroutines are iter.Pull: a direct
// switch on the same thread, no scheduler in between.
//
// The one rule: everything here belongs to the thread that runs the loop. The only doors from elsewhere are
// [Loop.CallSoonThreadsafe] and what is built on it: [RunInExecutor] and [Loop.AddSignalHandler].
//
// What that asks of code inside a task:
//
//   - It may block only in this package: Await, Sleep, Conn.Read and so on. A channel, a file, a lock that
//     another task holds across an await stop every task there is.
//   - It must not call runtime.LockOSThread or runtime.Goexit (so no t.FailNow): both end the loop's own
//     goroutine, and the runtime offers no way to catch that.
//   - Deadlines come from the loop's clock: Conn.SetDeadline, [Loop.Timeout], [WaitFor]. A context's
//     cancellation runs on other threads and reaches a task only as [Task.Cancel].
//
// A goroutine runs one loop at a time: each locks the thread once, from its first run to its Close, and where
// two have locked it the runtime throws when a task of the first is resumed. Nothing can catch that either.
//
// Left out: names (they are resolved by the caller), TLS (crypto/tls runs in a task over a Conn), files.
//
// Reading order: future.go, task.go, loop.go, then poller_epoll_linux.go and conn.go.
package eventloop
