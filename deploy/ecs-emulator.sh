# The stand-in for Alibaba Cloud ECS, for labs without an account: `./labyard up --with-ecs-emulator`. Sourced by `labyard`.

ecs_emulator_address() { printf %s "${ECS_EMULATOR_LISTEN:-127.0.0.1:3080}"; }

ecs_emulator_environment() {
  export NODE_ENV=production ECS_EMULATOR_LISTEN ECS_EMULATOR_TOKEN ECS_EMULATOR_KEY ECS_EMULATOR_SECRET
  ECS_EMULATOR_LISTEN=$(ecs_emulator_address)
  ECS_EMULATOR_TOKEN=$(secret ecs-emulator)
  ECS_EMULATOR_KEY=LTAI5tLabyardEmulator
  ECS_EMULATOR_SECRET=$(secret ecs-emulator-key)
}

run_ecs-emulator() {
  ecs_emulator_environment
  cd "$REPO"
  exec node --import tsx e2e/ecs-emulator/main.ts
}

# It answers a stranger with a refusal, and that is an answer.
ecs_emulator_answers() {
  node -e 'fetch(process.argv[1], { method: "POST", signal: AbortSignal.timeout(3000) }).then(() => process.exit(0), () => process.exit(1))' \
    "http://$(ecs_emulator_address)/"
}

# Always anew: its world is in its memory, and nothing of an older one may go on costing.
start_ecs_emulator() {
  local port
  port=$(ecs_emulator_address)
  port=${port##*:}
  stop_ecs_emulator
  port_is_free_or_ours ecs-emulator "$port" >/dev/null 2>&1 || {
    echo "Port $port is taken by something else: set ECS_EMULATOR_LISTEN, or stop it."
    return 1
  }
  supervise_start ecs-emulator
  wait_for 60 "an answer of the ECS emulator" ecs_emulator_answers || {
    tail -n 20 "$LOGS/ecs-emulator.log"
    supervise_stop ecs-emulator
    return 1
  }
}

# One that was killed leaves its instances behind.
stop_ecs_emulator() {
  local list
  supervise_stop ecs-emulator
  docker_answers >/dev/null 2>&1 || return 0
  mapfile -t list < <(docker ps -aq --filter label=labyard.purpose=ecs-instance --filter "label=labyard.deploy=$DEPLOY_ID")
  ((${#list[@]} == 0)) || docker rm -f -v "${list[@]}" >/dev/null
}

print_ecs_emulator() {
  supervisor_pid ecs-emulator >/dev/null || return 0
  ecs_emulator_environment
  say
  say "ECS emulator: http://$(ecs_emulator_address)   AccessKey $ECS_EMULATOR_KEY   secret $ECS_EMULATOR_SECRET"
  say "              control token $ECS_EMULATOR_TOKEN   knobs: e2e/ecs-emulator/README.md"
}
