#!/usr/bin/env bash
#
# Builds the image and runs what compose.yaml describes, with podman and Debian's docker-compose, without
# a registry: container.sh BASE, where BASE is an image of Debian 12 that is here already.
#
#     debootstrap --variant=minbase bookworm ROOT && tar -C ROOT -c . | podman import - localhost/debian:bookworm
#     tests/live/container.sh localhost/debian:bookworm
#
# As root, with podman, docker-compose, netavark, aardvark-dns, curl and python3 installed. Prometheus and
# Alertmanager are Debian's, in images that stand in for the published ones; Grafana and Chroma are left
# out. Every port is published 10000 above its own. PODMAN_BUILD_FLAGS goes to each `podman build`.
#
# shellcheck disable=SC2317 # check and eventually call the functions
set -euo pipefail

root=$(dirname "$(readlink -f "$0")")/../..
base=${1:?an image of Debian 12}
read -ra build_flags <<<"${PODMAN_BUILD_FLAGS:-}"
project=tidewatch-live
alone=$project-alone
work=$(mktemp -d)
failed=0
pids=()
stand_ins=()

cd "$root"
export CONTAINERS_CONF=$work/containers.conf DOCKER_HOST=unix://$work/podman.sock
export TIDEWATCH_PROMETHEUS_FAST_ALERTS=true

composed() { timeout 300 docker-compose -p "$project" -f "$work/compose.yaml" --project-directory "$work" "$@"; }

console() { composed exec -T tidewatch tidewatch "$@"; }

