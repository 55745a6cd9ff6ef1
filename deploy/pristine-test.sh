#!/usr/bin/env bash
# shellcheck disable=SC2317
# Proves that `up` needs nothing but a Debian 12, and that `down --purge` leaves nothing behind: a debootstrap root
# with its own mounts, processes and network; in it `up` (aborted three times), the main story, `down --purge`.
# Part of `./labyard test --long`. Writes "passed failed skipped" to $RESULT.
set -euo pipefail
REPO=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
# The main story, played from outside against the lab inside: E2E_URL and the others tell where.
STORY=${STORY:-e2e/stories/main.spec.ts}
UP=${UP:-up} # `services` tries the machine's part alone
TOP=${PRISTINE_ROOT:-/var/tmp/labyard-pristine}
ROOT=$TOP/root
SPACE=labyard-pristine
LAB=/var/lib/labyard-pristine # not the default: loop devices are shared with the host
VETH=lypristine0
NET=${PRISTINE_NET:-10.99.87}
RESULT=${RESULT:-$TOP/result}
PASSED=0 FAILED=0 SKIPPED=0
INIT= # the first process of the pristine system

say() { printf '%s\n' "$*"; }

check() { # WHAT COMMAND...
  local what=$1 began=$SECONDS
  shift
  say "-- $what"
  if "$@"; then
    PASSED=$((PASSED + 1)) && say "   ok: $what ($((SECONDS - began)) s)"
  else
    FAILED=$((FAILED + 1)) && say "   FAILED: $what ($((SECONDS - began)) s)"
  fi
}

finish() {
  if [[ -n $INIT ]]; then kill -KILL "$INIT" 2>/dev/null || true; fi
  ip link del "$VETH" 2>/dev/null || true
  firewall_out D 2>/dev/null || true
  ip netns del "$SPACE" 2>/dev/null || true
  [[ ! -f $TOP/forward ]] || cat "$TOP/forward" >/proc/sys/net/ipv4/ip_forward
  local target
  for target in $(awk -v top="$ROOT" 'index($5, top) == 1 {print $5}' /proc/self/mountinfo | sort -ru); do
    umount -l "$target" || true
  done
  [[ ${KEEP:-no} == yes ]] || rm -rf --one-file-system "$ROOT"
  echo "$PASSED $FAILED $SKIPPED" >"$RESULT"
}

firewall_out() { # I or D
  iptables -w -t nat "-${1/I/A}" POSTROUTING -s "$NET.0/24" ! -o "$VETH" -j MASQUERADE
  iptables -w "-$1" FORWARD -i "$VETH" -j ACCEPT
  iptables -w "-$1" FORWARD -o "$VETH" -j ACCEPT
}

make_root() {
  if [[ ${KEEP:-no} == yes && -d $ROOT/root/labyard ]]; then # to try a change quickly
    git -C "$ROOT/root/labyard" fetch -q "$REPO" HEAD && git -C "$ROOT/root/labyard" reset -q --hard FETCH_HEAD
    return 0
  fi
  rm -rf --one-file-system "$ROOT"
  install -d "$ROOT"
  debootstrap --variant=minbase bookworm "$ROOT" ${APT_MIRROR:+"$APT_MIRROR"} >"$TOP/debootstrap.log" 2>&1 ||
    { tail -n 20 "$TOP/debootstrap.log" && return 1; }
  git clone -q --no-hardlinks "$REPO" "$ROOT/root/labyard"
  cp /etc/resolv.conf "$ROOT/etc/resolv.conf"
  grep -q "$(hostname)" "$ROOT/etc/hosts" 2>/dev/null || printf '127.0.0.1 localhost %s\n' "$(hostname)" >"$ROOT/etc/hosts"
  # This campus's CA, given the way an operator would.
  cp "${CA_FILE:-/etc/ssl/certs/ca-certificates.crt}" "$ROOT/root/site-ca.crt"
  local name
  {
    echo "LABYARD_HOME=$LAB"
    echo "CA_FILE=/root/site-ca.crt"
    for name in HTTP_PROXY HTTPS_PROXY NO_PROXY APT_MIRROR PIP_INDEX_URL NPM_REGISTRY EGRESS_ALLOW; do
      [[ -z ${!name:-} ]] || echo "$name=${!name}"
    done
  } >"$ROOT/root/labyard/.env"
}

make_network() {
  ip link del "$VETH" 2>/dev/null || true
  ip netns del "$SPACE" 2>/dev/null || true
  cat /proc/sys/net/ipv4/ip_forward >"$TOP/forward"
  ip netns add "$SPACE"
  ip link add "$VETH" type veth peer name eth0 netns "$SPACE"
  ip addr add "$NET.1/24" dev "$VETH"
  ip link set "$VETH" up
  ip -n "$SPACE" addr add "$NET.2/24" dev eth0
  ip -n "$SPACE" link set lo up
  ip -n "$SPACE" link set eth0 up
  ip -n "$SPACE" route add default via "$NET.1"
  echo 1 >/proc/sys/net/ipv4/ip_forward
  firewall_out I
}

