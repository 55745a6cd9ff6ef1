# `labyard test`: sets everything up, then runs the suites. Sourced by `labyard`.

SUITES=(lint types unused unit integration ecs e2e faults)
LONG_SUITES=(integration ecs e2e faults pristine)
# Integration tests that drive workspaces on the engine, or homes of some; they run beside the others.
ENGINE_TESTS=(lib/workspaces/ lib/homefiles/)
# A suite that hangs must not hang the whole.
SUITE_SECONDS=${SUITE_SECONDS:-1800} LONG_SECONDS=${LONG_SECONDS:-6000}

prepare_tests() {
  WITH_ECS_EMULATOR=yes
  need_root
  make_home
  take_lock
  begin_steps $((10 - $(embedded_count outside)))
  service_steps test
  give_lock
  # Playwright and vitest find the tools here.
  export PATH=$REPO/node_modules/.bin:$PATH
}

# One tool, one result.
run_tool() { # SUITE COMMAND...
  local suite=$1 status=0
  shift
  timeout -k 10 "$SUITE_SECONDS" "$@" </dev/null || status=$?
  if ((status == 0)); then PASSED=1 FAILED=0; else PASSED=0 FAILED=1; fi
  SKIPPED=0
}

run_reported() { # SUITE REPORT SECONDS COMMAND...: counts come from the JSON report
  local report=$2 seconds=$3 status=0
  shift 3
  rm -f "$report"
  timeout -k 20 "$seconds" "$@" </dev/null || status=$?
  read -r PASSED FAILED SKIPPED < <(node "$REPO/deploy/count-tests.mjs" "$report")
  # A run that broke down outside its tests has failed, whatever its report says.
  if ((status != 0 && FAILED == 0)); then FAILED=1; fi
}

# Tests share the engine and the images with a running lab, never its database, homes, files, label or ports.
suite_environment() { # SUITE
  suite_home "$1"
  export NODE_ENV=test CI=${CI:-true} DEPLOY_ID=test-$1 TEST_DATABASE=${TEST_DATABASE:-labyard_test_$1}
  export LABYARD_SECRET=${LABYARD_SECRET:-test-secret-of-no-lab-0123456789abcdef}
  export CHROMIUM=${CHROMIUM:-$(command -v chromium || true)}
  export SEED=${SEED:-$RANDOM$RANDOM}
  # Without it Chromium calls a file with a Chinese name "download".
  export LC_ALL=C.UTF-8
}

run_suite() { # SUITE
  local suite=$1 reports=$LABYARD_HOME/run/reports began=$SECONDS
  install -d "$reports"
  rm -f "$reports/$suite" "$reports/$suite.json"
  say
  say "== $suite"
  exec 8>"$LABYARD_HOME/run/test-$suite.lock"
  flock -n 8 || { say "another run of $suite is at work; waiting for it" && flock 8; }
  PASSED=0 FAILED=1 SKIPPED=0
  cd "$REPO"
  case $suite in
    lint) run_tool lint npx biome check . ;;
    types) run_tool types npx tsc --noEmit ;;
    unused) run_tool unused npx knip ;;
    unit)
      suite_environment unit
      run_reported unit "$reports/unit.json" "$SUITE_SECONDS" \
        npx vitest run --project unit --reporter=default --reporter=json --outputFile.json="$reports/unit.json"
      ;;
    integration) run_halves integration engine ;;
    # Instances of a cloud on a clock of their own: so many seeds, or with --long ten minutes of them, and then five lives
    # of the built service, which is killed all the time; SEED and REPLAY=1 play one again.
    ecs)
      suite_environment ecs
      if [[ -n ${LONG:-} ]] && ! (set -e; build_pages && build_server) >"$LOGS/test-build.log" 2>&1; then
        tail -n 40 "$LOGS/test-build.log"
        say "the build failed: no instance was ordered"
      else
        run_reported ecs "$reports/ecs.json" "$SUITE_SECONDS" \
          npx vitest run --project ecs --reporter=default --reporter=json --outputFile.json="$reports/ecs.json"
      fi
      clean_up_after ecs
      ;;
    e2e)
      # A new container's interface with an IPv6 address makes Chromium on this machine abort what it loads.
      sysctl -qw net.ipv6.conf.default.disable_ipv6=1 2>/dev/null || true
      if (set -e; build_pages && build_server) >"$LOGS/test-build.log" 2>&1; then
        run_halves e2e services
      else
        tail -n 40 "$LOGS/test-build.log"
        say "the build failed: no story was played"
      fi
      ;;
    faults)
      # Its database and its engine are its own, to be killed; only the images are the machine's.
      suite_environment faults
      if (set -e; build_pages && build_server) >"$LOGS/test-build.log" 2>&1; then
        PLAYWRIGHT_JSON_OUTPUT_NAME=$reports/faults.json run_reported faults "$reports/faults.json" "$SUITE_SECONDS" \
          npx playwright test -c e2e/faults/playwright.config.ts --reporter=list,json
        clean_up_after faults
      else
        tail -n 40 "$LOGS/test-build.log"
        say "the build failed: nothing was broken on purpose"
      fi
      ;;
    pristine)
      RESULT=$reports/pristine bash "$REPO/deploy/pristine-test.sh" </dev/null || true
      read -r PASSED FAILED SKIPPED <"$reports/pristine" || FAILED=1
      ;;
    *) die "no suite $suite; there are: ${SUITES[*]}" ;;
  esac
  exec 8>&-
  SUITE_TOOK=$((SECONDS - began))
  print_result "$PASSED" "$FAILED" "$SKIPPED"
}

