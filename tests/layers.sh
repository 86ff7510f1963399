#!/usr/bin/env bash
# Who may use whom: layers.sh SOURCE_ROOT, prints TAP. An #include of a room that is not above one's own,
# or of a library that belongs to another file, is a fault; so is a room that this list does not know.
set -euo pipefail
cd "$1"

# Each may use the ones before it.
server_rooms=(store metrics ml llm triage drill http api)
tui_rooms=(text draw data board poll state view screen command)
libraries=( # header, and the one file that includes it
    'cjson/ src/common/json.c' 'curl/ src/common/fetch_parts.h' 'ini.h src/common/settings_ini.c'
    'nettle/ src/common/hash.c' 'microhttpd.h src/server/http/http_parts.h' 'sqlite3.h src/server/store/db.c'
    '(ncursesw/)?n?curses.h src/tui/screen/screen_parts.h' 'libstemmer.h src/server/llm/stem.c'
    'gnutls/ src/server/http/certificate.c'
    'uni(case|ctype|norm|str|types)\.h src/server/llm/bert_words.c'
)
n=0 failed=0

# PROMISE PATTERN FOLDER [FILE]: no line of the folder but of that file includes what the pattern says.
none() {
    local found
    n=$((n + 1))
    if found=$(grep -rnP "^\s*#\s*include\s*[<\"]($2)" "$3" | grep -v "^${4:-none}:"); then
        failed=$((failed + 1))
        printf 'not ok %d - %s\n' $n "$1"
        printf '# %s\n' "${found//$'\n'/$'\n'# }"
    else
        printf 'ok %d - %s\n' $n "$1"
    fi
}

none 'common knows neither program' 'server/|tui/' src/common
none 'the server does not know the console' 'tui/' src/server
none 'the console does not know the server' 'server/' src/tui
# PROGRAM ROOM...: the rooms of src/PROGRAM in their order.
in_order() {
    local program=$1 room above allowed
    shift
    for room in "src/$program"/*/; do
        room=$(basename "$room") allowed="$room/"
        [[ " $* " == *" $room "* ]] || { failed=1 && echo "# the room $room has no place in the order"; }
        for above; do
            [ "$above" != "$room" ] || break
            allowed+="|$above/"
        done
        # Handlers are given the app: api/ alone knows what main builds from the rooms.
        [ "$room" != api ] || allowed+='|app\.h'
        none "$program/$room uses only the rooms above it" "$program/(?!$allowed)" "src/$program/$room"
    done
}

in_order server "${server_rooms[@]}"
in_order tui "${tui_rooms[@]}"
for entry in "${libraries[@]}"; do
    read -r header owner <<<"$entry"
    none "$header is included by $owner alone" "$header" src "$owner"
done
echo "1..$n"
[ $failed -eq 0 ]
