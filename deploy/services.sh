# What Labyard starts by itself where nothing is configured: MariaDB, Docker, the firewall watch, and the
# service. Each has a supervisor of its own that restarts it. Sourced by `labyard`.

database_url() { # [DATABASE]
  if [[ $EMBEDDED_DATABASE == yes ]]; then
    printf 'mysql://labyard:%s@127.0.0.1:%s/%s' "$(secret mariadb)" "$MARIADB_PORT" "${1:-labyard}"
  elif [[ -z ${1:-} ]]; then
    printf %s "$DATABASE_URL"
  else # the same server, another database
    printf %s "$DATABASE_URL" | sed -E "s#^([a-z]+://[^/]+)(/[^?]*)?#\\1/$1#"
  fi
}

# ---- supervisors ----

supervisor_pid() { # NAME: its process id when it runs
  local pid
  pid=$(cat "$LABYARD_HOME/run/$1.pid" 2>/dev/null) || return 1
  # The id may have been given to another process since.
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q "labyard supervise $1 " || return 1
  printf %s "$pid"
}

supervise_start() { # NAME
  supervisor_pid "$1" >/dev/null && return 0
  setsid "$REPO/labyard" supervise "$1" "$LABYARD_HOME" </dev/null >>"$LOGS/$1.log" 2>&1 9>&- &
  disown
  wait_for 5 "the supervisor of $1" supervisor_pid "$1"
}

supervise_stop() { # NAME
  local pid
  pid=$(supervisor_pid "$1") || return 0
  kill -TERM "$pid" 2>/dev/null || true
  wait_for "${2:-40}" "the end of $1" eval "! kill -0 $pid" || {
    kill -KILL -- "-$pid" 2>/dev/null || true
  }
}

# The loop of one supervisor: start, wait, start again with growing pauses.
supervise() {
  local name=$1 pause=1 began child=0 status ending=no
  echo $$ >"$LABYARD_HOME/run/$name.pid"
  trap 'ending=yes; ((child == 0)) || kill -TERM "$child" 2>/dev/null || true' TERM INT
  trap '' HUP
  while [[ $ending == no ]]; do
    began=$SECONDS status=0
    "run_$name" &
    child=$!
    # A signal ends `wait` early; wait again until the child is gone.
    while kill -0 "$child" 2>/dev/null; do
      status=0
      wait "$child" || status=$?
    done
    [[ $ending == no ]] || break
    ((SECONDS - began < 60)) || pause=1
    echo "$(date -u +%FT%TZ) labyard: $name ended with $status; starting it again in $pause s"
    sleep "$pause" &
    wait $! || true
    pause=$((pause * 2 > 30 ? 30 : pause * 2))
  done
  rm -f "$LABYARD_HOME/run/$name.pid"
}

# ---- MariaDB ----

mariadb_root() { mariadb --no-defaults --socket="$RUN/mariadb.sock" --user=root "$@"; }
mariadb_answers() { mariadb-admin --no-defaults --socket="$RUN/mariadb.sock" --user=root ping; }

run_mariadb() {
  exec mariadbd --no-defaults --user=mysql --datadir="$LABYARD_HOME/mariadb" --socket="$RUN/mariadb.sock" \
    --pid-file="$LABYARD_HOME/mariadb/mariadbd.pid" --bind-address=127.0.0.1 --port="$MARIADB_PORT" \
    --skip-name-resolve --default-time-zone=+00:00 --character-set-server=utf8mb4 \
    --collation-server=utf8mb4_unicode_ci --max-connections=400 --innodb-buffer-pool-size=256M \
    --max-allowed-packet=64M --skip-log-bin
}

