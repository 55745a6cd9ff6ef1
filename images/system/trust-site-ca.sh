#!/bin/sh
# Adds those certificates of the bundle $1 that Debian does not bring to the image's trusted ones.
set -eu
python3 - "$1" /etc/ssl/certs/ca-certificates.crt /usr/local/share/ca-certificates <<'PYTHON'
import pathlib, re, sys
bundle, known, target = map(pathlib.Path, sys.argv[1:])
certificates = lambda path: re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", path.read_text(errors="replace"), re.S)
body = lambda text: "".join(text.split())
have = {body(text) for text in certificates(known)}
for number, text in enumerate(c for c in certificates(bundle) if body(c) not in have):
    (target / f"site-{number}.crt").write_text(f"-----BEGIN CERTIFICATE-----{text}-----END CERTIFICATE-----\n")
PYTHON
update-ca-certificates
