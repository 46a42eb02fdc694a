package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// counts is what is measured. Times are Unix seconds of this host's clock.
type counts struct {
	Calls   map[string]int // by kind
	Bots    int            // calls that are about one bot
	Void    int            // starts that found no container to start, or one that ran
	Started int            // bots' containers that were started
	Doubles int            // of those: beside another one of the same bot
	Stopped int            // bots' containers that ended
	Running int            // bots' containers that run now
	Unknown int            // calls that this engine refused because it does not know them
	journal []string
}

// bench answers to the benchmark:
//
//	GET  /_bench/state                        what was counted since the last reset
//	GET  /_bench/journal?from=N               a line for each call about a bot and each happening: time, what, bot, container
//	GET  /_bench/await?running=N&seconds=S    wait until so many bots run; 408 when they do not
//	POST /_bench/exit?bot=ID&code=1           end a bot's container
//	POST /_bench/reset                        count anew
func (e *engine) bench(w http.ResponseWriter, r *http.Request, what string) {
	query := r.URL.Query()
	e.Lock()
	defer e.Unlock()
	switch what {
	case "state":
		reply(w, 200, e.counts)
	case "journal":
		from, _ := strconv.Atoi(query.Get("from"))
		if from > len(e.journal) {
			from = len(e.journal)
		}
		_, _ = w.Write([]byte(strings.Join(e.journal[from:], "")))
	case "await":
		e.await(w, r, query.Get("running"), query.Get("seconds"))
	case "exit":
		e.exit(w, query.Get("bot"), query.Get("code"))
	case "reset":
		e.reset()
		w.WriteHeader(204)
	default:
		refuse(w, 404, "no %s here", what)
	}
}

// reset counts anew; what runs is not forgotten.
func (e *engine) reset() {
	e.counts = counts{Calls: map[string]int{}, Running: e.Running}
}

// await gives the lock away while it waits.
func (e *engine) await(w http.ResponseWriter, r *http.Request, running, seconds string) {
	wanted, _ := strconv.Atoi(running)
	patience, _ := strconv.ParseFloat(seconds, 64)
	late := time.After(time.Duration(patience * float64(time.Second)))
	for e.Running != wanted {
		changed, is := e.changed, e.Running
		e.Unlock()
		select {
		case <-changed:
		case <-late:
			refuse(w, http.StatusRequestTimeout, "%d run, not %d", is, wanted)
			e.Lock()
			return
		case <-r.Context().Done():
			e.Lock()
			return
		}
		e.Lock()
	}
	w.WriteHeader(204)
}

func (e *engine) exit(w http.ResponseWriter, bot, code string) {
	number, _ := strconv.Atoi(code)
	for _, one := range e.containers {
		if one.bot() == bot && one.state == "running" {
			e.end(one, number)
			w.WriteHeader(204)
			return
		}
	}
	refuse(w, 404, "bot %s does not run", bot)
}

// called counts a call, about a bot's container or about none.
func (e *engine) called(kind string, about *container) {
	e.Lock()
	defer e.Unlock()
	e.count(kind)
	if bot := about.bot(); bot != "" {
		e.note(kind, bot, about.id)
	}
}

// calledFor counts a call that is about a bot if its filter names one.
func (e *engine) calledFor(kind string, labels []string) {
	e.Lock()
	defer e.Unlock()
	e.count(kind)
	for _, label := range labels {
		if name, bot, _ := strings.Cut(label, "="); name == botID {
			e.note(kind, bot, "")
		}
	}
}

// count and what follows: the lock is held.
func (e *engine) count(kind string) {
	e.Calls[kind]++
	if strings.HasPrefix(kind, "unknown") {
		e.Unknown++
	}
}

func (e *engine) note(kind, bot, id string) {
	e.Bots++
	e.write(time.Now(), kind, bot, id)
}

func (e *engine) write(at time.Time, what, bot, id string) {
	e.journal = append(e.journal, fmt.Sprintf("%.6f\t%s\t%s\t%s\n", float64(at.UnixNano())/1e9, what, bot, id))
}

func (e *engine) happened(action string, c *container, at time.Time) {
	if bot := c.bot(); bot != "" {
		e.write(at, action, bot, c.id)
	}
}

func (e *engine) begun(c *container) {
	if bot := c.bot(); bot != "" {
		e.Started++
		if e.alive[bot]++; e.alive[bot] > 1 {
			e.Doubles++
		}
		e.moved(1)
	}
}

func (e *engine) over(c *container) {
	if bot := c.bot(); bot != "" {
		e.Stopped++
		if e.alive[bot]--; e.alive[bot] == 0 {
			delete(e.alive, bot)
		}
		e.moved(-1)
	}
	for _, do := range c.atEnd {
		do()
	}
	c.atEnd = nil
}

func (e *engine) moved(by int) {
	e.Running += by
	close(e.changed)
	e.changed = make(chan struct{})
}