print_result() {
  if (($3 > 0)); then say "$1 passed, $2 failed, $3 skipped"; else say "$1 passed, $2 failed"; fi
}

# Two halves of a suite beside each other, about one a core; the words of the second come when both are done.
run_halves() { # FIRST SECOND
  local second half part_passed part_failed part_skipped
  rm -f "$reports/$1.counts" "$reports/$2.counts"
  (run_half "$2") >"$LOGS/test-$2.log" 2>&1 &
  second=$!
  (run_half "$1") || true
  wait "$second" || true
  cat "$LOGS/test-$2.log"
  PASSED=0 FAILED=0 SKIPPED=0
  for half in "$1" "$2"; do
    read -r part_passed part_failed part_skipped <"$reports/$half.counts" || { part_passed=0 part_failed=1 part_skipped=0; }
    PASSED=$((PASSED + part_passed)) FAILED=$((FAILED + part_failed)) SKIPPED=$((SKIPPED + part_skipped))
  done
}

# With a database, a state root, ports and an engine label of its own.
run_half() { # NAME
  local report=$reports/$1.json command filter=()
  [[ -z ${TEST_DATABASE:-} ]] || TEST_DATABASE+=_$1
  suite_environment "$1"
  case $1 in
    integration | engine)
      filter=("${ENGINE_TESTS[@]}")
      if [[ $1 == integration ]]; then
        filter=("${filter[@]/#/--exclude=}")
        filter=("${filter[@]/%/**}")
      fi
      command=(npx vitest run --project integration --reporter=default --reporter=json "--outputFile.json=$report")
      ;;
    # Stories that share one service, and those that have services of their own, or many pages to see.
    e2e | services)
      make_database "$DATABASE_URL"
      export PLAYWRIGHT_JSON_OUTPUT_NAME=$report E2E_HALF=$1 E2E_NAME=$1
      [[ $1 == e2e ]] || export E2E_PORT=3290
      command=(npx playwright test --reporter=list,json "--output=test-results/$1")
      ;;
  esac
  run_reported "$1" "$report" "$SUITE_SECONDS" "${command[@]}" "${filter[@]}"
  clean_up_after "$1"
  echo "$PASSED $FAILED $SKIPPED" >"$reports/$1.counts"
}

make_database() { # URL: empty, on whatever server it names
  node --input-type=module -e '
    import { createConnection } from "mysql2/promise";
    const url = new URL(process.argv[1]);
    const name = url.pathname.slice(1);
    if (!name.startsWith("labyard_test_")) throw new Error(`not a database of tests: ${name}`);
    url.pathname = "/";
    const connection = await createConnection(url.href);
    await connection.query(`DROP DATABASE IF EXISTS \`${name}\``);
    await connection.query(`CREATE DATABASE \`${name}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`);
    await connection.end();
  ' "$1"
}

# A state root of its own, empty, and gone after the suite.
suite_home() { # SUITE
  DATABASE_URL=$(database_url "${TEST_DATABASE:-labyard_test_$1}")
  export DATABASE_URL LABYARD_HOME=$LABYARD_HOME/test/$1
  clean_up_after "$1"
  install -d -m 0755 "$LABYARD_HOME" "$LABYARD_HOME/run"
  [[ $1 == unit ]] || start_store
}

