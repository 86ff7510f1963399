#!/usr/bin/env bash
#
# Starts tidewatchd as the first process of a container. Tokens come as secrets: files of one line under
# /run/secrets that mostly have another owner and another mode than tidewatchd wants, which is readable
# by their owner alone. It gets private copies, in /tmp: memory, where the root is read-only.
set -euo pipefail
umask 077

secrets=/run/secrets
private=/tmp/tidewatch # the image's TIDEWATCH_AUTH_TOKEN_FILE lies there

if [ -d "$secrets" ] && ! [ -x "$secrets" ]; then
    echo "start.sh: $(id -un) may not look into $secrets: mount the files, not their folder" >&2
    exit 1
fi

token() { head -n 1 "$secrets/$1" | tr -d '\r\n'; }

mkdir -p "$private"
if [ -e "$secrets/operator_token" ]; then token operator_token >"$private/operator.token"; fi

# Without tokens for reading and asking tidewatchd listens on loopback alone, and says so.
: >"$private/tokens"
for role in read infer; do
    if [ -e "$secrets/${role}_token" ]; then
        value=$(token "${role}_token")
        echo "$role $value" >>"$private/tokens"
    fi
done
if [ -s "$private/tokens" ]; then export TIDEWATCH_AUTH_TOKENS_FILE=$private/tokens; fi

exec tidewatchd "$@"
