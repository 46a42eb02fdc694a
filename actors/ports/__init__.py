"""The ports: what the actors need of the outside world, as Protocols that adapters implement."""
