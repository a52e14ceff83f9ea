// Reads the clock a hundred thousand times, from several goroutines.
package main

import (
	"fmt"
	"sync"
	"time"
)

func main() {
	start := time.Now()
	var wg sync.WaitGroup
	for g := 0; g < 4; g++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			last := time.Now()
			for i := 0; i < 25000; i++ {
				now := time.Now()
				if now.Before(last) {
					panic("the clock went backward")
				}
				last = now
			}
		}()
	}
	wg.Wait()
	fmt.Println("forward:", time.Since(start) > 0)
}
