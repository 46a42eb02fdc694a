"""Plain values and pure functions about bots: no clock, no I/O, no actors."""
