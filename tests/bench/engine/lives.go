package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

func imageID(name string) string {
	if strings.HasPrefix(name, "sha256:") {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// start runs a container after the time that a start takes, as soon as there is a place for one more.
func (e *engine) start(w http.ResponseWriter, _ *http.Request, c *container) {
	if e.slots != nil {
		e.slots <- struct{}{}
		defer func() { <-e.slots }()
	}
	if e.takes > 0 {
		time.Sleep(e.takes)
	}
	e.Lock()
	defer e.Unlock()
	switch {
	case e.containers[c.id] == nil:
		e.Void++
		refuse(w, 404, "No such container: %s", c.id)
	case c.state == "running":
		e.Void++
		w.WriteHeader(304)
	default:
		c.state, c.started, c.over = "running", time.Now(), make(chan struct{})
		e.begun(c)
		e.tell("start", c, nil)
		if c.labels[kind] == "scheduled" {
			e.endLater(c, e.lasts, 0)
		}
		w.WriteHeader(204)
	}
}

func (e *engine) kill(w http.ResponseWriter, r *http.Request, c *container) {
	term := strings.TrimPrefix(r.URL.Query().Get("signal"), "SIG") == "TERM"
	e.Lock()
	defer e.Unlock()
	if c.state != "running" {
		refuse(w, 409, "Container %s is not running", c.id)
		return
	}
	if term && e.obeys > 0 {
		e.endLater(c, e.obeys, 143)
	} else if term {
		e.end(c, 143)
	} else {
		e.end(c, 137)
	}
	w.WriteHeader(204)
}

// endLater makes a container exit, unless it has until then; the lock is held.
func (e *engine) endLater(c *container, after time.Duration, code int) {
	life := c.over
	time.AfterFunc(after, func() {
		e.Lock()
		defer e.Unlock()
		if c.over == life {
			e.end(c, code)
		}
	})
}

// end makes a running container exit; the lock is held.
func (e *engine) end(c *container, code int) {
	if c.state != "running" {
		return
	}
	c.state, c.code, c.ended = "exited", code, time.Now()
	close(c.over)
	e.over(c)
	e.tell("die", c, map[string]string{"exitCode": fmt.Sprint(code)})
	if c.removesItself {
		e.drop(c)
	}
}

// drop removes a container; the lock is held.
func (e *engine) drop(c *container) {
	if e.containers[c.id] == nil {
		return
	}
	delete(e.containers, c.id)
	delete(e.names, c.name)
	e.tell("destroy", c, nil)
}

func (e *engine) wait(w http.ResponseWriter, r *http.Request, c *container) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(200)
	w.(http.Flusher).Flush()
	e.awaitEnd(r, c)
	_ = json.NewEncoder(w).Encode(map[string]any{"StatusCode": c.code})
}

func (e *engine) awaitEnd(r *http.Request, c *container) {
	e.Lock()
	running, over := c.state == "running", c.over
	e.Unlock()
	if running {
		select {
		case <-over:
		case <-r.Context().Done():
		}
	}
}

// logs gives one line, and goes on to the container's end when it is followed.
func (e *engine) logs(w http.ResponseWriter, r *http.Request, c *container) {
	w.Header().Set("Content-Type", "application/vnd.docker.multiplexed-stream")
	w.WriteHeader(200)
	line := []byte("a bot's line\n")
	head := [8]byte{0: 1}
	binary.BigEndian.PutUint32(head[4:], uint32(len(line)))
	_, _ = w.Write(append(head[:], line...))
	if isTrue(r.URL.Query().Get("follow")) {
		w.(http.Flusher).Flush()
		e.awaitEnd(r, c)
	}
}

// attach holds a container's standard input. A container of the engine's lock ends with it, and it with the container.
func (e *engine) attach(w http.ResponseWriter, _ *http.Request, c *container) {
	connection, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		refuse(w, 500, "%v", err)
		return
	}
	_, _ = io.WriteString(connection, "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n"+
		"Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
	go func() {
		_, _ = io.Copy(io.Discard, buffered)
		e.Lock()
		defer e.Unlock()
		e.end(c, 0)
		_ = connection.Close()
	}()
	e.Lock()
	c.atEnd = append(c.atEnd, func() { _ = connection.Close() })
	e.Unlock()
}
