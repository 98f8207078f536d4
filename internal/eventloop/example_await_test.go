//go:build unix

package eventloop_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"crawl/internal/eventloop"
)

// A future is settled once, and its callbacks run from the loop, never from inside SetResult.
func ExampleFuture() {
	loop, err := eventloop.New(eventloop.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer loop.Close()

	answer := eventloop.NewFuture[int](loop)
	answer.AddDoneCallback(func() { fmt.Println("called back") })
	loop.CallLater(time.Millisecond, func() {
		answer.SetResult(42)
		fmt.Println("settled")
	})
	fmt.Println(eventloop.RunUntilComplete(loop, answer))
	// Output:
	// settled
	// called back
	// 42 <nil>
}

// Tasks take turns at every await. Gather has their results in the order of its arguments, whoever ends first.
func ExampleGather() {
	loop, err := eventloop.New(eventloop.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer loop.Close()

	rest := func(name string, d time.Duration) eventloop.Awaitable[string] {
		return eventloop.CreateTask(context.Background(), loop, name, func(context.Context) (string, error) {
			fmt.Println(name, "begins")
			err := loop.Sleep(d)
			fmt.Println(name, "ends")
			return name, err
		})
	}
	both := eventloop.Gather(loop, rest("hare", time.Second/4), rest("tortoise", time.Millisecond))
	fmt.Println(eventloop.RunUntilComplete(loop, both))
	// Output:
	// hare begins
	// tortoise begins
	// tortoise ends
	// hare ends
	// [hare tortoise] <nil>
}

// What takes too long is cancelled. It can clean up, and the caller gets ErrTimeout, which is a net.Error too.
func ExampleWaitFor() {
	loop, err := eventloop.New(eventloop.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer loop.Close()

	slow := eventloop.CreateTask(context.Background(), loop, "slow", func(context.Context) (int, error) {
		defer fmt.Println("cleaned up")
		return 1, loop.Sleep(time.Hour)
	})
	impatient := eventloop.CreateTask(context.Background(), loop, "impatient", func(context.Context) (int, error) {
		return eventloop.WaitFor(loop, slow, time.Millisecond)
	})
	_, err = eventloop.RunUntilComplete(loop, impatient)
	fmt.Println(err, errors.Is(err, eventloop.ErrTimeout))
	// Output:
	// cleaned up
	// eventloop: timeout true
}
