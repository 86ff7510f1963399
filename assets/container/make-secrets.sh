#!/usr/bin/env bash
#
# Makes the secrets that compose.yaml names, in secrets/ beside it; those that are there are kept.
# The folder is for its owner alone, the files in it for everybody: the services run as different users,
# none of them root, and each sees only the files that are mounted for it.
set -euo pipefail

cd "$(dirname "$(readlink -f "$0")")/../.."
mkdir -p -m 700 secrets
chmod 700 secrets
umask 022
for name in operator_token read_token infer_token grafana_password; do
    if [ -s "secrets/$name" ]; then continue; fi
    od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n' >"secrets/$name"
    echo "made secrets/$name"
done