clean_up() {
    # Only what this run has named or started.
    composed down -v >"$work/down.log" 2>&1 || cat "$work/down.log"
    podman rm -f -v "$alone" >/dev/null 2>&1 || true
    [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
    wait
    # Under the published names they would deceive the next who composes here.
    podman rmi "${stand_ins[@]}" >/dev/null 2>&1 || true
    rm -rf "$work"
}

check() { # WHAT COMMAND...
    local what=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        echo "ok   $what"
    else
        echo "FAIL $what"
        tail -n 5 "$work/out" | sed 's/^/     /'
        failed=1
    fi
}

status_of() { curl -s --noproxy '*' --max-time 10 -o /dev/null -w '%{http_code}' "$@"; }

is() { # EXPECTED ACTUAL
    [ "$1" = "$2" ] || { echo "'$2', not '$1'" && return 1; }
}

eventually() { # SECONDS COMMAND...
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.5
    done
}

# ---- Images --------------------------------------------------------------------------------------

# No default ulimits beyond what an unprivileged sandbox may set; names in the network need netavark.
prepare_podman() {
    cat >"$CONTAINERS_CONF" <<CONF
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=8000:8000"]
[network]
network_backend = "netavark"
[engine]
exit_command_delay = 2 # an exec leaves a process for this long, by default 300 s
runtime = "$(basename "$(command -v runc || command -v crun)")"
CONF
}

build() { nice podman build --format docker "${build_flags[@]}" "$@"; }

build_ours() {
    build --build-arg BUILD_BASE="$base" --build-arg BASE="$base" -t docker.io/library/tidewatch:local .
}

# PACKAGE IMAGE FOLDER: Debian's program where the published image has its own, as nobody too.
build_stand_in() {
    stand_ins+=("docker.io/$2")
    build -t "docker.io/$2" - <<DOCKERFILE
FROM $base
RUN apt-get update && apt-get install -y --no-install-recommends $1 wget && install -d -o 65534 -g 65534 $3
USER 65534:65534
VOLUME $3
ENTRYPOINT ["/usr/bin/$1"]
DOCKERFILE
}

image_of() { sed -n "s|^    image: \(prom/$1:.*\)|\1|p" compose.yaml; }

# ---- The image by itself -------------------------------------------------------------------------

run_alone() {
    podman run --name "$alone" --read-only --cap-drop ALL --security-opt no-new-privileges --tmpfs /tmp "$@" tidewatch:local
}

refuses_without_tokens() {
    ! run_alone --rm >"$work/refusal" 2>&1 && grep 'no tokens are set' "$work/refusal"
}

refuses_closed_folder() {
    ! run_alone --rm -v "$work/secrets:/run/secrets:ro" >"$work/refusal" 2>&1 && grep 'may not look into' "$work/refusal"
}

inside() { podman exec "$alone" "$@"; }

stops_on_sigterm() {
    local began=${EPOCHREALTIME/[.,]/} code
    podman stop -t 15 "$alone" >/dev/null
    code=$(podman inspect "$alone" --format '{{.State.ExitCode}}')
    echo "     SIGTERM to the end: $(((${EPOCHREALTIME/[.,]/} - began) / 1000)) ms, exit code $code" >&3
    is 0 "$code"
}

check_alone() {
    local name mounts=()
    for name in operator_token read_token infer_token; do
        mounts+=(-v "$work/secrets/$name:/run/secrets/$name:ro")
    done
    check 'it refuses to listen beyond loopback without tokens' refuses_without_tokens
    check 'it refuses a folder of secrets that it cannot look into' refuses_closed_folder
    run_alone -d "${mounts[@]}" -p 127.0.0.1:18000:8000 >/dev/null
    check 'it becomes healthy' eventually 30 inside /usr/libexec/tidewatch/healthy.sh
    check 'it runs as an ordinary user' is 10001 "$(inside id -u)"
    check 'its root is read-only' is no "$(inside sh -c 'touch /x 2>/dev/null && echo yes || echo no')"
    check 'it is the first process' is tidewatchd "$(inside cat /proc/1/comm)"
    check 'it has no capability' is 0000000000000000 "$(inside sed -n 's/^CapEff:\t//p' /proc/1/status)"
    check 'its port answers outside' is 200 "$(status_of localhost:18000/health)"
    check 'SIGTERM ends it' stops_on_sigterm
    podman rm -v "$alone" >/dev/null
}

# ---- The composition -----------------------------------------------------------------------------

# The secrets lie beside the file, and ports of this machine may be in use.
prepare_composition() {
    sed -E 's/"127\.0\.0\.1:([0-9]+):/"127.0.0.1:1\1:/; /^  build:/d' compose.yaml >"$work/compose.yaml"
    mkdir -p "$work/assets/container"
    cp assets/container/make-secrets.sh "$work/assets/container/"
    "$work/assets/container/make-secrets.sh" >/dev/null
}

# Podman leaves health checks to systemd, which is not everywhere.
watch_health() {
    while sleep 1; do
        for part in tidewatch alertmanager prometheus; do
            podman healthcheck run "${project}_${part}_1" >/dev/null 2>&1 || true
        done
    done
}

targets_up() {
    local up
    up=$(curl -fsS --noproxy '*' --max-time 5 'http://127.0.0.1:19090/api/v1/targets' |
        python3 -c 'import json, sys
targets = json.load(sys.stdin)["data"]["activeTargets"]
print(*sorted(t["labels"]["job"] for t in targets if t["health"] == "up"))')
    is 'alertmanager llm-rag-api ml-api operations prometheus' "$up"
}

hears_watchdog() {
    local health
    health=$(curl -fsS --noproxy '*' --max-time 5 http://127.0.0.1:18003/health) && grep '"watchdog_age_ms":[0-9]' <<<"$health"
}

ask_with() { # TOKEN
    status_of http://127.0.0.1:18001/chat -H 'Content-Type: application/json' ${1:+-H "Authorization: Bearer $1"} \
        -d '{"query": "How do I reset my password?"}'
}

logged() { console events | grep 'alert .*MLModelDriftHigh.*firing'; }

check_composition() {
    composed up -d --no-build tidewatch alertmanager prometheus >"$work/up.log" 2>&1 || cat "$work/up.log"
    check 'five targets are up' eventually 30 targets_up
    check 'the watchdog is heard' eventually 30 hears_watchdog
    check 'the console sees everything' console --once
    check 'it answers a question' console ask 'How do I reset my password?'
    check 'without a token nobody asks' is 401 "$(ask_with '')"
    check 'the token for reading asks nothing' is 403 "$(ask_with "$(cat "$work/secrets/read_token")")"
    check 'the token for asking does' is 200 "$(ask_with "$(cat "$work/secrets/infer_token")")"
    check 'drift raises its alert' console sim drift
    check "Alertmanager's webhook is in the log" eventually 30 logged
    for part in prometheus alertmanager tidewatch; do
        podman stop -t 30 "${project}_${part}_1" >/dev/null 2>&1
        check "$part stops cleanly" is 0 "$(podman inspect "${project}_${part}_1" --format '{{.State.ExitCode}}')"
    done
}

exec 3>&1
trap clean_up EXIT
prepare_podman
prepare_composition
podman system service --time=0 "$DOCKER_HOST" >"$work/service.log" 2>&1 &
pids+=($!)
watch_health &
pids+=($!)

check 'the image builds' build_ours
podman image inspect tidewatch:local --format '     {{.Size}} bytes'
check 'a stand-in for Prometheus builds' build_stand_in prometheus "$(image_of prometheus)" /prometheus
check 'a stand-in for Alertmanager builds' build_stand_in prometheus-alertmanager "$(image_of alertmanager)" /alertmanager
[ $failed -eq 0 ] || exit 1
check_alone
check_composition
exit $failed
