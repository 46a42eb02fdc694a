"""What each actor decides: the kernel on pykka, bots, sources, messages, domain values and ports.

Nothing here imports an adapter, a supervisor or a client library.
"""
