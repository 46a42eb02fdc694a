package main

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// event is one happening, for who follows and for who asks what was a moment ago.
type event struct {
	action string
	at     time.Time
	labels map[string]string
	text   []byte
}

const (
	room   = 1 << 17 // events that a listener may be behind
	memory = 1 << 12 // events that are kept for those who ask for what was
)

// tell writes an event to all listeners; the lock is held.
func (e *engine) tell(action string, c *container, more map[string]string) {
	now := time.Now()
	attributes := map[string]string{"image": c.image, "name": c.name}
	for name, value := range c.labels {
		attributes[name] = value
	}
	for name, value := range more {
		attributes[name] = value
	}
	text, _ := json.Marshal(map[string]any{
		"Type": "container", "Action": action, "status": action, "id": c.id, "from": c.image, "scope": "local",
		"Actor": map[string]any{"ID": c.id, "Attributes": attributes}, "time": now.Unix(), "timeNano": now.UnixNano(),
	})
	one := &event{action, now, c.labels, append(text, '\n')}
	if e.past = append(e.past, one); len(e.past) > 2*memory {
		e.past = append([]*event(nil), e.past[memory:]...)
	}
	for listener := range e.listeners {
		select {
		case listener <- one:
		default: // who is so far behind is cut off, as one whose connection broke
			delete(e.listeners, listener)
			close(listener)
		}
	}
	e.happened(action, c, now)
}

func (e *engine) follow(w http.ResponseWriter, r *http.Request) {
	wanted, listener := filters(r), make(chan *event, room)
	since, _ := strconv.ParseFloat(r.URL.Query().Get("since"), 64)
	e.Lock()
	for _, one := range e.past {
		if since > 0 && float64(one.at.UnixNano())/1e9 >= since {
			listener <- one
		}
	}
	e.listeners[listener] = true
	e.Unlock()
	defer func() {
		e.Lock()
		delete(e.listeners, listener)
		e.Unlock()
	}()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(200)
	w.(http.Flusher).Flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case one, open := <-listener:
			if !open {
				return
			}
			if has(wanted["event"], one.action) && labelled(one.labels, wanted["label"]) {
				_, _ = w.Write(one.text)
				w.(http.Flusher).Flush()
			}
		}
	}
}

func has(wanted []string, value string) bool {
	for _, one := range wanted {
		if one == value {
			return true
		}
	}
	return len(wanted) == 0
}
