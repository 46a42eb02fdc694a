// Engine answers the part of the Docker Engine API that the runtime uses, from memory, so that an engine costs nothing.
//
// It is for measuring: what it answers is what a real engine answers to the same calls, and what it does not know it
// refuses with 501 and counts. Beside the API it answers under /_bench (see bench.go). It ends with its standard input.
package main

import (
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	socket := flag.String("socket", "", "Unix socket to listen on")
	takes := flag.Duration("start", 0, "how long a start takes")
	atOnce := flag.Int("at-once", 0, "how many starts go on at one time; 0: all")
	obeys := flag.Duration("stop", 0, "how long a container takes to obey a TERM")
	lasts := flag.Duration("lasts", time.Second, "how long the container of a scheduled bot lives")
	flag.Parse()
	listener, err := net.Listen("unix", *socket)
	if err != nil {
		log.Fatal(err)
	}
	engine := newEngine(*takes, *atOnce, *obeys, *lasts)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	log.Fatal(http.Serve(listener, engine))
}

func newEngine(takes time.Duration, atOnce int, obeys, lasts time.Duration) *engine {
	made := &engine{
		takes: takes, obeys: obeys, lasts: lasts,
		containers: map[string]*container{}, names: map[string]*container{},
		volumes: map[string]*volume{}, networks: map[string]*network{}, images: map[string]bool{},
		alive: map[string]int{}, listeners: map[chan *event]bool{}, changed: make(chan struct{}),
	}
	made.reset()
	if atOnce > 0 {
		made.slots = make(chan struct{}, atOnce)
	}
	return made
}
