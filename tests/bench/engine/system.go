package main

import (
	"net/http"
	"strings"
	"time"
)

const apiVersion = "1.43"

type network struct {
	ID, Name string
	Labels   map[string]string
}

func (e *engine) systemCall(w http.ResponseWriter, r *http.Request, path string) {
	switch path {
	case "_ping":
		e.called("GET _ping", nil)
		_, _ = w.Write([]byte("OK"))
	case "version":
		e.called("GET version", nil)
		reply(w, 200, map[string]any{
			"Version": "24.0.0", "ApiVersion": apiVersion, "MinAPIVersion": "1.12", "Os": "linux", "Arch": "amd64",
		})
	case "info":
		e.called("GET info", nil)
		reply(w, 200, map[string]any{
			"ID": "the0-bench-engine", "OSType": "linux", "Architecture": "x86_64", "NCPU": 64, "MemTotal": 1 << 40,
			"Driver": "overlay2", "CgroupVersion": "2", "ServerVersion": "24.0.0", "DockerRootDir": "/var/lib/docker",
			"SecurityOptions": []string{"name=seccomp,profile=default"}, "SystemTime": stamp(time.Now()),
		})
	case "system/df":
		e.called("GET system/df", nil)
		e.diskUsage(w)
	default:
		e.unknown(w, r)
	}
}

// imageCall knows every image that a registry could have, and those that were imported.
func (e *engine) imageCall(w http.ResponseWriter, r *http.Request, target string) {
	e.Lock()
	defer e.Unlock()
	query := r.URL.Query()
	switch {
	case r.Method == "POST" && target == "create":
		e.count("POST images/create")
		name, tag := query.Get("fromImage"), query.Get("tag")
		if name == "" {
			name = query.Get("repo")
		}
		if tag != "" {
			name += ":" + tag
		}
		e.images[name], e.images[imageID(name)] = true, true
		reply(w, 200, map[string]string{"status": "done"})
	case r.Method == "GET" && strings.HasSuffix(target, "/json"):
		e.count("GET images/*/json")
		name := strings.TrimSuffix(target, "/json")
		if !e.images[name] {
			refuse(w, 404, "No such image: %s", name)
			return
		}
		reply(w, 200, map[string]any{
			"Id": imageID(name), "RepoTags": []string{name}, "Os": "linux", "Architecture": "amd64",
			"Config": map[string]any{},
		})
	default:
		e.count("unknown " + r.Method + " images/" + target)
		refuse(w, http.StatusNotImplemented, "this engine does not know %s images/%s", r.Method, target)
	}
}

func (e *engine) networkCall(w http.ResponseWriter, r *http.Request, target string) {
	e.Lock()
	defer e.Unlock()
	switch {
	case r.Method == "POST" && target == "create":
		e.count("POST networks/create")
		made := &network{ID: e.newID()}
		if !decode(w, r, made) {
			return
		}
		e.networks[made.Name] = made
		reply(w, 201, map[string]string{"Id": made.ID})
	case r.Method == "GET" && target == "":
		e.count("GET networks")
		wanted, found := filters(r), []any{}
		for _, one := range e.networks {
			named := len(wanted["name"]) == 0 || strings.Contains(one.Name, wanted["name"][0])
			if named && labelled(one.Labels, wanted["label"]) {
				found = append(found, one.shown())
			}
		}
		reply(w, 200, found)
	case r.Method == "GET":
		e.count("GET networks/*")
		if one := e.network(target); one != nil {
			reply(w, 200, one.shown())
			return
		}
		refuse(w, 404, "network %s not found", target)
	case r.Method == "DELETE":
		e.count("DELETE networks/*")
		one := e.network(target)
		if one == nil {
			refuse(w, 404, "network %s not found", target)
			return
		}
		delete(e.networks, one.Name)
		w.WriteHeader(204)
	default:
		e.count("unknown " + r.Method + " networks/" + target)
		refuse(w, http.StatusNotImplemented, "this engine does not know %s networks/%s", r.Method, target)
	}
}

func (e *engine) network(target string) *network {
	for _, one := range e.networks {
		if one.ID == target || one.Name == target {
			return one
		}
	}
	return nil
}

func (n *network) shown() map[string]any {
	return map[string]any{"Id": n.ID, "Name": n.Name, "Labels": n.Labels, "Driver": "bridge", "Containers": map[string]any{}}
}
