"""What is started inside a bot's container: the launcher and the wrappers of the runtimes."""
