# Stops a lab, and with --purge removes everything that was made. Sourced by `labyard`.

our_containers() { # [RUNNING-ONLY]: of this deploy; of the embedded engine all, for all of them are ours
  local filter=()
  [[ $EMBEDDED_DOCKER == yes ]] || filter=(--filter "label=labyard.deploy=$DEPLOY_ID")
  docker ps -q "${1:--a}" "${filter[@]}" 2>/dev/null
}

stop_containers() {
  docker_answers >/dev/null 2>&1 || return 0
  local list
  mapfile -t list < <(our_containers --no-trunc)
  ((${#list[@]} == 0)) || docker stop -t 10 "${list[@]}" >/dev/null
  echo "${#list[@]} containers stopped"
}

# Mounts below DIRECTORY, the deepest first, as seen by this process.
mounts_below() {
  awk -v top="$1" '$5 == top || index($5, top "/") == 1 {print $5}' /proc/self/mountinfo |
    sed 's/\\040/ /g' | LC_ALL=C sort -ru
}

unmount_below() {
  local target
  while read -r target; do
    umount "$target" 2>/dev/null || umount -l "$target" 2>/dev/null || true
  done < <(mounts_below "$1")
}

unmount_homes() {
  unmount_below "$LABYARD_HOME/store/slots"
  unmount_below "$LABYARD_HOME/store/views"
  free_loops
}

# By device and inode, not by name: the mount helper attached them under the names of its own mount namespace.
free_loops() {
  local homes=$LABYARD_HOME/store/homes device ours
  [[ -d $homes ]] || return 0
  ours=$(find "$homes" -name '*.ext4' -exec stat -c '%Hd:%Ld/%i' {} +)
  while read -r device; do
    losetup -d "$device" 2>/dev/null || true
  done < <(losetup -n -l -O 'NAME,BACK-MAJ:MIN,BACK-INO' 2>/dev/null | awk '{print $1, $2 "/" $3}' |
    grep -F -w -f <(printf '%s\n' "${ours:-none}") | cut -d' ' -f1)
}

stop_docker() {
  supervise_stop docker 60
  # Containerd and its shims outlive a dockerd that was killed.
  local pid
  for pid in $(pgrep -f -- "$RUN/docker/" || true); do
    [[ $pid == "$$" ]] || kill -TERM "$pid" 2>/dev/null || true
  done
  rm -f "$RUN/docker.sock" "$RUN/docker.pid"
}

bring_down() {
  begin_steps 3
  step "stopping the service" eval 'supervise_stop app; stop_ecs_emulator'
  step "stopping workspaces" eval 'stop_containers; unmount_homes'
  step "stopping the embedded services" stop_services
}

stop_services() {
  supervise_stop firewall
  if [[ $EMBEDDED_DOCKER == yes ]]; then stop_docker; fi
  if [[ $EMBEDDED_DATABASE == yes ]]; then supervise_stop mariadb 60; fi
}

# ---- purge ----

count_homes() { find "$LABYARD_HOME/store/homes" -name '*.ext4' 2>/dev/null | wc -l; }
count_workspaces() {
  docker ps -aq --filter label=labyard.workspace --filter "label=labyard.deploy=$DEPLOY_ID" 2>/dev/null | wc -l
}

confirm_purge() { # YES
  local homes workspaces answer
  homes=$(count_homes)
  workspaces=$(count_workspaces)
  say "This removes the lab in $LABYARD_HOME for good: $homes homes of students, $workspaces workspaces,"
  say "the database, collected files, images, networks, firewall rules and settings."
  [[ $EMBEDDED_DATABASE == yes ]] || say "The database at DATABASE_URL is not yours to lose here: it stays."
  [[ $1 != yes ]] || return 0
  [[ -t 0 ]] || die "not a terminal: say --yes to confirm"
  read -r -p "Type the number of homes ($homes) to go on: " answer
  [[ $answer == "$homes" ]] || die "nothing was removed"
}

purge_containers() {
  local list
  if ! docker_answers >/dev/null 2>&1; then
    [[ $EMBEDDED_DOCKER == yes && -d $LABYARD_HOME/docker ]] && have dockerd || return 0
    start_docker # stopped by `down` before: its networks must go through it
  fi
  mapfile -t list < <(our_containers)
  ((${#list[@]} == 0)) || docker rm -f -v "${list[@]}" >/dev/null
  if [[ $EMBEDDED_DOCKER == yes ]]; then
    mapfile -t list < <(docker network ls -q --filter type=custom)
  else
    mapfile -t list < <(docker network ls -q --filter "label=labyard.deploy=$DEPLOY_ID")
  fi
  ((${#list[@]} == 0)) || docker network rm "${list[@]}" >/dev/null
  if [[ $EMBEDDED_DOCKER == no ]]; then
    mapfile -t list < <(docker images -q --filter label=labyard.inputs | sort -u)
    ((${#list[@]} == 0)) || docker rmi -f "${list[@]}" >/dev/null
    docker rmi labyard/debian >/dev/null 2>&1 || true
  fi
}

restore_host() {
  ! docker_is_local || firewall_remove
  [[ $EMBEDDED_DOCKER == yes ]] || return 0
  local FORWARD_POLICY='' IP_FORWARD='' chain table
  load_host_before
  if have_iptables; then
    for table in filter nat; do
      for chain in FORWARD PREROUTING OUTPUT POSTROUTING; do remove_docker_jumps "$table" "$chain"; done
      for chain in $(iptables -w -t "$table" -S 2>/dev/null | awk '$1 == "-N" && $2 ~ /^DOCKER/ {print $2}'); do
        iptables -w -t "$table" -F "$chain"
      done
      for chain in $(iptables -w -t "$table" -S 2>/dev/null | awk '$1 == "-N" && $2 ~ /^DOCKER/ {print $2}'); do
        iptables -w -t "$table" -X "$chain" || true
      done
    done
    [[ -z $FORWARD_POLICY ]] || iptables -w -P FORWARD "$FORWARD_POLICY"
  fi
  [[ -z $IP_FORWARD ]] || echo "$IP_FORWARD" >/proc/sys/net/ipv4/ip_forward || true
  # Control groups of containers that are gone.
  find /sys/fs/cgroup -mindepth 2 -depth -type d -path '*/docker*' -exec rmdir {} + 2>/dev/null || true
  if [[ -e $LABYARD_HOME/run/cgroup-mounted ]]; then unmount_below /sys/fs/cgroup; fi
}

load_host_before() {
  local key value
  [[ -r $LABYARD_HOME/run/host-before ]] || return 0
  while IFS='=' read -r key value; do printf -v "$key" %s "$value"; done <"$LABYARD_HOME/run/host-before"
}

remove_docker_jumps() { # TABLE CHAIN
  local number
  while number=$(iptables -w -t "$1" -S "$2" 2>/dev/null | grep '^-A' | grep -n -E -- '-j DOCKER|-o br-|-i br-|-o docker0' |
    cut -d: -f1 | tail -n 1) && [[ -n $number ]]; do
    iptables -w -t "$1" -D "$2" "$number"
  done
}

purge_files() {
  unmount_below "$LABYARD_HOME"
  unmount_below "$RUN"
  free_loops
  [[ -z $(mounts_below "$LABYARD_HOME") ]] || {
    echo "Still mounted:" && mounts_below "$LABYARD_HOME"
    return 1
  }
  # What `up` made beside the sources.
  [[ ! -e $REPO/.next/.labyard-build ]] || rm -rf "$REPO/.next" "$REPO/dist"
  [[ ! -e $REPO/node_modules/.labyard-lock ]] || rm -rf "$REPO/node_modules"
  rm -rf --one-file-system "$RUN"
  find "$LABYARD_HOME" -xdev -mindepth 1 -maxdepth 1 ! -name log -exec rm -rf --one-file-system {} +
}

purge() {
  confirm_purge "$1"
  begin_steps 5
  step "stopping the service" eval 'supervise_stop app; stop_ecs_emulator'
  step "removing workspaces, networks and images" eval 'stop_containers; purge_containers; unmount_homes'
  step "stopping the embedded services" stop_services
  step "putting the host's firewall back" restore_host
  step "removing files" purge_files
  rm -rf --one-file-system "$LABYARD_HOME"
  say "Removed. The Debian packages stay (mariadb-server docker.io debootstrap …): apt-get purge them if nothing else needs them."
}
