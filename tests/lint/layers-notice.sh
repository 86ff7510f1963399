#!/usr/bin/env bash
# layers.sh can fail: breaks each of its rules once in a copy and demands that it notices.
# layers-notice.sh SOURCE_ROOT, prints TAP.
set -euo pipefail
cd "$1"
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

breaks=( # file, the line that it must not have
    'src/common/json.c #include "server/store/store.h"'
    'src/common/buffer.h #include "tui/data/prom.h"'
    'src/server/ml/drift.c #include "tui/data/prom.h"'
    'src/tui/data/prom.c #include "server/store/store.h"'
    'src/server/store/store.c #include "server/metrics/metrics.h"'
    'src/server/metrics/metrics.c #include "server/ml/model.h"'
    'src/server/ml/model.c #include "server/drill/drill.h"'
    'src/server/drill/drill.c   #  include "server/http/http.h"'
    'src/server/http/router.c #include "server/api/api.h"'
    'src/server/http/router.c #include "server/app.h"'
    'src/server/api/api.h #include "server/config.h"'
    'src/tui/data/prom.c #include "tui/board/dashboard.h"'
    'src/tui/state/ui_state.c #include "tui/view/view.h"'
    'src/tui/misc/misc.c #include "tui/text/units.h"'
    'src/server/misc/misc.c #include "server/store/store.h"'
    'src/common/json_check.c #include <cjson/cJSON.h>'
    'src/tui/data/json.c #include <cjson/cJSON.h>'
    'src/tui/data/prom.c #include <curl/curl.h>'
    'src/common/settings.c #include <ini.h>'
    'src/server/http/auth.c #include <nettle/hmac.h>'
    'src/server/api/api.h #include <microhttpd.h>'
    'src/server/store/query.c #include <sqlite3.h>'
    'src/server/llm/wordpiece.c #include <uninorm.h>'
    'src/tui/command/look.c #include <curses.h>'
    'src/tui/view/view.c #include <ncursesw/ncurses.h>'
)

echo "1..${#breaks[@]}"
n=0 failed=0
for entry in "${breaks[@]}"; do
    file=${entry%% *} n=$((n + 1))
    rm -rf "$copy/src"
    cp -r src "$copy/"
    mkdir -p "$copy/$(dirname "$file")"
    printf '%s\n' "${entry#* }" >>"$copy/$file"
    if bash tests/layers.sh "$copy" >/dev/null; then
        failed=1
        echo "not ok $n - $entry"
    else
        echo "ok $n - $entry"
    fi
done
exit $failed
