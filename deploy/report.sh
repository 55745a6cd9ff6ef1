# doctor, status and logs. Sourced by `labyard`.

DOCTOR_MISSING=0
check() { # WHAT HOW-TO-GET-IT COMMAND...
  local what=$1 how=$2
  shift 2
  if "$@" >/dev/null 2>&1; then
    printf '  ok       %s\n' "$what"
  else
    printf '  missing  %s\n           %s\n' "$what" "$how"
    DOCTOR_MISSING=$((DOCTOR_MISSING + 1))
  fi
}

free_gigabytes() { # PATH AT-LEAST
  local path=$1
  while [[ ! -d $path ]]; do path=$(dirname "$path"); done
  (($(df -BG --output=avail "$path" | tail -n 1 | tr -dc 0-9) >= $2))
}
memory_gigabytes() { (($(awk '/^MemTotal/ {print int($2 / 1048576 + 0.5)}' /proc/meminfo) >= $1)); }
port_is_free_or_ours() { supervisor_pid "$1" || ! (exec 3<>"/dev/tcp/127.0.0.1/$2"); }
kernel_has() { grep -qw "$1" /proc/filesystems || modprobe -n "$1"; }
settings_writable_by_root_only() {
  local file
  for file in "$LABYARD_HOME/settings.env" "$REPO/.env"; do
    [[ ! -e $file || -z $(find "$file" -perm /022) ]] || return 1
  done
}

doctor() {
  local install="./labyard up installs it (apt-get install" package
  say "System"
  if is_debian; then
    printf '  ok       %s\n' "$(. /etc/os-release && echo "$PRETTY_NAME")"
  else
    install="install it with your package manager (Debian's name:"
    printf '  note     %s\n' "not Debian 12 or 13: Labyard installs no packages here. Install by hand: MariaDB 10.11 or later"
    printf '           %s\n' "(or set DATABASE_URL to a MySQL 8), Docker Engine 20.10 or later (or set DOCKER_HOST), Node 24 with npm," \
      "debootstrap (or set BASE to an image of Debian 13), iptables, iproute2, procps, e2fsprogs, openssl." \
      "Fedora, RHEL: dnf install mariadb-server moby-engine nodejs24 debootstrap iptables-nft iproute procps-ng e2fsprogs openssl" \
      "Ubuntu: apt-get install mariadb-server docker.io npm debootstrap debian-archive-keyring iptables iproute2 procps e2fsprogs openssl"
  fi
  check "root" "run it with sudo" test "$(id -u)" = 0
  check "4 GB of memory" "JupyterLab takes 100 MB and more a workspace" memory_gigabytes 4
  check "15 GB free for $LABYARD_HOME" "set LABYARD_HOME to a larger disk" free_gigabytes "$LABYARD_HOME" 15
  check "loop devices" "modprobe loop" test -e /dev/loop-control
  check "ext4" "modprobe ext4" kernel_has ext4
  check "overlay" "modprobe overlay" kernel_has overlay
  check "control groups" "./labyard up mounts them" mountpoint -q /sys/fs/cgroup
  say "Programs"
  for package in $(missing_packages); do
    printf '  missing  %s\n           %s %s)\n' "$package" "$install" "$package"
    DOCTOR_MISSING=$((DOCTOR_MISSING + 1))
  done
  for package in $(comm -13 <(missing_packages) <(missing_packages test)); do
    printf '  note     %s is needed for ./labyard test only, which installs it\n' "$package"
  done
  check "Node 24" "./labyard up fetches it from the npm registry" node_is_there
  say "Settings"
  check "settings are readable only as they should be" "chmod go-w $LABYARD_HOME/settings.env $REPO/.env" settings_writable_by_root_only
  check "WORKSPACE_POOL $WORKSPACE_POOL" "it must look like 10.87.0.0/16" firewall_pools
  check "port ${LISTEN##*:} for the service" "something else listens there: set LISTEN and PUBLIC_URL" port_is_free_or_ours app "${LISTEN##*:}"
  [[ $EMBEDDED_DATABASE == no ]] ||
    check "port $MARIADB_PORT for MariaDB" "something else listens there: set MARIADB_PORT" port_is_free_or_ours mariadb "$MARIADB_PORT"
  say "Services"
  if [[ $EMBEDDED_DATABASE == yes ]]; then
    check "MariaDB (embedded)" "./labyard up starts it" mariadb_answers
  else
    check "database at DATABASE_URL" "it does not answer: check the address and the password" database_answers
  fi
  check "Docker Engine at $DOCKER_HOST" "./labyard up starts the embedded one; else check DOCKER_HOST" docker_answers
  if docker_is_local; then
    check "firewall rules" "./labyard up sets them" firewall_in_place
    check "rules hold between containers of one bridge" "modprobe br_netfilter" test "$(cat /proc/sys/net/bridge/bridge-nf-call-iptables 2>/dev/null)" = 1
  fi
  for package in "${IMAGES[@]}"; do
    check "image labyard/$package" "./labyard up builds it" image_id "labyard/$package"
  done
  if image_id labyard/guacd >/dev/null; then
    printf '  note     guacd %s reaches the desktops%s\n' "$(guacd_version)" \
      "$(image_id "$GUACD" >/dev/null || echo "; where a registry answers, $GUACD is taken instead")"
  fi
  check "service at $(app_address)" "./labyard up starts it" app_ready
  say
  if ((DOCTOR_MISSING == 0)); then say "Nothing is missing."; else say "$DOCTOR_MISSING missing."; fi
  ((DOCTOR_MISSING == 0))
}

node_is_there() { (($(node -p 'process.versions.node.split(".")[0]') >= 24)); }

database_answers() {
  local rest host port
  rest=${DATABASE_URL#*://} rest=${rest%%/*} rest=${rest##*@}
  host=${rest%:*} port=${rest##*:}
  [[ $rest == *:* ]] || port=3306
  timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$host" "$port"
}

status() {
  local name pid line
  for name in mariadb docker firewall app ecs-emulator; do
    case $name in
      ecs-emulator) [[ -e $LOGS/ecs-emulator.log ]] || continue ;;
      mariadb) [[ $EMBEDDED_DATABASE == yes ]] || { printf '%-12s %s\n' database "outside, at DATABASE_URL" && continue; } ;;
      docker) [[ $EMBEDDED_DOCKER == yes ]] || { printf '%-12s %s\n' docker "outside, at $DOCKER_HOST" && continue; } ;;
    esac
    line=stopped
    if pid=$(supervisor_pid "$name"); then line="runs since $(ps -o lstart= -p "$pid")"; fi
    printf '%-12s %s\n' "$name" "$line"
  done
  if app_ready >/dev/null 2>&1; then line="ready at $PUBLIC_URL"; else line="not ready"; fi
  printf '%-12s %s\n' service "$line"
  printf '%-12s %s kept, %s workspaces\n' homes "$(count_homes)" "$(count_workspaces)"
  printf '%-12s %s\n' files "$LABYARD_HOME: $(df -h --output=avail "$LABYARD_HOME" 2>/dev/null | tail -n 1 | tr -d ' ') free"
  app_ready >/dev/null 2>&1
}

logs() { # [-f] [NAME]
  local follow=() name=app
  for argument in "$@"; do
    if [[ $argument == -f ]]; then follow=(-F); else name=$argument; fi
  done
  [[ -e $LOGS/$name.log ]] || die "no log of $name. There are: $(cd "$LOGS" 2>/dev/null && ls | sed 's/\.log$//' | paste -sd ' ')"
  exec tail -n 200 "${follow[@]}" "$LOGS/$name.log"
}
