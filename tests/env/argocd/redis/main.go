// A Redis in memory: Argo CD's parts meet in one, and keep nothing in it that they cannot compute again.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/alicebob/miniredis/v2"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: redis ADDRESS")
		os.Exit(2)
	}
	server := miniredis.NewMiniRedis()
	if err := server.StartAddr(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "redis:", err)
		os.Exit(1)
	}
	fmt.Println("listening on", server.Addr())
	// Time passes in it only when it is told so, and what Argo CD caches must expire.
	for range time.Tick(time.Second) {
		server.FastForward(time.Second)
	}
}
