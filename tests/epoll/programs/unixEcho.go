// Go's netpoller over Unix sockets: a server, 50 clients at once, deadlines, half-closed connections.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

func main() {
	dir, err := os.MkdirTemp("", "echo")
	check(err)
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "socket")
	listener, err := net.Listen("unix", path)
	check(err)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				n, _ := io.Copy(conn, conn)
				fmt.Fprintf(conn, "%d bytes\n", n)
			}()
		}
	}()
	var wait sync.WaitGroup
	var lock sync.Mutex
	var results []string
	for i := 0; i < 50; i++ {
		wait.Add(1)
		go func(i int) {
			defer wait.Done()
			conn, err := net.Dial("unix", path)
			check(err)
			defer conn.Close()
			reader := bufio.NewReader(conn)
			for k := 0; k < 20; k++ {
				fmt.Fprintf(conn, "client %d message %d\n", i, k)
				line, err := reader.ReadString('\n')
				check(err)
				if line != fmt.Sprintf("client %d message %d\n", i, k) {
					fmt.Println("wrong answer", line)
				}
			}
			check(conn.(*net.UnixConn).CloseWrite())
			last, err := reader.ReadString('\n')
			check(err)
			lock.Lock()
			results = append(results, fmt.Sprintf("%02d: %s", i, last))
			lock.Unlock()
		}(i)
	}
	wait.Wait()
	sort.Strings(results)
	for _, r := range results {
		fmt.Print(r)
	}
	// A read that times out.
	conn, err := net.Dial("unix", path)
	check(err)
	conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	_, err = conn.Read(make([]byte, 1))
	fmt.Println("timeout", errors.Is(err, os.ErrDeadlineExceeded))
	listener.Close()
	_, err = net.Dial("unix", path)
	fmt.Println("refused", err != nil)
}