start_mariadb() {
  local data=$LABYARD_HOME/mariadb password
  if [[ ! -e $data/.ready ]]; then
    rm -rf "$data"
    install -d -o mysql -g mysql -m 0750 "$data"
    mariadb-install-db --no-defaults --user=mysql --datadir="$data" --skip-test-db --auth-root-authentication-method=socket
    touch "$data/.ready"
  fi
  install -d -o mysql -g root -m 0755 "$RUN"
  supervise_start mariadb
  wait_for 60 MariaDB mariadb_answers || {
    grep -E "ERROR|labyard:" "$LOGS/mariadb.log" | tail -n 15
    return 1
  }
  password=$(secret mariadb)
  mariadb_root <<SQL
CREATE DATABASE IF NOT EXISTS labyard CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE USER IF NOT EXISTS 'labyard'@'127.0.0.1' IDENTIFIED BY '$password';
ALTER USER 'labyard'@'127.0.0.1' IDENTIFIED BY '$password';
GRANT ALL ON labyard.* TO 'labyard'@'127.0.0.1';
GRANT ALL ON \`labyard\\_%\`.* TO 'labyard'@'127.0.0.1';
SQL
}

# ---- Docker ----

docker_answers() { timeout 5 docker version --format '{{.Server.Version}}'; }
docker_is_local() { [[ $DOCKER_HOST == unix://* ]]; }

run_docker() {
  local options=(
    --data-root "$LABYARD_HOME/docker" --exec-root "$RUN/docker" --pidfile "$RUN/docker.pid"
    -H "unix://$RUN/docker.sock" --bridge none --live-restore --userland-proxy=false
    --log-driver json-file --log-opt max-size=10m --log-opt max-file=2
  )
  local address
  for address in ${WORKSPACE_DNS//,/ }; do options+=(--dns "$address"); done
  rm -f "$RUN/docker.pid"
  exec dockerd "${options[@]}"
}

start_docker() {
  local before=$LABYARD_HOME/run/host-before
  if ! supervisor_pid docker >/dev/null && [[ -S /run/docker.sock ]] &&
    DOCKER_HOST=unix:///run/docker.sock docker_answers >/dev/null 2>&1; then
    # Two engines overwrite each other's firewall rules.
    die "a Docker Engine runs on this machine already. Use it with DOCKER_HOST=unix:///run/docker.sock, or stop it first."
  fi
  # What dockerd changes on the host, so that a purge can put it back.
  if [[ ! -e $before ]]; then
    printf 'FORWARD_POLICY=%s\nIP_FORWARD=%s\n' "$(iptables -w -S FORWARD | awk '/^-P/ {print $3}')" \
      "$(cat /proc/sys/net/ipv4/ip_forward)" >"$before"
  fi
  mount_cgroups
  supervise_start docker
  wait_for 60 "the Docker Engine" docker_answers || {
    tail -n 15 "$LOGS/docker.log"
    return 1
  }
}

# Where no init system mounted them (a chroot, a bare container), Docker cannot start without control groups.
mount_cgroups() {
  local controller
  mountpoint -q /sys/fs/cgroup && return 0
  touch "$LABYARD_HOME/run/cgroup-mounted"
  if grep -qw cgroup2 /proc/filesystems && mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null; then
    grep -qw memory /sys/fs/cgroup/cgroup.controllers && return 0
    umount /sys/fs/cgroup
  fi
  mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
  while read -r controller _; do
    install -d "/sys/fs/cgroup/$controller"
    mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller" || rmdir "/sys/fs/cgroup/$controller"
  done < <(awk '!/^#/ && $4 == 1 {print $1}' /proc/cgroups)
}

# The store is a shared mount of its own: what the mount helper mounts below it appears in containers.
start_store() {
  local store=$LABYARD_HOME/store
  install -d -m 0711 "$store" "$store/homes" "$store/slots"
  mountpoint -q "$store" || mount --bind "$store" "$store"
  mount --make-rshared "$store"
  # Loop device nodes: where udev does not make them on demand, give the kernel some to hand out.
  local n
  [[ -e /dev/loop-control ]] || mknod /dev/loop-control c 10 237
  for n in $(seq 0 "${LOOP_DEVICES:-255}"); do
    [[ -e /dev/loop$n ]] || mknod -m 0660 "/dev/loop$n" b 7 "$n"
  done
}

# ---- firewall watch: rules must come back when somebody flushes them ----

run_firewall() {
  while true; do
    firewall_in_place || { firewall_apply && echo "$(date -u +%FT%TZ) labyard: firewall rules put in place"; }
    sleep 15 &
    wait $!
  done
}

start_firewall() {
  if ! docker_is_local; then
    say "The Docker Engine is remote: run deploy/firewall.sh there ($DOCKER_HOST)."
    return 0
  fi
  # A watch that runs already keeps the rules of the version that started it.
  supervise_stop firewall
  firewall_apply
  supervise_start firewall
}
