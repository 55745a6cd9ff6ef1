# Settings, messages and small tools that every part of `labyard` needs. Sourced, never run.

# Read KEY=VALUE lines without running them; what is set already wins.
load_settings() {
  local file=$1 line key value
  [[ -r $file ]] || return 0
  while IFS= read -r line || [[ -n $line ]]; do
    [[ $line =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$ ]] || continue
    key=${BASH_REMATCH[2]} value=${BASH_REMATCH[3]}
    [[ $value =~ ^\"(.*)\"[[:space:]]*$ || $value =~ ^\'(.*)\'[[:space:]]*$ ]] && value=${BASH_REMATCH[1]}
    [[ -n $value && -z ${!key:-} ]] && export "$key=$value"
  done <"$file"
  return 0
}

prepare_settings() {
  load_settings "$REPO/.env"
  export LABYARD_HOME=${LABYARD_HOME:-/var/lib/labyard}
  load_settings "$LABYARD_HOME/settings.env"

  # Unix socket paths are short, so sockets do not live below LABYARD_HOME.
  RUN=/run/labyard
  [[ $LABYARD_HOME == /var/lib/labyard ]] || RUN=/run/labyard-$(printf %s "$LABYARD_HOME" | sha256sum | cut -c1-8)
  LOGS=$LABYARD_HOME/log

  MARIADB_PORT=${MARIADB_PORT:-33306}
  EMBEDDED_DATABASE=no EMBEDDED_DOCKER=no
  # What `labyard env` printed is the embedded part as well.
  case ${DATABASE_URL:-} in
    '' | "mysql://labyard:$(cat "$LABYARD_HOME/secrets/mariadb" 2>/dev/null || echo none)@127.0.0.1:$MARIADB_PORT/"*)
      EMBEDDED_DATABASE=yes
      ;;
  esac
  if [[ -z ${DOCKER_HOST:-} || $DOCKER_HOST == "unix://$RUN/docker.sock" ]]; then
    EMBEDDED_DOCKER=yes
    export DOCKER_HOST=unix://$RUN/docker.sock
  fi
  export PUBLIC_URL=${PUBLIC_URL:-http://localhost:3000}
  export LISTEN=${LISTEN:-127.0.0.1:3000}
  export WORKSPACE_DOMAIN=${WORKSPACE_DOMAIN:-localhost}
  export WORKSPACE_POOL=${WORKSPACE_POOL:-10.87.0.0/16}
  WORKSPACE_DNS=${WORKSPACE_DNS:-} EGRESS_ALLOW=${EGRESS_ALLOW:-} EGRESS_DENY=${EGRESS_DENY:-}
  CLOUD_NETWORKS=${CLOUD_NETWORKS:-}
  export DEPLOY_ID=${DEPLOY_ID:-labyard}
  export NEXT_TELEMETRY_DISABLED=1
  # Most tools read the small names, some the capital ones.
  local name
  for name in HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    if [[ -n ${!name:-} ]]; then export "${name,,}=${!name}"; fi
  done
  if [[ -n ${CA_FILE:-} ]]; then
    export NODE_EXTRA_CA_CERTS=$CA_FILE PIP_CERT=$CA_FILE
  fi
  if [[ -n ${NPM_REGISTRY:-} ]]; then export npm_config_registry=$NPM_REGISTRY; fi
  unset DOCKER_TLS_VERIFY DOCKER_CONTEXT
}

say() { printf '%s\n' "$*"; }
warn() { printf 'labyard: %s\n' "$*" >&2; }
die() {
  warn "$*"
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

need_root() {
  [[ $(id -u) == 0 ]] || die "this needs root (packages, mounts, Docker). Try: sudo $REPO/labyard ${COMMAND:-up}"
}

make_home() {
  install -d -m 0755 "$LABYARD_HOME" "$LOGS" "$LABYARD_HOME/run" "$RUN"
  install -d -m 0700 "$LABYARD_HOME/secrets"
  install -d -m 0750 "$LABYARD_HOME/files"
}

# One command at a time changes the machine. Daemons must be started with 9>&-.
take_lock() {
  exec 9>"$LABYARD_HOME/run/lock"
  if ! flock -n 9; then
    say "Another labyard command is at work; waiting for it."
    flock 9
  fi
}
give_lock() { exec 9>&-; }

# A random secret, made once and kept.
secret() {
  local file=$LABYARD_HOME/secrets/$1
  if [[ ! -s $file ]]; then
    (umask 077 && head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n' >"$file.new" && mv "$file.new" "$file")
  fi
  cat "$file"
}

hash_text() { sha256sum | cut -c1-16; }

# wait_for SECONDS WHAT COMMAND...: try until it works.
wait_for() {
  local limit=$1 what=$2 until
  shift 2
  until=$((SECONDS + limit))
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= until)); then
      warn "$what did not come within $limit s"
      return 1
    fi
    sleep 0.2
  done
}

STEP=0 STEPS=0 STEP_PID=
begin_steps() { STEP=0 STEPS=$1; }

# step TITLE COMMAND...: run it with its output in a log file, and tell how long it takes.
step() {
  local title=$1 log start seen status=0 last
  shift
  STEP=$((STEP + 1))
  log=$LOGS/step-$(printf '%s' "$title" | tr -cs 'a-zA-Z0-9' '-' | sed 's/-$//').log
  start=$SECONDS seen=$SECONDS
  : >"$log"
  printf '[%d/%d] %s …' "$STEP" "$STEPS" "$title"
  # A process group of its own: Ctrl-C must end all of it, and it must not read the terminal.
  set -m
  (set -euo pipefail; "$@") >"$log" 2>&1 </dev/null &
  STEP_PID=$!
  set +m
  while kill -0 "$STEP_PID" 2>/dev/null; do
    sleep 0.2
    if [[ -t 1 ]]; then
      if ((SECONDS > seen)); then
        last=$(tail -n 1 "$log" | tr -cd '[:print:]' | cut -c1-50)
        printf '\r\033[K[%d/%d] %s … %d s  %s' "$STEP" "$STEPS" "$title" $((SECONDS - start)) "$last"
        seen=$SECONDS
      fi
    elif ((SECONDS - seen >= 20)); then
      printf ' %d s …' $((SECONDS - start))
      seen=$SECONDS
    fi
  done
  wait "$STEP_PID" || status=$?
  STEP_PID=
  [[ -t 1 ]] && printf '\r\033[K[%d/%d] %s …' "$STEP" "$STEPS" "$title"
  if ((status != 0)); then
    printf ' failed after %d s\n' $((SECONDS - start))
    tail -n 25 "$log" | sed 's/^/    | /' >&2
    die "\"$title\" failed. The whole log is in $log; run the same command again to continue from here."
  fi
  printf ' %d s\n' $((SECONDS - start))
}

stop_step() {
  [[ -n $STEP_PID ]] || return 0
  kill -TERM -- "-$STEP_PID" 2>/dev/null || true
  wait "$STEP_PID" 2>/dev/null || true
}
trap 'stop_step; exit 130' INT
trap 'stop_step; exit 143' TERM HUP
