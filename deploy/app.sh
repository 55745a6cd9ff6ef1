# Builds and runs the service itself. Sourced by `labyard`.

# Everything that ends up in the build, and nothing else: tests and documents change no build.
sources_hash() {
  (cd "$REPO" && find . \( -path ./node_modules -o -path ./.git -o -path ./.next -o -path ./dist -o -path ./e2e \
    -o -path ./docs -o -path ./bench -o -path ./deploy -o -path ./images -o -path ./.tmp -o -path ./test-results \
    -o -path ./playwright-report \) -prune -o -type f ! -name '*.test.ts' ! -name '*.test.tsx' ! -name '*.md' \
    ! -name '*.tsbuildinfo' ! -name next-env.d.ts ! -name '.env*' ! -path ./labyard -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum) | hash_text
}

build_is_fresh() {
  [[ -s $REPO/dist/server.mjs && $(cat "$REPO/.next/.labyard-build" 2>/dev/null) == "$(sources_hash)" ]]
}

build_pages() {
  ! build_is_fresh || return 0
  cd "$REPO"
  rm -f .next/.labyard-build .next/.labyard-pages
  # The build reads no setting of this lab and needs no service.
  env -u DATABASE_URL -u DOCKER_HOST NODE_ENV=production npx next build
}

build_server() {
  ! build_is_fresh || return 0
  cd "$REPO"
  npm run --silent build:server
  sources_hash >.next/.labyard-build
}

app_environment() {
  export NODE_ENV=production LABYARD_SECRET
  LABYARD_SECRET=${LABYARD_SECRET:-$(secret app)}
  DATABASE_URL=$(database_url)
  export DATABASE_URL
  # Beside the emulator, the demo has a cloud desktop.
  if supervisor_pid ecs-emulator >/dev/null; then ecs_emulator_environment; fi
}

# The settings that the service itself reads, by name.
service_settings() { sed -n '/^# For the machine/q; s/^\([A-Z_]*\)=.*/\1/p' "$REPO/.env.example"; }

# What the running service was started with; another answer means that it must start again.
app_fingerprint() {
  {
    cat "$REPO/.next/.labyard-build"
    (app_environment && env | grep -E "^($(service_settings | paste -sd '|')|NODE_EXTRA_CA_CERTS)=" | LC_ALL=C sort)
  } | hash_text
}

run_app() {
  app_environment
  cd "$REPO"
  exec node dist/server.mjs
}

# An address to ask the service at, from its LISTEN.
app_address() {
  local host=${LISTEN%:*}
  case $host in '' | 0.0.0.0 | '[::]' | '*') host=127.0.0.1 ;; esac
  printf 'http://%s:%s' "$host" "${LISTEN##*:}"
}

app_ready() {
  node -e 'fetch(process.argv[1], { signal: AbortSignal.timeout(3000) }).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))' \
    "$(app_address)/api/ready"
}

crashes() { grep -c 'labyard: app ended' "$LOGS/app.log" 2>/dev/null || true; }
ready_or_hopeless() { app_ready || (($(crashes) - CRASHES >= 4)); }

start_app() {
  local wanted port=${LISTEN##*:}
  wanted=$(app_fingerprint)
  if supervisor_pid app >/dev/null && [[ $(cat "$LABYARD_HOME/run/app.fingerprint" 2>/dev/null) != "$wanted" ]]; then
    echo "The build or the settings changed: starting again."
    supervise_stop app
  fi
  port_is_free_or_ours app "$port" >/dev/null 2>&1 || {
    echo "Port $port is taken by something else: set LISTEN and PUBLIC_URL, or stop it."
    return 1
  }
  echo "$wanted" >"$LABYARD_HOME/run/app.fingerprint"
  CRASHES=$(crashes)
  supervise_start app
  wait_for 300 "an answer of $(app_address)/api/ready" ready_or_hopeless || true
  app_ready || {
    tail -n 20 "$LOGS/app.log"
    # One that cannot start must not be tried for ever; one that waits for its database may.
    if (($(crashes) - CRASHES >= 4)); then supervise_stop app; fi
    return 1
  }
}

print_welcome() {
  say
  say "Labyard is ready: $PUBLIC_URL"
  if [[ -s $LABYARD_HOME/run/accounts.$DEPLOY_ID ]]; then
    say
    cat "$LABYARD_HOME/run/accounts.$DEPLOY_ID"
  else # asked for at every start while there is no administrator
    awk '/"msg":"listening"/ {line = ""} /set-up token: / {line = $0} END {print line}' "$LOGS/app.log" |
      sed -n 's/.*\(set-up token: [^"]*\)".*/\1/p'
  fi
  print_ecs_emulator
  say
  say "Settings: $LABYARD_HOME/settings.env   Logs: ./labyard logs -f   Stop: ./labyard down"
}
