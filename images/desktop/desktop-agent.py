"""A line into the desktop: JSON requests on standard input, answers and news on standard output.

{"id": 1, "do": "clipboard", "text": …}, {"do": "resize", "width": …, "height": …}, {"do": "scale", "dpi": …},
{"do": "notify", "title": …, "body": …, "urgent": …}; answers are {"id": 1} or {"id": 1, "error": …};
news are {"news": "ready"} and {"news": "clipboard", "text": …}.
"""

import json
import os
import select
import subprocess
import sys
import threading

from Xlib import display
from Xlib.ext import xfixes

LONGEST = 1 << 20
RUNTIME = "/tmp/.labyard"

os.environ.update(DISPLAY=":1", XDG_RUNTIME_DIR=RUNTIME, DBUS_SESSION_BUS_ADDRESS=f"unix:path={RUNTIME}/bus")
os.chdir("/")

out = threading.Lock()
# What was put into the clipboard here is no news.
known = {"text": None}


def say(message):
    line = json.dumps(message, ensure_ascii=True)
    with out:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def run(*command, given=None, seconds=5):
    """Runs a program to its end; standard output is kept only where it ends with the program."""
    done = subprocess.run(command, input=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=seconds, check=False)
    return done.returncode, done.stdout


def own(selection, data):
    """Offers the data; the program that does so stays in the background until somebody else does."""
    subprocess.run(
        ["xclip", "-i", "-selection", selection],
        input=data, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=5, check=True,
    )  # fmt: skip


def set_clipboard(request):
    text = str(request["text"])
    data = text.encode("utf-8", "replace")
    if len(data) > LONGEST:
        raise ValueError("too long")
    known["text"] = text
    own("clipboard", data)
    own("primary", data)


def read_clipboard():
    try:
        code, data = run("xclip", "-o", "-selection", "clipboard", "-t", "UTF8_STRING")
    except subprocess.TimeoutExpired:
        return
    if code != 0 or not data or len(data) > LONGEST:
        return
    text = data.decode("utf-8", "replace").replace("\0", "")
    if text != known["text"]:
        known["text"] = text
        say({"news": "clipboard", "text": text})


def output_and_modes():
    """The name of the one output, and the modes of ours that exist."""
    _, said = run("xrandr", "--query")
    name, modes = "VNC-0", []
    for line in said.decode("utf-8", "replace").splitlines():
        words = line.split()
        if len(words) > 1 and words[1] == "connected":
            name = words[0]
        elif words and words[0].startswith("labyard-"):
            modes.append(words[0])
    return name, modes


def resize(request):
    width, height = int(request["width"]), int(request["height"])
    if not (200 <= width <= 7680 and 150 <= height <= 4320):
        raise ValueError("no such size")
    mode = f"labyard-{width}x{height}"
    output, modes = output_and_modes()
    if mode not in modes:
        size = [str(width), "0", "0", str(width), str(height), "0", "0", str(height)]
        run("xrandr", "--newmode", mode, "0", *size)
        run("xrandr", "--addmode", output, mode)
    code, _ = run("xrandr", "--output", output, "--mode", mode)
    if code != 0:
        raise RuntimeError("xrandr refused")
    for old in modes:
        if old != mode:
            run("xrandr", "--delmode", output, old)
            run("xrandr", "--rmmode", old)


def scale(request):
    code, _ = run("/opt/labyard/desktop-scale.py", str(int(request["dpi"])))
    if code != 0:
        raise ValueError("no such density")


def notify(request):
    urgency = "critical" if request.get("urgent") else "normal"
    title, body = str(request["title"])[:200], str(request["body"])[:1000]
    code, _ = run("notify-send", "-a", "Labyard", "-u", urgency, "--", title, body)
    if code != 0:
        raise RuntimeError("nobody shows notes")


DEEDS = {"clipboard": set_clipboard, "resize": resize, "scale": scale, "notify": notify}


def answer(line):
    request = json.loads(line)
    try:
        DEEDS[request["do"]](request)
        say({"id": request["id"]})
    except Exception as error:  # noqa: BLE001 - whatever it was, the line goes on
        say({"id": request["id"], "error": f"{type(error).__name__}: {error}"})


def main():
    screen = display.Display()
    screen.xfixes_query_version()
    clipboard = screen.intern_atom("CLIPBOARD")
    # Only what comes after this connection opened is news.
    screen.xfixes_select_selection_input(screen.screen().root, clipboard, xfixes.XFixesSetSelectionOwnerNotifyMask)
    screen.sync()
    say({"news": "ready"})
    rest = b""
    source = sys.stdin.buffer.raw
    while True:
        # Events that came along with an answer wait in the connection, where select does not see them.
        if not screen.pending_events():
            select.select([source, screen], [], [])
        changed = False
        while screen.pending_events():
            screen.next_event()
            changed = True
        if changed:
            threading.Thread(target=read_clipboard, daemon=True).start()
        if select.select([source], [], [], 0)[0]:
            part = source.read(65536)
            if not part:
                return
            *lines, rest = (rest + part).split(b"\n")
            if len(rest) > 8 * LONGEST:
                return
            for line in lines:
                answer(line)


main()
