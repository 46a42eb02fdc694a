package main

import (
	"archive/tar"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"strings"
	"time"
)

// volume keeps the entries that were put into it, with the content of small files.
type volume struct {
	name, created string
	labels        map[string]string
	entries       map[string]entry
}

type entry struct {
	header  *tar.Header
	content []byte
}

// mount is one of a container's volumes.
type mount struct {
	Type, Source, Target string
	VolumeOptions        struct{ Labels map[string]string }
}

const kept = 1 << 16 // bytes of a file that are kept

func (e *engine) haveVolume(name string, labels map[string]string) *volume {
	if name == "" {
		name = e.newID()
	}
	if e.volumes[name] == nil {
		e.volumes[name] = &volume{name, stamp(time.Now()), labels, map[string]entry{}}
	}
	return e.volumes[name]
}

func (v *volume) shown() map[string]any {
	return map[string]any{
		"Name": v.name, "Driver": "local", "Labels": v.labels, "CreatedAt": v.created, "Scope": "local",
		"Mountpoint": "/nowhere/" + v.name + "/_data",
	}
}

func (e *engine) volumeCall(w http.ResponseWriter, r *http.Request, target string) {
	e.Lock()
	defer e.Unlock()
	switch {
	case r.Method == "POST" && target == "create":
		e.count("POST volumes/create")
		var wanted struct {
			Name   string
			Labels map[string]string
		}
		if decode(w, r, &wanted) {
			reply(w, 201, e.haveVolume(wanted.Name, wanted.Labels).shown())
		}
	case r.Method == "GET" && target == "":
		e.count("GET volumes")
		wanted, found := filters(r)["label"], []any{}
		for _, one := range e.volumes {
			if labelled(one.labels, wanted) {
				found = append(found, one.shown())
			}
		}
		reply(w, 200, map[string]any{"Volumes": found, "Warnings": nil})
	case r.Method == "GET":
		e.count("GET volumes/*")
		if one := e.volumes[target]; one != nil {
			reply(w, 200, one.shown())
			return
		}
		refuse(w, 404, "get %s: no such volume", target)
	case r.Method == "DELETE":
		e.count("DELETE volumes/*")
		e.removeVolume(w, target)
	default:
		e.count("unknown " + r.Method + " volumes/" + target)
		refuse(w, http.StatusNotImplemented, "this engine does not know %s volumes/%s", r.Method, target)
	}
}

func (e *engine) removeVolume(w http.ResponseWriter, name string) {
	if e.volumes[name] == nil {
		refuse(w, 404, "get %s: no such volume", name)
		return
	}
	for _, one := range e.containers {
		for _, mounted := range one.mounts {
			if mounted.Source == name {
				refuse(w, 409, "remove %s: volume is in use - [%s]", name, one.id)
				return
			}
		}
	}
	delete(e.volumes, name)
	w.WriteHeader(204)
}

func (e *engine) diskUsage(w http.ResponseWriter) {
	e.Lock()
	defer e.Unlock()
	found := make([]any, 0, len(e.volumes))
	for name := range e.volumes {
		found = append(found, map[string]any{"Name": name, "UsageData": map[string]int{"Size": 0, "RefCount": 1}})
	}
	reply(w, 200, map[string]any{"Volumes": found})
}

// place finds what keeps a path of a container, and the path in there; the lock is held.
func (e *engine) place(c *container, at string) (map[string]entry, string) {
	at = path.Clean("/" + at)
	for _, one := range c.mounts {
		if at == one.Target || strings.HasPrefix(at, one.Target+"/") {
			inside := path.Clean("/" + strings.TrimPrefix(at, one.Target))
			return e.haveVolume(one.Source, one.VolumeOptions.Labels).entries, inside
		}
	}
	return c.entries, at
}

func (e *engine) archive(w http.ResponseWriter, r *http.Request, c *container) {
	at := r.URL.Query().Get("path")
	if r.Method == "PUT" {
		e.put(w, r, c, at)
		return
	}
	e.Lock()
	entries, inside := e.place(c, at)
	found, has := entries[inside]
	e.Unlock()
	if !has && inside == "/" { // a volume's own folder: anybody may write there, as in the helpers' image
		found = entry{header: &tar.Header{Typeflag: tar.TypeDir, Mode: 0o777}}
	} else if !has {
		refuse(w, 404, "Could not find the file %s in container %s", at, c.id)
		return
	}
	header := *found.header
	header.Name, header.Size = path.Base(at), int64(len(found.content))
	about, _ := json.Marshal(map[string]any{"name": header.Name, "size": header.Size, "mode": header.Mode})
	w.Header().Set("X-Docker-Container-Path-Stat", base64.StdEncoding.EncodeToString(about))
	w.Header().Set("Content-Type", "application/x-tar")
	w.WriteHeader(200)
	if r.Method == "GET" {
		written := tar.NewWriter(w)
		_ = written.WriteHeader(&header)
		_, _ = written.Write(found.content)
		_ = written.Close()
	}
}

func (e *engine) put(w http.ResponseWriter, r *http.Request, c *container, at string) {
	read := tar.NewReader(r.Body)
	for {
		header, err := read.Next()
		if err == io.EOF {
			w.WriteHeader(200)
			return
		}
		if err != nil {
			refuse(w, 400, "%v", err)
			return
		}
		content, _ := io.ReadAll(io.LimitReader(read, kept))
		e.Lock()
		entries, inside := e.place(c, path.Join(at, header.Name))
		entries[inside] = entry{header, content}
		e.Unlock()
	}
}
