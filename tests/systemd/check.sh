#!/usr/bin/env bash
# The unit as systemd reads it, without starting it: check.sh UNIT SYSUSERS SERVER SETTINGS, prints TAP. Needs systemd-analyze and
# systemd-sysusers (Debian's systemd), no running systemd.
set -euo pipefail
unit=$1 sysusers=$2 server=$3 settings=$4

if ! command -v systemd-analyze >/dev/null || ! command -v systemd-sysusers >/dev/null; then
    echo '1..0 # SKIP there is no systemd here'
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
n=0 failed=0

# NAME COMMAND...: passes when the command does and says nothing on stderr.
point() {
    local name=$1
    shift
    n=$((n + 1))
    if "$@" >"$folder/out" 2>"$folder/err" && [ ! -s "$folder/err" ]; then
        echo "ok $n - $name"
    else
        failed=1
        echo "not ok $n - $name"
        sed 's/^/# /' "$folder/out" "$folder/err"
    fi
}

# The program need not be installed.
installed=$folder/tidewatchd.service
sed 's|^ExecStart=.*/tidewatchd |ExecStart=/bin/true |' "$unit" >"$installed"

starts_the_program() { grep -q '^ExecStart=/.*/tidewatchd --config=/.*/tidewatchd.conf$' "$unit"; }
user_is_the_one_made() { [ "$(sed -n 's/^User=//p' "$unit")" = "$(awk '$1 == "u" { print $2 }' "$sysusers")" ]; }
makes_the_user() {
    mkdir -p "$folder/root/etc"
    systemd-sysusers --root="$folder/root" "$sysusers" 2>&1 && grep -q '^tidewatch:' "$folder/root/etc/passwd"
}

knows_its_settings() { "$server" check-config --config="$settings" >/dev/null; }

point 'the server takes the settings that come with it' knows_its_settings
point 'it starts the program that is installed' starts_the_program
point 'every line of it is understood' systemd-analyze verify --man=no "$installed"
point 'what it may do is exposed less than 2.0 of 10' \
    systemd-analyze security --offline=true --no-pager --threshold=20 "$installed"
point 'its user is the one that sysusers makes' user_is_the_one_made
point 'sysusers makes that user' makes_the_user
echo "# $(systemd-analyze security --offline=true --no-pager "$installed" 2>/dev/null | grep -o 'exposure level.*' || true)"
echo "1..$n"
[ "$failed" -eq 0 ]