# Removes what a suite left in its state root, and the containers and networks that use it.
clean_up_after() { # SUITE
  local list deploys deploy
  [[ $LABYARD_HOME == */test/$1 ]] || die "not a state root of tests: $LABYARD_HOME"
  mapfile -t list < <(docker ps -aq --filter label=labyard.deploy 2>/dev/null)
  ((${#list[@]} == 0)) || mapfile -t list < <(docker inspect --format \
    '{{.Id}} {{index .Config.Labels "labyard.deploy"}} {{range .Mounts}}{{.Source}} {{end}}' "${list[@]}" 2>/dev/null |
    grep -F " $LABYARD_HOME/" | cut -d' ' -f1-2)
  deploys=$(printf '%s\n' "test-$1" "${list[@]#* }" | sort -u)
  if ((${#list[@]} > 0)); then docker rm -f -v "${list[@]%% *}" >/dev/null 2>&1 || true; fi
  while read -r deploy; do
    [[ $deploy == test-* ]] || continue
    # What has no place in the state root, as guacd.
    mapfile -t list < <(docker ps -aq --filter "label=labyard.deploy=$deploy" 2>/dev/null)
    ((${#list[@]} == 0)) || docker rm -f -v "${list[@]}" >/dev/null 2>&1 || true
    mapfile -t list < <(docker network ls -q --filter "label=labyard.deploy=$deploy" 2>/dev/null)
    ((${#list[@]} == 0)) || docker network rm "${list[@]}" >/dev/null 2>&1 || true
  done <<<"$deploys"
  unmount_homes
  unmount_below "$LABYARD_HOME"
  rm -rf --one-file-system "$LABYARD_HOME"
}

# Result rows of the long runs are part of the documents.
record_long_run() { # SUITE
  local file=$REPO/docs/long-runs.md commit
  commit=$(git -C "$REPO" rev-parse --short HEAD 2>/dev/null || echo none)
  if git -C "$REPO" status --porcelain 2>/dev/null | grep -qv 'docs/long-runs.md'; then commit="$commit, changed"; fi
  if [[ ! -e $file ]]; then
    install -d "$REPO/docs"
    printf '%s\n\n%s\n\n%s\n%s\n' "# Long runs" \
      "Written by \`./labyard test --long [suite]\`, newest last. Times in minutes on two cores." \
      "| date (UTC) | suite | commit | seed | minutes | result |" "|---|---|---|---|---|---|" >"$file"
  fi
  printf '| %s | %s | %s | %s | %s | %s |\n' "$(date -u '+%F %H:%M')" "$1" "$commit" "$SEED" \
    "$(awk -v s="$SUITE_TOOK" 'BEGIN {printf "%.1f", s / 60}')" "$(print_result "$PASSED" "$FAILED" "$SKIPPED")" >>"$file"
}

run_tests() { # [--long] [SUITE...]
  local long=no suites=() argument total_passed=0 total_failed=0 total_skipped=0 suite
  for argument in "$@"; do
    case $argument in
      --long) long=yes ;;
      *) suites+=("$argument") ;;
    esac
  done
  export SEED=${SEED:-$RANDOM$RANDOM}
  [[ -t 1 ]] || export NO_COLOR=1
  if [[ $long == yes ]]; then
    export LONG=1
    SUITE_SECONDS=$LONG_SECONDS
    ((${#suites[@]} > 0)) || suites=("${LONG_SUITES[@]}")
  fi
  ((${#suites[@]} > 0)) || suites=("${SUITES[@]}")
  prepare_tests
  for suite in "${suites[@]}"; do
    # In a process of its own, so that one suite's settings are not the next one's.
    local answer=$LABYARD_HOME/run/test-$suite.result
    rm -f "$answer"
    (
      run_suite "$suite"
      [[ $long == no ]] || record_long_run "$suite"
      echo "$PASSED $FAILED $SKIPPED" >"$answer"
    ) || true
    PASSED=0 FAILED=1 SKIPPED=0
    [[ ! -s $answer ]] || read -r PASSED FAILED SKIPPED <"$answer"
    total_passed=$((total_passed + PASSED)) total_failed=$((total_failed + FAILED)) total_skipped=$((total_skipped + SKIPPED))
  done
  if ((${#suites[@]} > 1)); then
    say
    say "== all suites, seed $SEED, $((SECONDS / 60)) min"
    ((total_skipped == 0)) || say "$total_skipped skipped: for --long, or for a server that is not here"
    print_result "$total_passed" "$total_failed" 0
  fi
  ((total_failed == 0 && total_passed > 0))
}
