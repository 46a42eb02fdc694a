"""One module for each command or small group of commands."""
