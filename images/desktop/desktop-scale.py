#!/usr/bin/python3 -I
"""Draws the whole desktop for a screen of so many dots an inch: `desktop-scale.py 192` is twice as large as usual.

Programs of GTK follow at once (XSETTINGS), so does the panel; the window manager and the notes start again, which
loses nothing. X resources tell what is started later. Called before the parts of the desktop run, it prepares for them.
"""

import os
import re
import signal
import subprocess
import sys

RUNTIME = "/tmp/.labyard"

#: Lengths of tint2's settings, in pixels; `panel_size` has a percentage before it.
LENGTHS = re.compile(
    r"(?m)^(panel_padding|launcher_padding|launcher_icon_size|taskbar_padding|task_maximum_size|task_padding"
    r"|systray_padding|systray_icon_size|clock_padding|tooltip_padding|rounded|panel_size = 100%) ?=? ?(.*)$"
)
FONTS = re.compile(r"(?m)^(\w+_font = .*?) (\d+)$")


def write(name, text):
    with open(f"{RUNTIME}/{name}.new", "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(f"{RUNTIME}/{name}.new", f"{RUNTIME}/{name}")


def panel(scale):
    def lengths(found):
        values = " ".join(str(round(int(value) * scale)) for value in found[2].split())
        return f"{found[1]} {values}" if "%" in found[1] else f"{found[1]} = {values}"

    text = open("/etc/xdg/tint2/tint2rc", encoding="utf-8").read()
    text = FONTS.sub(lambda found: f"{found[1]} {round(int(found[2]) * scale)}", text)
    return LENGTHS.sub(lengths, text)


def windows(scale):
    """The window manager's own settings, with buttons of the size; None before they are made."""
    try:
        text = open(f"{RUNTIME}/openbox.xml", encoding="utf-8").read()
    except FileNotFoundError:
        return None
    return re.sub("<name>Labyard(-large)?</name>", f"<name>Labyard{'-large' if scale >= 1.75 else ''}</name>", text)


def settings(dpi, scale):
    # GTK enlarges by whole numbers only; the rest is larger text.
    whole = max(1, int(scale + 0.25))
    return (
        f"Gdk/WindowScalingFactor {whole}\nGdk/UnscaledDPI {dpi * 1024 // whole}\nXft/DPI {dpi * 1024}\n"
        # The picture of the pointer is drawn by the browser, in its own size.
        f"Gtk/CursorThemeSize {24 // whole}\n"
    )


def tell(name, number):
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/comm", encoding="utf-8") as file:
                    if file.read().strip() == name:
                        os.kill(int(entry), number)
            except OSError:
                continue


def main():
    dpi = int(sys.argv[1])
    if not 48 <= dpi <= 480:
        sys.exit("no such density")
    known = f"{RUNTIME}/dpi"
    if os.path.exists(known) and open(known, encoding="ascii").read() == str(dpi):
        return
    scale = dpi / 96
    write("tint2rc", panel(scale))
    write("xsettingsd.conf", settings(dpi, scale))
    if (text := windows(scale)) is not None:
        write("openbox.xml", text)
    subprocess.run(["xrdb", "-nocpp", "-merge", "-"], input=f"Xft.dpi: {dpi}\n".encode(), check=False, timeout=5)
    if os.path.exists(known):
        tell("xsettingsd", signal.SIGHUP)
        subprocess.run(["openbox", "--restart"], check=False, timeout=5)
        tell("tint2", signal.SIGUSR1)
        tell("dunst", signal.SIGTERM)
    write("dpi", str(dpi))


main()
