# the0-launcher: fills a bot's folder, starts the bot as its child, passes the stop on, ends with its exit code.
#
# POSIX sh for dash and busybox ash. PID 1 in a container (read-only root, no privileges); the leader of a session
# without one. Arguments: the wrapper's text (or nothing), its file name, the command that is given the wrapper.
# Variables: THE0_CODE, CODE_MOUNT_DIR, STATE_DIR, TMPDIR; THE0_RESULT: folder, emptied first, for result.json at the end;
# THE0_EXIT: file that takes the exit code, for want of an engine that keeps it.

trap 'exit 143' TERM INT # first of all: what comes to a PID 1 without a trap is lost, and has to be sent again

code=${THE0_CODE:-/code/files} bot=/${CODE_MOUNT_DIR:-bot} tmp=${TMPDIR:-/tmp} exit_file=${THE0_EXIT-}
: "${STATE_DIR:=/state/.the0-state}"
unset THE0_EXIT
child='' asked='' told='' status=''

leave() {
    [ -n "$exit_file" ] || return 0
    printf '%s\n' "$1" >"$exit_file.new" && mv "$exit_file.new" "$exit_file"
    kill -KILL 0 # nobody of this session outlives the bot; in a container the kernel sees to it
}

fail() {
    printf 'the0: %s\n' "$1" >&2
    exit 1
}

# Undoes what a run before may have done to folders that are its own.
unlock() {
    chmod u+rwx "$@" 2>/dev/null
}

empty() {
    rm -rf "$1" 2>/dev/null || { chmod -R u+rwx "$1" && rm -rf "$1"; } 2>/dev/null
    mkdir -p "$1"
}

# The bot's own regular files. What others wrote (vendor, node_modules) is linked as a whole; a result is this run's.
own() {
    find . -type d \( -path ./vendor -o -path ./node_modules \) -prune -o -path ./result.json -o -type f "$@"
}

# Own files are copied, so that they and their folders can be written to; those over 1 MiB are links. Not so with
# JavaScript: node resolves links before it looks for neighbours.
fill() {
    cd "$code" || return 1
    own \( ! -size +1048576c -o -name '*.js' -o -name '*.[cm]js' \) \
        -exec sh -c 'tar -cf - "$@" | tar -xf - -C "$0"' "$bot" {} + || return 1
    chmod -R u+w "$bot" 2>/dev/null # the folder itself may be another's
    own -size +1048576c ! -name '*.js' ! -name '*.[cm]js' -exec sh -c '
        for file; do
            file=${file#./} link=$0/${file#./}
            mkdir -p "${link%/*}" && ln -s "$PWD/$file" "$link" || exit 1
        done' "$bot" {} + || return 1
    for packages in vendor node_modules; do
        [ ! -d "$packages" ] || ln -s "$code/$packages" "$bot/$packages" || return 1
    done
}

# Gives the bot's result out: one byte over the limit at most, which the engine then refuses. For what is no regular
# file a link is left, which it refuses as well.
hand_out() {
    [ "$$" != 1 ] || kill -KILL -1 2>/dev/null # what the bot left running in its container cannot swap the file any more
    unlock "$bot" "${THE0_RESULT%/*}" "$THE0_RESULT"
    [ -e "$bot/result.json" ] || [ -L "$bot/result.json" ] || return 0
    rm -rf "$THE0_RESULT/result.json"
    if [ -f "$bot/result.json" ] && [ ! -L "$bot/result.json" ]; then
        chmod u+r "$bot/result.json"
        head -c 1048577 "$bot/result.json" >"$THE0_RESULT/result.json"
    else
        ln -s nothing "$THE0_RESULT/result.json"
    fi
}

# Tells the bot to stop, once however often it is asked. The file is for a child that is still a shell, which forgets
# a signal that comes before it has dropped our traps.
tell() {
    asked=1
    [ -n "$child" ] && [ -z "$told" ] || return 0
    told=1
    true >"$tmp/.the0-told"
    kill -TERM "$child" 2>/dev/null
}

trap 'leave $?' EXIT

unlock "${STATE_DIR%/*}" "$STATE_DIR"
if [ -n "${THE0_RESULT-}" ]; then
    empty "$THE0_RESULT" || fail "cannot empty $THE0_RESULT"
fi
fill || fail "cannot fill $bot from $code"
mkdir -p "$STATE_DIR" || fail "cannot make $STATE_DIR"
if [ -n "$1" ]; then
    printf '%s\n' "$1" >"$tmp/$2" || fail "cannot write to $tmp"
    set -- "$@" "$tmp/$2"
fi
shift 2
cd "$bot" || fail "cannot enter $bot"

# What the image says stays: its packages behind the bot's own, its user's name.
export PYTHONPATH="$bot/vendor:$bot${PYTHONPATH:+:$PYTHONPATH}" USER="${USER:-bot}"
export LOGNAME="${LOGNAME:-$USER}"

# A child started with & ignores INT, so both arrive as TERM.
trap tell TERM INT
{
    [ ! -e "$tmp/.the0-told" ] || exit 143
    exec "$@"
} &
child=$!
[ -z "$asked" ] || tell

# A trap ends `wait` early, with a code of its own; 127 then says that the child was collected before.
while :; do
    asked=''
    wait "$child"
    code=$?
    [ "$code" != 127 ] || [ -z "$status" ] || break
    status=$code
    [ -n "$asked" ] || break
done

[ -z "${THE0_RESULT-}" ] || hand_out
exit "$status"
