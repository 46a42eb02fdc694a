"""What a whole run of the tests needs beside Python packages: a Docker Engine of its own, and no trace of it after."""
