package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// engine is all that there is. The lock is held for every change, and never while something is waited for.
type engine struct {
	sync.Mutex
	takes, obeys, lasts time.Duration
	slots               chan struct{}

	containers map[string]*container
	names      map[string]*container
	volumes    map[string]*volume
	networks   map[string]*network
	images     map[string]bool
	made       uint64

	counts
	alive     map[string]int
	listeners map[chan *event]bool
	past      []*event
	changed   chan struct{}
}

const (
	managed = "runtime.managed"
	botID   = "runtime.id"
	kind    = "runtime.type"
	role    = "the0-actors.role"
)

func (e *engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if path[0] == "_bench" {
		e.bench(w, r, path[1])
		return
	}
	if len(path) > 1 && strings.HasPrefix(path[0], "v1.") {
		path = path[1:]
	}
	what, target := path[0], ""
	if len(path) > 1 {
		target = strings.Join(path[1:], "/")
	}
	w.Header().Set("Api-Version", apiVersion)
	w.Header().Set("Ostype", "linux")
	switch what {
	case "containers":
		e.containerCall(w, r, path[1:])
	case "volumes":
		e.volumeCall(w, r, target)
	case "networks":
		e.networkCall(w, r, target)
	case "images":
		e.imageCall(w, r, target)
	case "events":
		e.called("GET events", nil)
		e.follow(w, r)
	default:
		e.systemCall(w, r, strings.Join(path, "/"))
	}
}

// newID returns an id that no container, network or image had before; the lock is held.
func (e *engine) newID() string {
	e.made++
	sum := sha256.Sum256([]byte(fmt.Sprint(e.made)))
	return hex.EncodeToString(sum[:])
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status int, format string, words ...any) {
	reply(w, status, map[string]string{"message": fmt.Sprintf(format, words...)})
}

// unknown refuses a call that this engine does not know.
func (e *engine) unknown(w http.ResponseWriter, r *http.Request) {
	e.called("unknown "+r.Method+" "+r.URL.Path, nil)
	refuse(w, http.StatusNotImplemented, "this engine does not know %s %s", r.Method, r.URL.Path)
}

// filters reads both forms of the argument: lists, and maps of true.
func filters(r *http.Request) map[string][]string {
	raw, lists := []byte(r.URL.Query().Get("filters")), map[string][]string{}
	var maps map[string]map[string]bool
	if json.Unmarshal(raw, &maps) == nil {
		for name, values := range maps {
			for value := range values {
				lists[name] = append(lists[name], value)
			}
		}
		return lists
	}
	lists = map[string][]string{}
	_ = json.Unmarshal(raw, &lists)
	return lists
}

func labelled(labels map[string]string, wanted []string) bool {
	for _, one := range wanted {
		name, value, exact := strings.Cut(one, "=")
		if got, has := labels[name]; !has || (exact && got != value) {
			return false
		}
	}
	return true
}

func stamp(at time.Time) string {
	if at.IsZero() {
		return "0001-01-01T00:00:00Z"
	}
	return at.UTC().Format(time.RFC3339Nano)
}
