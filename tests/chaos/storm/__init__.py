"""A storm of faults over the whole system, and an outside checker that counts who is alive.

`stage` holds every part in a process of its own, `faults` says what may happen to each, `checker` counts bots by the
kernel's own word, `users` changes what is wanted meanwhile, and `storm` lets rounds of faults come and go.
`python -m tests.chaos.storm --minutes 40` runs one; `tests/chaos/test_storm.py` runs a short one.
"""
