package main

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// container is one. What it was made from is kept as it came.
type container struct {
	id, name, image, state  string
	labels                  map[string]string
	config, host            map[string]json.RawMessage
	mounts                  []mount
	entries                 map[string]entry
	code                    int
	created, started, ended time.Time
	removesItself           bool
	over                    chan struct{} // closed when it has ended
	atEnd                   []func()      // what else is closed then
}

// bot returns whose container it is; empty: no bot's.
func (c *container) bot() string {
	if c == nil || c.labels[managed] != "true" {
		return ""
	}
	return c.labels[botID]
}

func (e *engine) containerCall(w http.ResponseWriter, r *http.Request, path []string) {
	switch {
	case len(path) == 1 && path[0] == "json":
		e.list(w, r)
	case len(path) == 1 && path[0] == "create" && r.Method == "POST":
		e.create(w, r)
	case len(path) == 1 && r.Method == "DELETE":
		e.oneCall(w, r, path[0], "DELETE containers/*", (*engine).remove)
	case len(path) == 2 && acts[r.Method+" "+path[1]] != nil:
		e.oneCall(w, r, path[0], r.Method+" containers/*/"+path[1], acts[r.Method+" "+path[1]])
	default:
		e.unknown(w, r)
	}
}

type act func(*engine, http.ResponseWriter, *http.Request, *container)

var acts = map[string]act{
	"GET json":     (*engine).inspect,
	"POST start":   (*engine).start,
	"POST kill":    (*engine).kill,
	"POST wait":    (*engine).wait,
	"POST attach":  (*engine).attach,
	"GET logs":     (*engine).logs,
	"GET archive":  (*engine).archive,
	"HEAD archive": (*engine).archive,
	"PUT archive":  (*engine).archive,
}

func (e *engine) oneCall(w http.ResponseWriter, r *http.Request, target, kind string, do act) {
	e.Lock()
	one := e.containers[target]
	if one == nil {
		one = e.names[target]
	}
	e.Unlock()
	if one != nil && one.labels[role] == "lock" {
		kind += " of a lock"
	}
	e.called(kind, one)
	if one == nil {
		refuse(w, 404, "No such container: %s", target)
		return
	}
	do(e, w, r, one)
}

func decode(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		refuse(w, 400, "%v", err)
		return false
	}
	return true
}

func (e *engine) create(w http.ResponseWriter, r *http.Request) {
	var config, host map[string]json.RawMessage
	if !decode(w, r, &config) {
		return
	}
	made := &container{name: r.URL.Query().Get("name"), state: "created", created: time.Now(), config: config,
		entries: map[string]entry{}, over: make(chan struct{})}
	_ = json.Unmarshal(config["Image"], &made.image)
	_ = json.Unmarshal(config["Labels"], &made.labels)
	_ = json.Unmarshal(config["HostConfig"], &host)
	_ = json.Unmarshal(host["Mounts"], &made.mounts)
	_ = json.Unmarshal(host["AutoRemove"], &made.removesItself)
	made.host = host
	delete(config, "HostConfig")
	if config["Tty"] == nil {
		config["Tty"] = json.RawMessage("false") // what a real engine adds, and clients look for
	}
	e.called("POST containers/create", made)
	e.Lock()
	defer e.Unlock()
	if !e.images[made.image] {
		refuse(w, 404, "No such image: %s", made.image)
		return
	}
	made.id = e.newID()
	if made.name == "" {
		made.name = "unnamed_" + made.id[:12]
	}
	if e.names[made.name] != nil {
		refuse(w, 409, "Conflict. The container name %q is already in use", "/"+made.name)
		return
	}
	for _, one := range made.mounts {
		if one.Type == "volume" {
			e.haveVolume(one.Source, one.VolumeOptions.Labels)
		}
	}
	e.containers[made.id], e.names[made.name] = made, made
	e.tell("create", made, nil)
	reply(w, 201, map[string]any{"Id": made.id, "Warnings": []string{}})
}

func (e *engine) list(w http.ResponseWriter, r *http.Request) {
	wanted, all := filters(r), isTrue(r.URL.Query().Get("all"))
	e.calledFor("GET containers/json", wanted["label"])
	found := []any{}
	e.Lock()
	for _, one := range e.containers {
		named := len(wanted["name"]) == 0 || strings.Trim(wanted["name"][0], "^/$") == one.name
		if (all || one.state == "running") && named && labelled(one.labels, wanted["label"]) {
			found = append(found, map[string]any{
				"Id": one.id, "Names": []string{"/" + one.name}, "Image": one.image, "Labels": one.labels,
				"State": one.state, "Created": one.created.Unix(),
				"HostConfig": map[string]any{"NetworkMode": one.host["NetworkMode"]},
			})
		}
	}
	e.Unlock()
	reply(w, 200, found)
}

func isTrue(text string) bool {
	truth, _ := strconv.ParseBool(text)
	return truth
}

func (e *engine) inspect(w http.ResponseWriter, _ *http.Request, c *container) {
	e.Lock()
	defer e.Unlock()
	reply(w, 200, map[string]any{
		"Id": c.id, "Name": "/" + c.name, "Image": imageID(c.image), "Created": stamp(c.created),
		"Config": c.config, "HostConfig": c.host, "RestartCount": 0, "Mounts": []any{},
		"State": map[string]any{
			"Status": c.state, "Running": c.state == "running", "Paused": false, "Restarting": false,
			"OOMKilled": false, "Dead": false, "ExitCode": c.code, "Error": "",
			"StartedAt": stamp(c.started), "FinishedAt": stamp(c.ended),
		},
		"NetworkSettings": map[string]any{"Networks": map[string]any{}},
	})
}

func (e *engine) remove(w http.ResponseWriter, r *http.Request, c *container) {
	e.Lock()
	defer e.Unlock()
	if c.state == "running" && !isTrue(r.URL.Query().Get("force")) {
		refuse(w, 409, "You cannot remove a running container %s", c.id)
		return
	}
	if c.state == "running" {
		c.removesItself = false
		e.end(c, 137)
	}
	e.drop(c)
	w.WriteHeader(204)
}
