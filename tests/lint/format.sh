#!/usr/bin/env bash
# Every C file has the layout of .clang-format: format.sh SOURCE_ROOT.
set -euo pipefail
cd "$1"
find src tests -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run -Werror
