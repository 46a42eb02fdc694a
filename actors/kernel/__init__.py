"""The actor kernel: pooled mailboxes on pykka's own loop, timers, lanes and snapshots."""