# A first process that keeps the namespaces. Not `ip netns exec`: it hides the control groups.
start_system() {
  nsenter --net="/var/run/netns/$SPACE" unshare --mount --pid --fork --kill-child \
    bash -euc '
      mount --make-rprivate /
      mount --bind "$0" "$0"
      mount -t proc proc "$0/proc"
      mount -t sysfs sysfs "$0/sys"
      mount --rbind /sys/fs/cgroup "$0/sys/fs/cgroup"
      mount --rbind /dev "$0/dev"
      mount -t tmpfs tmpfs "$0/run"
      mount -t tmpfs tmpfs "$0/tmp"
      # A true change of root: in a chroot, containers with shared mounts end up in the real root.
      cd "$0"
      mkdir -p .old
      pivot_root . .old
      exec chroot . /bin/bash -c "umount -l /.old; rmdir /.old; touch /run/started; trap : CHLD; while true; do sleep 1; done"
    ' "$ROOT" </dev/null >"$TOP/init.log" 2>&1 7>&- &
  local outer=$! try
  for try in $(seq 50); do
    INIT=$(pgrep -P "$outer" | head -n 1 || true)
    [[ -z $INIT || ! -e /proc/$INIT/root/run/started ]] || break
    sleep 0.2
  done
  sleep 0.5
  inside true
}

inside() { # COMMAND...: in the pristine system, as a fresh login would
  nsenter --target "$INIT" --mount --pid --net --root \
    env -i -C /root HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb LANG=C.UTF-8 CI=true \
    "$@" </dev/null
}

labyard() { inside /root/labyard/labyard "$@"; }

abort_up() { # by Ctrl-C, while it fetches, unpacks and builds
  local status seconds
  for seconds in ${ABORTS:-10 25 40}; do
    status=0
    inside timeout --foreground -s INT "$seconds" /root/labyard/labyard "$UP" || status=$?
    say
    ((status != 0)) || return 1
  done
}

second_up_is_quick() {
  local began=$SECONDS
  labyard "$UP"
  say "   the second run took $((SECONDS - began)) s"
  ((SECONDS - began <= 30))
}

play_story() {
  local settings
  settings=$(labyard env)
  # Only the network is that of the lab: browser and test runner are this machine's own.
  nsenter --target "$INIT" --net bash -euc '
    cd "$1"
    eval "$2"
    export E2E_URL=http://localhost:3000 E2E_DATABASE_URL=$DATABASE_URL E2E_DEPLOY=labyard CI=true
    export E2E_ACCOUNTS=$3$LABYARD_HOME/run/accounts.labyard DOCKER_HOST=${DOCKER_HOST/unix:\/\//unix://$3}
    export PATH=$1/node_modules/.bin:$PATH
    npx playwright test "$4" --reporter=list --output="$5"
  ' story "$REPO" "$settings" "/proc/$INIT/root" "$STORY" "$TOP/story"
}

snapshot() { # what a purge must bring back
  inside bash -c '
    echo "# mounts"; awk "{print \$5, \$9}" /proc/self/mountinfo | sort
    echo "# links"; ls /sys/class/net | sort
    echo "# files"; ls -d /var/lib/labyard* /run/labyard* 2>/dev/null
    echo "# rules"
    for table in filter nat; do command -v iptables >/dev/null && iptables -t $table -S | grep -v "^-P .* ACCEPT$"; done
    echo "# loops"; losetup -n -l -O BACK-FILE 2>/dev/null | grep labyard-pristine
    echo "# processes"; ps -eo args= 2>/dev/null | grep -E "labyard|mariadbd|dockerd|containerd|node" | grep -v -E "grep|ps -eo|bash -c"
    true'
}

nothing_left() {
  snapshot >"$TOP/after"
  diff <(sed '/^# processes/,$d' "$TOP/before") <(sed '/^# processes/,$d' "$TOP/after") &&
    [[ -z $(sed '1,/^# processes/d' "$TOP/after") ]] || { cat "$TOP/after" && return 1; }
}

# Read to the end before anything runs: the file may change while it works.
main() {
  install -d "$TOP"
  exec 7>"$TOP/lock"
  flock -n 7 || { say "another pristine test is at work" && exit 1; }
  trap finish EXIT
  trap 'exit 130' INT TERM
  say "A pristine Debian 12 in $ROOT"
  make_root
  make_network
  start_system
  snapshot >"$TOP/before"

  [[ ${KEEP:-no} == yes ]] || check "up, stopped by Ctrl-C three times" abort_up
  check "up goes on and ends with a running lab" labyard "$UP"
  check "a second up takes seconds" second_up_is_quick
  check "status" labyard status
  check "doctor finds nothing missing" labyard doctor
  if [[ -e $REPO/$STORY ]]; then check "the main story" play_story; else SKIPPED=1 && say "no story at $STORY"; fi
  check "down" labyard down
  check "up after down" labyard "$UP"
  check "down --purge" labyard down --purge --yes
  check "nothing is left behind" nothing_left
  say "$PASSED passed, $FAILED failed"
  ((FAILED == 0))
}

main
exit
