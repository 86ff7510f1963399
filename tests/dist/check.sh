#!/usr/bin/env bash
# Completions and manual pages as a package has them: check.sh SOURCE_ROOT TIDEWATCH TIDEWATCHD, prints TAP.
# A shell that is not there is skipped, and said.
# shellcheck disable=SC2317 # point runs the functions
set -euo pipefail
root=$1 console=$2 server=$3
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
n=0 failed=0

describe() { python3 "$root/dist/describe.py" "$@"; }

# TITLE COMMAND...: a point that is ok when the command is.
point() {
    local title=$1
    shift
    n=$((n + 1))
    if "$@" >"$made/said" 2>&1; then
        echo "ok $n - $title"
    else
        failed=1
        echo "not ok $n - $title"
        sed 's/^/# /' "$made/said"
    fi
}

skip() {
    n=$((n + 1))
    echo "ok $n - $1 # SKIP $2"
}

# What bash offers for the words, the last of which is being typed. Without the package bash-completion: its
# one function that is used is made here.
offered() {
    bash -c '
        _init_completion() { cword=$((${#words[@]} - 1)) cur=${words[cword]} prev=${words[cword - 1]}; }
        _filedir() { COMPREPLY=(FILES); }
        compopt() { :; }
        source "$1"; shift
        complete_words() { local words=("$@") cword; COMPREPLY=(); "_$1_of_words" "$@"; }
        eval "$(declare -f "_$1" | sed -e "1s/.*/_$1_of_words ()/" -e "s/local cur prev words cword/local cur prev/")"
        complete_words "$@"
        printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}

# SCRIPT "WORDS" EXPECTED...: exactly these are offered. A last word of "" is written ''.
offers() {
    local script=$1 typed=() expected
    read -ra typed <<<"$2"
    [ "${typed[-1]}" != "''" ] || typed[-1]=
    shift 2
    expected=$(printf '%s\n' "$@")
    [ "$(offered "$script" "${typed[@]}")" = "$expected" ] || {
        offered "$script" "${typed[@]}"
        return 1
    }
}

one_of() { offered "$@" | grep -qx -- "$wanted"; }

for program in "$console" "$server"; do
    name=$(basename "$program")
    for shell in bash zsh fish; do
        script=$made/$name.$shell
        describe completion $shell "$program" >"$script"
        if command -v $shell >/dev/null; then
            point "$name: $shell reads its completions" $shell -n "$script"
        else
            skip "$name: $shell reads its completions" "there is no $shell"
        fi
    done
done
bash_console=$made/tidewatch.bash bash_server=$made/tidewatchd.bash
point 'a command is offered' offers "$bash_console" 'tidewatch gam' gameday
point 'a second word is offered' offers "$bash_console" 'tidewatch sim dr' drift
point 'what an option takes is offered' offers "$bash_console" 'tidewatch --theme d' default dark
point 'files are offered' offers "$bash_console" "tidewatch --dashboard ''" FILES
point "a command's own option is offered" offers "$bash_console" 'tidewatch sim latency --bur' --burst
point 'a setting is offered' offers "$bash_console" 'tidewatch --prometheus.ur' --prometheus.url=
point 'the server has its own' offers "$bash_server" 'tidewatchd render-config --fa' --fast-alerts

# Every command that --help names is in all three.
for words in $("$console" --help | sed -n 's/^  tidewatch \([a-z]*\).*/\1/p' | sort -u); do
    wanted=$words
    point "bash offers $words" one_of "$bash_console" tidewatch "$words"
    for shell in zsh fish; do
        point "$shell knows $words" grep -q "'${words}[':]" "$made/tidewatch.$shell"
    done
done

for page in "$root"/dist/man/*.scd; do
    name=$(basename "$page" .scd)
    describe manual "$page" "$console" "$server" >"$made/$name.scd"
    point "$name: everything is filled in" bash -c "! grep -n '^@' '$made/$name.scd'"
    if command -v scdoc >/dev/null; then
        point "$name: scdoc makes a page of it" bash -c "scdoc <'$made/$name.scd' >'$made/$name'"
    else
        skip "$name: scdoc makes a page of it" 'there is no scdoc'
    fi
done
has_setting() { grep -q '^\*store\.durability\* ' "$made/tidewatch.conf.5.scd" && grep -q '^\*console\.theme\* ' "$made/tidewatch.conf.5.scd"; }
point 'tidewatch.conf.5 has the settings of both' has_setting
echo "1..$n"
exit $failed
