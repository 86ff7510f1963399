#!/bin/sh
# Writes the golden files anew from what the code draws and prints now: tests/golden/update.sh [BUILD-DIR].
# Look at `git diff tests/golden` before you commit it.
set -eu
cd "$(dirname "$0")/../.."
TW_UPDATE_GOLDEN=1 meson test -C "${1:-build}" --suite golden
TW_GOLDEN_UPDATE=1 meson test -C "${1:-build}" look-text
git --no-pager diff --stat -- tests/golden
