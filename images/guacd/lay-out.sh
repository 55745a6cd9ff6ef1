#!/bin/sh
# Unpacks bullseye's guacd with all that it needs into $2. $1: the mirror, or nothing.
set -eu
mirror=${1:-http://deb.debian.org/debian} root=$2 work=$(mktemp -d)
mirror=${mirror%/}
mkdir -p "$work/lists/partial" "$work/archives/partial" "$root"
: >"$work/status"
apt() {
  apt-get -q -y -o Dir::Etc::SourceList="$work/sources" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$work/lists" \
    -o Dir::State::Status="$work/status" -o Dir::Cache::Archives="$work/archives" -o APT::Sandbox::User=root \
    -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none "$@"
}
# An old release moves to the archive some day, and of its security updates a mirror may keep the index only.
old=http://archive.debian.org
done=
for places in "$mirror ${mirror%/*}/debian-security" "$mirror" "$old/debian $old/debian-security" "$old/debian"; do
  for place in $places; do
    case $place in
      *-security) echo "deb $place bullseye-security main" ;;
      *) echo "deb $place bullseye main" ;;
    esac
  done >"$work/sources"
  if apt --error-on=any update && apt install --no-install-recommends --download-only \
    guacd libguac-client-vnc0 libguac-client-rdp0 libc-bin; then
    done=yes
    break
  fi
done
[ -n "$done" ]
for package in "$work"/archives/*.deb; do
  case ${package##*/} in
    # Asked for by dependencies of packages' own scripts, which do not run here.
    perl*|libperl*|debconf_*|dpkg_*|tar_*|adduser_*|passwd_*|login_*|iso-codes_*|shared-mime-info_*|hicolor*|adwaita*|dconf*|fonts-*|mesa*|libgl1-mesa*|libllvm*|systemd*|dbus*) ;;
    *) dpkg-deb -x "$package" "$root" ;;
  esac
done
rm -rf "$root/usr/share/doc" "$root/usr/share/man" "$root/usr/share/locale" "$root/usr/share/icons" "$root/var/cache"
install -d -m 1777 "$root/tmp"
mkdir -p "$root/etc"
echo 'nobody:x:65534:65534:nobody:/tmp:/usr/sbin/nologin' >"$root/etc/passwd"
echo 'nogroup:x:65534:' >"$root/etc/group"
find "$root" -xdev -type f -perm /6000 -exec chmod a-s {} +
ls "$work/archives" | grep -E '^(guacd|libguac|libfreerdp2|libvncclient)' || true
rm -rf "$work"
