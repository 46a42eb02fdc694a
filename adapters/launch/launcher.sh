# the0-launcher: fills a bot's folder, starts the bot as its child, passes the stop on, ends with its exit code.
#
# POSIX sh for dash and busybox ash. PID 1 in a container (read-only root, no privileges); the leader of a session
# without one. Arguments: the wrapper's text (or nothing), its file name, the command that is given the wrapper.
# Variables: THE0_CODE, CODE_MOUNT_DIR, STATE_DIR, TMPDIR; THE0_RESULT: folder, emptied first, for result.json at the end;
# THE0_EXIT: file that takes the exit code, for want of an engine that keeps it.

code=${THE0_CODE:-/code/files} bot=/${CODE_MOUNT_DIR:-bot} tmp=${TMPDIR:-/tmp} exit_file=${THE0_EXIT-}
unset THE0_EXIT
child='' asked='' status=''

leave() {
    [ -n "$exit_file" ] || return 0
    printf '%s\n' "$1" >"$exit_file.new" && mv "$exit_file.new" "$exit_file"
    kill -KILL 0 # nobody of this session outlives the bot; in a container the kernel sees to it
}

fail() {
    printf 'the0: %s\n' "$1" >&2
    exit 1
}

# The bot's own regular files; what others wrote (vendor, node_modules) is linked as a whole.
own() {
    find . -type d \( -path ./vendor -o -path ./node_modules \) -prune -o -type f "$@"
}

# Own files are copied, so that they and their folders can be written to; those over 1 MiB are links. Not so with
# JavaScript: node resolves links before it looks for neighbours.
fill() {
    cd "$code" || return 1
    own \( ! -size +1048576c -o -name '*.js' \) \
        -exec sh -c 'tar -cf - "$@" | tar -xf - -C "$0"' "$bot" {} + || return 1
    chmod -R u+w "$bot" 2>/dev/null # the folder itself may be another's
    own -size +1048576c ! -name '*.js' -exec sh -c '
        for file; do
            file=${file#./} link=$0/${file#./}
            mkdir -p "${link%/*}" && ln -s "$PWD/$file" "$link" || exit 1
        done' "$bot" {} + || return 1
    for packages in vendor node_modules; do
        [ ! -d "$packages" ] || ln -s "$code/$packages" "$bot/$packages" || return 1
    done
}

trap 'leave $?' EXIT
trap 'exit 143' TERM INT

if [ -n "${THE0_RESULT-}" ]; then
    rm -rf "$THE0_RESULT" && mkdir -p "$THE0_RESULT" || fail "cannot empty $THE0_RESULT"
fi
fill || fail "cannot fill $bot from $code"
mkdir -p "${STATE_DIR:=/state/.the0-state}" || fail "cannot make $STATE_DIR"
if [ -n "$1" ]; then
    printf '%s\n' "$1" >"$tmp/$2" || fail "cannot write to $tmp"
    set -- "$@" "$tmp/$2"
fi
shift 2
cd "$bot" || fail "cannot enter $bot"

# A child started with & ignores INT, so both arrive as TERM.
trap 'asked=1; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM INT
"$@" &
child=$!
[ -z "$asked" ] || kill -TERM "$child"

# A trap ends `wait` early, with a code of its own; 127 then says that the child was collected before.
while :; do
    asked=''
    wait "$child"
    code=$?
    [ "$code" != 127 ] || [ -z "$status" ] || break
    status=$code
    [ -n "$asked" ] || break
done

[ -z "${THE0_RESULT-}" ] || cp "$bot/result.json" "$THE0_RESULT/" 2>/dev/null
exit "$status"
