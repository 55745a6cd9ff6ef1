#!/bin/sh
# Security updates and a campus mirror, whatever the parent image was made of. $1: the mirror, or nothing.
set -eu
mirror=$1
if [ -z "$mirror" ]; then
  mirror=$(sed -n 's/^deb \([^ ]*\) .*/\1/p; s/^URIs: *//p' /etc/apt/sources.list /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1)
fi
mirror=${mirror%/}
if [ -z "$mirror" ]; then exit 0; fi
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
cat >/etc/apt/sources.list <<LIST
deb $mirror trixie main
deb $mirror trixie-updates main
deb ${mirror%/*}/debian-security trixie-security main
LIST
