"""Puts our scripts at the top of JupyterLab's page; fails the build when the page is not as expected."""

from pathlib import Path

page = Path("/opt/venv/share/jupyter/lab/static/index.html")
html = page.read_text(encoding="utf-8")
if html.count("<head>") != 1:
    raise SystemExit("JupyterLab's index.html has no single <head>")
scripts = "".join(
    f'<script type="text/javascript">{{\n{Path("/opt/labyard", name).read_text(encoding="utf-8")}}}</script>'
    for name in ("storage.js", "reconnect.js", "notices.js")
)
page.write_text(html.replace("<head>", f"<head>{scripts}"), encoding="utf-8")
