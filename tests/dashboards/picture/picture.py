"""Draws our dashboards with Grafana's own components from a Prometheus that runs, into PNGs; not a test, and not Grafana.

    picture.py PROMETHEUS_URL OUT_FOLDER [WINDOW_S]      900 s by default

Needs node, npm (420 MB of packages, once, into $TW_TEST_CACHE) and chromium; pngquant makes the files small where
it is. Says for each dashboard how many queries had numbers, and
fails when the page complains.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "e2e")]
import boards  # noqa: E402
import live  # noqa: E402
import packages  # noqa: E402

PAGE_WIDTH, ROW_HEIGHT, MARGIN = 1416, 38, 16  # as page.jsx has them
COLOURS = "64"


def bundle(modules, folder):
    loaders = [f"--loader:.{kind}=dataurl" for kind in ("ttf", "woff", "woff2", "svg", "png", "gif")]
    (folder / "node_modules").symlink_to(modules / "node_modules")
    shutil.copy(HERE / "page.jsx", folder)
    subprocess.run(["node", modules / "node_modules/esbuild/bin/esbuild", folder / "page.jsx", "--bundle", "--minify",
                    "--jsx=automatic", "--format=iife", "--define:process.env.NODE_ENV=\"production\"",
                    "--log-level=error", f"--outfile={folder / 'page.js'}", *loaders], check=True, cwd=folder)


def collect(prometheus, board, end, window_s):
    """The page's input, and how many queries there are and have numbers."""
    step = live.step_of({}, window_s)
    end -= end % step
    answers, drills, n, n_full = {}, [], 0, 0
    for thing, target, result in live.answers(prometheus, board, end, window_s):
        n, n_full = n + 1, n_full + live.has_number(result or [])
        if target:
            answers.setdefault(thing["id"], []).append({"target": target, "result": result or []})
            thing["column_s"] = live.step_of(thing, window_s)
        else:
            drills += [(at - step, at) for series in result or [] for at, _ in series["values"]]
    return {"board": board, "answers": answers, "drills": sorted(drills), "from": end - window_s, "to": end,
            "step_s": step}, n, n_full


def draw(folder, page, out):
    rows = max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in page["board"]["panels"])
    html = folder / "page.html"
    text = json.dumps(page).replace("</", "<\\/")
    html.write_text("<!doctype html><meta charset=utf-8><link rel=stylesheet href=page.css><div id=root></div>"
                    f"<script>window.INPUT = {text};</script><script src=page.js></script>")
    subprocess.run(["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-extensions",
                    f"--user-data-dir={folder / 'profile'}", f"--window-size={PAGE_WIDTH},{rows * ROW_HEIGHT + MARGIN}",
                    "--allow-file-access-from-files", "--virtual-time-budget=8000", "--enable-logging=stderr",
                    f"--screenshot={out}", html.as_uri()],
                   check=True, timeout=180, stderr=open(folder / "chromium.log", "w"), stdout=subprocess.DEVNULL)
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--ext", ".png", "--nofs", COLOURS, out], check=True)


def main():
    prometheus, out = sys.argv[1].rstrip("/"), pathlib.Path(sys.argv[2]).resolve()
    window_s = int(sys.argv[3]) if len(sys.argv) > 3 else 900
    os.environ.setdefault("TW_TEST_CACHE", str(pathlib.Path.home() / ".cache/tidewatch"))
    try:
        modules = packages.locked_node_modules("dashboard-picture", HERE, "--legacy-peer-deps")
    except unittest.SkipTest as reason:
        sys.exit(f"picture.py: {reason}")
    out.mkdir(parents=True, exist_ok=True)
    end, said = int(time.time()), []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        bundle(modules, folder)
        for uid, board in boards.load().items():
            page, n, n_full = collect(prometheus, board, end, window_s)
            file = out / f"grafana-{uid}.png"
            draw(folder, page, file)
            print(f"{file.name}: {n_full} of {n} queries have numbers, {file.stat().st_size} bytes", flush=True)
            said += [line for line in (folder / "chromium.log").read_text().splitlines() if "CONSOLE" in line]
    sys.exit("\n".join(said) if said else 0)


main()
