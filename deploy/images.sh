# Builds the images that students work in. An image is built again only when what goes into it changed: the hash of
# its inputs is a label on it. Sourced by `labyard`.

IMAGES=(system base jupyter guacd desktop xrdp)
# Those on top of system, in two rows that are built side by side; what one needs stands before it in its row.
IMAGE_ROWS=("desktop xrdp" "base jupyter guacd")
# The machines of the ECS emulator, only where it is wanted.
WITH_ECS_EMULATOR=${WITH_ECS_EMULATOR:-no}

# docker build without the network driver of an engine: the host's network, so proxies and name servers just work.
build_image() { # NAME PARENT CONTEXT HASH
  local arguments=(--build-arg "BASE=$2") name
  for name in HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [[ -z ${!name:-} ]] || arguments+=(--build-arg "$name=${!name}" --build-arg "${name,,}=${!name}")
  done
  [[ -z ${APT_MIRROR:-} ]] || arguments+=(--build-arg "APT_MIRROR=$APT_MIRROR")
  [[ -z ${PIP_INDEX_URL:-} ]] || arguments+=(--build-arg "PIP_INDEX_URL=$PIP_INDEX_URL")
  DOCKER_BUILDKIT=0 docker build --network host --force-rm --pull=false \
    --label "labyard.inputs=$4" "${arguments[@]}" -t "labyard/$1" "$3"
}

image_id() { docker image inspect --format '{{.Id}}' "$1" 2>/dev/null; }
image_inputs() { docker image inspect --format '{{index .Config.Labels "labyard.inputs"}}' "$1" 2>/dev/null; }

# The bundle of CAs that this campus trusts; workspaces need it behind a proxy that opens TLS.
site_ca() {
  local file
  for file in "${CA_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
    if [[ -n $file && -r $file ]]; then
      printf %s "$file"
      return 0
    fi
  done
}

parent_of() {
  case $1 in
    system) printf labyard/debian ;;
    xrdp) printf labyard/desktop ;;
    ecs-linux) printf labyard/xrdp ;;
    *) printf labyard/system ;;
  esac
}

# Those that the platform's own programs go into.
has_programs() { [[ $1 == base || $1 == jupyter ]]; }

GUACD=${GUACD:-guacamole/guacd:1.6.0}

# Guacamole's own image, which is years ahead of Debian's last package: where BASE says that a registry answers.
official_guacd() {
  image_id "$GUACD" >/dev/null && return 0
  image_id "${BASE:-debian:trixie-slim}" >/dev/null || return 1
  echo "Asking for $GUACD (60 s at most)."
  timeout -k 2 60 docker pull -q "$GUACD"
}

guacd_version() {
  local said
  said=$(docker run --rm --network none --entrypoint "$(docker image inspect --format '{{index .Config.Entrypoint 0}}' labyard/guacd)" labyard/guacd -v 2>/dev/null)
  printf %s "${said##* }"
}

inputs_hash() { # NAME
  local ca
  ca=$(site_ca)
  {
    (cd "$REPO/images" && find "$1" base -type f ! -name '*.pyc' ! -name '*_test.py' -print0 |
      { if has_programs "$1"; then cat; else grep -zv '^base/'; fi; } | LC_ALL=C sort -zu | xargs -0 sha256sum)
    [[ $1 != guacd ]] || image_id "$GUACD" || echo none
    [[ -z $ca || $1 != system ]] || sha256sum <"$ca"
    image_id "$(parent_of "$1")" || echo none
    printf '%s\n' "${APT_MIRROR:-}" "${PIP_INDEX_URL:-}"
  } | hash_text
}

# What aborted runs left.
clear_aborted() {
  local left
  for left in "$LABYARD_HOME"/run/debian.?????? "$LABYARD_HOME"/run/context.??????; do
    [[ -d $left ]] || continue
    unmount_below "$left"
    rm -rf --one-file-system "$left"
  done
}

# The official image where a registry answers, else one made with debootstrap.
make_debian() {
  local wanted=${BASE:-debian:trixie-slim} hash root
  hash=$(printf '%s\n' "$wanted" "${APT_MIRROR:-}" | hash_text)
  if image_id labyard/debian >/dev/null && [[ $(cat "$LABYARD_HOME/run/debian.hash" 2>/dev/null) == "$hash" ]]; then
    return 0
  fi
  if ! image_id "$wanted" >/dev/null; then
    echo "Asking for $wanted (20 s at most)."
    timeout -k 2 20 docker pull -q "$wanted" || true
  fi
  if image_id "$wanted" >/dev/null; then
    docker tag "$wanted" labyard/debian
  elif [[ -n ${BASE:-} ]]; then
    echo "The image $BASE, set as BASE, cannot be had. Load it into the engine, or unset BASE."
    return 1
  else
    echo "No registry answers: making a Debian with debootstrap."
    clear_aborted
    root=$(mktemp -d "$LABYARD_HOME/run/debian.XXXXXX")
    if ! debootstrap --variant=minbase trixie "$root" ${APT_MIRROR:+"$APT_MIRROR"}; then
      tail -n 20 "$root/debootstrap/debootstrap.log" || true
      rm -rf "$root"
      return 1
    fi
    tar -C "$root" --exclude=./var/cache/apt --exclude=./var/lib/apt/lists --exclude=./debootstrap -c . |
      docker import - labyard/debian
    rm -rf --one-file-system "$root"
  fi
  echo "$hash" >"$LABYARD_HOME/run/debian.hash"
}

make_image() { # NAME
  local name=$1 hash context ca
  [[ $name != guacd ]] || official_guacd || echo "Without a registry guacd is taken from Debian's packages."
  hash=$(inputs_hash "$name")
  [[ $(image_inputs "labyard/$name") != "$hash" ]] || return 0
  context=$(mktemp -d "$LABYARD_HOME/run/context.XXXXXX")
  cp -R "$REPO/images/$name/." "$context/"
  if [[ $name == system ]]; then
    ca=$(site_ca)
    if [[ -n $ca ]]; then cp "$ca" "$context/site-ca.crt"; else : >"$context/site-ca.crt"; fi
  elif [[ $name == guacd ]] && image_id "$GUACD" >/dev/null; then
    mv "$context/official.Dockerfile" "$context/Dockerfile"
    docker tag "$GUACD" labyard/guacd-official
  elif has_programs "$name"; then
    install -d "$context/programs"
    cp "$REPO"/images/base/*.py "$context/programs/"
  fi
  build_image "$name" "$(parent_of "$name")" "$context" "$hash"
  rm -rf "$context"
}

make_images() {
  local row pid rows=() status=0
  for row in "${IMAGE_ROWS[@]}"; do
    if [[ $WITH_ECS_EMULATOR == yes && $row == *xrdp ]]; then row+=" ecs-linux"; fi
    (for name in $row; do make_image "$name"; done) &
    rows+=($!)
  done
  for pid in "${rows[@]}"; do wait "$pid" || status=$?; done
  # Only now: it would take what a build beside it still needs.
  docker image prune -f --filter label=labyard.inputs >/dev/null
  return "$status"
}
