# What `up` and `test` install: Debian packages and Node. Sourced by `labyard`.

NODE_VERSION=24.21.0 NPM_VERSION=11.19.1

is_debian() { grep -qE '^ID=debian$' /etc/os-release && grep -qE '^VERSION_ID="(12|13)"$' /etc/os-release; }

# Debian packages that are needed here and not there yet, one a line. With "test" also those of the tests.
missing_packages() {
  local wanted=() entry
  # program:package
  local list=(ip:iproute2 mount:mount losetup:mount pgrep:procps mkfs.ext4:e2fsprogs openssl:openssl
    flock:util-linux sha256sum:coreutils setsid:util-linux)
  [[ $EMBEDDED_DATABASE == no ]] || list+=(mariadbd:mariadb-server mariadb:mariadb-client)
  list+=(docker:docker.io)
  [[ $EMBEDDED_DOCKER == no ]] || list+=(dockerd:docker.io)
  [[ -n ${BASE:-} ]] || list+=(debootstrap:debootstrap)
  ! docker_is_local || list+=(iptables:iptables)
  host_node_is_new || { have npm && ! half_installed npm; } || list+=(npm:npm node:nodejs)
  [[ ${1:-} != test ]] || list+=(chromium:chromium git:git)
  for entry in "${list[@]}"; do
    if ! have "${entry%%:*}" || half_installed "${entry#*:}"; then wanted+=("${entry#*:}"); fi
  done
  # Its package makes the user that it runs as.
  if [[ $EMBEDDED_DATABASE == yes ]] && ! id mysql >/dev/null 2>&1; then wanted+=(mariadb-server); fi
  [[ -r /etc/ssl/certs/ca-certificates.crt ]] || wanted+=(ca-certificates)
  # The clock of the service is moved by it.
  if [[ ${1:-} == test ]] && ! compgen -G '/usr/lib/*/faketime' >/dev/null; then wanted+=(libfaketime); fi
  if [[ ${1:-} == test && ! -d /usr/share/fonts/opentype/noto ]]; then wanted+=(fonts-noto-cjk); fi
  ((${#wanted[@]} == 0)) || printf '%s\n' "${wanted[@]}" | sort -u
}

# Unpacked but not set up, as after an aborted run: the programs are there and do not work.
half_installed() {
  local status
  status=$(dpkg-query -W -f '${Status}' "$1" 2>/dev/null) || return 1
  case $status in '' | 'install ok installed' | *' not-installed' | *' config-files') return 1 ;; esac
}

install_packages() { # [test]
  local wanted mark=$LABYARD_HOME/run/installing
  mapfile -t wanted < <(missing_packages "${1:-}")
  ((${#wanted[@]} > 0)) || [[ -e $mark ]] || return 0
  is_debian || {
    echo "These packages are missing: ${wanted[*]}"
    echo "This is not Debian 12 or 13, so they are not installed by themselves. Run ./labyard doctor."
    return 1
  }
  export DEBIAN_FRONTEND=noninteractive
  # The packages' own services must not start: Labyard runs its own, and two engines quarrel over the firewall.
  if [[ ! -e /usr/sbin/policy-rc.d ]] || grep -q labyard /usr/sbin/policy-rc.d; then
    printf '#!/bin/sh\n# Written by labyard while it installs packages.\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  if [[ -e $mark ]]; then # the last run was aborted here
    finish_dpkg
    apt-get -o DPkg::Lock::Timeout=300 -y --no-install-recommends --fix-broken install
    mapfile -t wanted < <(missing_packages "${1:-}")
  fi
  touch "$mark"
  apt-get -o DPkg::Lock::Timeout=300 update
  apt-get -o DPkg::Lock::Timeout=300 -y --no-install-recommends install "${wanted[@]}"
  rm -f "$mark"
  if [[ -d /run/systemd/system ]]; then
    local unit
    for unit in docker.socket docker.service containerd.service mariadb.service; do
      case " ${wanted[*]} " in
        *" docker.io "* | *" mariadb-server "*) systemctl disable --now "$unit" 2>/dev/null || true ;;
      esac
    done
  fi
}

# What an aborted run left half installed; dpkg itself may still be at it. What it was unpacking must come whole again;
# the rest is left to --fix-broken, which says what it cannot do.
finish_dpkg() {
  local said broken until=$((SECONDS + 300))
  until said=$(LC_ALL=C dpkg --configure -a 2>&1); do
    printf '%s\n' "$said"
    [[ $said == *locked* ]] || break
    ((SECONDS < until)) || return 1
    sleep 2
  done
  mapfile -t broken < <(dpkg-query -W -f '${db:Status-Eflag} ${binary:Package}\n' | sed -n 's/^reinstreq //p')
  ((${#broken[@]} > 0)) || return 0
  apt-get -y --no-install-recommends --fix-broken --reinstall install "${broken[@]}"
}

# ---- Node ----

host_node_is_new() { have npm && have node && (($(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0) >= 24)); }

# Puts a Node of the right age first in PATH: the host's, or the one below LABYARD_HOME.
use_node() {
  host_node_is_new && return 0
  export PATH=$LABYARD_HOME/node/bin:$PATH
}

install_node() {
  host_node_is_new && return 0
  local home=$LABYARD_HOME/node arch
  case $(uname -m) in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *) echo "There is no Node for $(uname -m) in the registry; install Node 24 yourself." && return 1 ;;
  esac
  if [[ $("$home/bin/node" --version 2>/dev/null) == "v$NODE_VERSION" && -x $home/bin/npm ]]; then return 0; fi
  rm -rf "$home"
  install -d "$home/bin"
  npm install --prefix "$home" --no-save --no-audit --no-fund --ignore-scripts \
    "node-linux-$arch@$NODE_VERSION" "npm@$NPM_VERSION"
  ln -sf "../node_modules/node-linux-$arch/bin/node" "$home/bin/node"
  ln -sf ../node_modules/npm/bin/npm-cli.js "$home/bin/npm"
  ln -sf ../node_modules/npm/bin/npx-cli.js "$home/bin/npx"
  "$home/bin/node" --version
}

# The packages of the project; again only when the lock file changed.
install_modules() {
  local stamp=$REPO/node_modules/.labyard-lock hash
  hash=$(hash_text <"$REPO/package-lock.json")
  [[ $(cat "$stamp" 2>/dev/null) != "$hash" ]] || return 0
  cd "$REPO" || return 1
  modules_match || npm ci --no-audit --no-fund || {
    # npm prints its usage after what is wrong.
    echo "npm ci failed: $(grep -h -m 3 -E 'error (code|Missing|Invalid|network)|ERR!' "$(find ~/.npm/_logs -name '*.log' | LC_ALL=C sort | tail -n 1)" || true)"
    return 1
  }
  echo "$hash" >"$stamp"
}

# Whether what npm wrote down about node_modules is what the lock file asks for, as after a plain `npm install`.
modules_match() {
  node -e '
    const read = (file) => JSON.parse(require("fs").readFileSync(file, "utf8")).packages;
    const [wanted, there] = [read("package-lock.json"), read("node_modules/.package-lock.json")];
    const differs = Object.entries(wanted).some(([path, entry]) =>
      path && !entry.optional && !entry.devOptional && !entry.peer && there[path]?.version !== entry.version);
    process.exit(differs ? 1 : 0);
  ' 2>/dev/null
}
