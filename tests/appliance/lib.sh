# What the appliance's tests share: a Debian 12 that boots in a container, and words for what must hold.
# Sourced by tests/appliance/run and the checks.

: "${APPLIANCE_CACHE:=${XDG_CACHE_HOME:-$HOME/.cache}/pitchguard-appliance}"
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TREE=$(cd "$HERE/../.." && pwd)
FAILED=0

say() { printf '%s\n' "$*"; }
ok() { say "  ok    $*"; }
bad() { say "  FAIL  $*"; FAILED=$((FAILED + 1)); }
figure() { say "        $*"; }

# must WORDS COMMAND…: the command must succeed.
must() {
  local words=$1 out
  shift
  if out=$("$@" 2>&1); then ok "$words"; else bad "$words: $* said: ${out:-nothing}"; fi
}

# must_not WORDS COMMAND…: the command must fail.
must_not() {
  local words=$1 out
  shift
  if out=$("$@" 2>&1); then bad "$words: $* succeeded: ${out:-nothing}"; else ok "$words"; fi
}

# not COMMAND…: the other way round.
not() { ! "$@"; }

# until_true SECONDS COMMAND…: waits until the command succeeds.
until_true() {
  local until=$(($(date +%s%N) + $1 * 1000000000))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$(date +%s%N)" -lt $until ] || return 1
    sleep 0.05
  done
}

# The container -----------------------------------------------------------------------------------------------------------

ROOT=          # its root directory
NSPAWN=        # pid of systemd-nspawn
INIT=          # pid of its systemd, as seen from here

# root_image: the path of a bare Debian 12 with systemd as a tar file, made once.
root_image() {
  local image=$APPLIANCE_CACHE/bookworm.tar
  if [ ! -s "$image" ]; then
    mkdir -p "$APPLIANCE_CACHE"
    say "making a Debian 12 root image in $APPLIANCE_CACHE (once, about a minute)" >&2
    # Its name does not tell what it is while it is made: without the format a directory would come of it.
    rm -rf "$image.part"
    mmdebstrap --quiet --variant=minbase --format=tar \
      --include=systemd,systemd-sysv,dbus,libsystemd0,python3-minimal,iproute2,procps bookworm "$image.part" >&2 \
      && mv "$image.part" "$image" || return 1
  fi
  say "$image"
}

# boot: unpacks a fresh root, starts it and waits until its systemd is up. The package of $1 lies in /root then.
boot() {
  local image
  image=$(root_image) || { bad 'there is no root image'; return 1; }
  ROOT=$(mktemp -d "$WORK/root.XXXXXX")
  tar -C "$ROOT" -xf "$image"
  # Logs stay where they can be read from outside as well.
  mkdir -p "$ROOT/var/log/journal"
  cp "$@" "$ROOT/root/"
  # A session and a scope of its own: stopping this container stops nothing else.
  systemd-nspawn --quiet --boot --directory="$ROOT" --register=no --keep-unit --private-network --console=pipe \
    --machine="pg-$$-$RANDOM" --kill-signal=SIGRTMIN+4 >"$WORK/console.log" 2>&1 </dev/null &
  NSPAWN=$!
  until_true 30 find_init || { bad "the container does not start"; tail -5 "$WORK/console.log"; return 1; }
  until_true 60 booted || { bad "the container does not boot"; tail -20 "$WORK/console.log"; return 1; }
  inside ip link set lo up
}

# The container's systemd is nspawn's only child that is pid 1 of its own namespace.
find_init() {
  local child
  for child in $(pgrep --parent "$NSPAWN"); do
    if [ "$(awk '/^NSpid:/ {print $NF}' "/proc/$child/status")" = 1 ]; then
      INIT=$child
      return 0
    fi
  done
  return 1
}

booted() { case $(inside systemctl is-system-running) in running | degraded) ;; *) return 1 ;; esac; }

# inside COMMAND…: runs a command in the container.
inside() { nsenter -t "$INIT" -m -u -i -n -p -r -w -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb LANG=C.UTF-8 "$@"; }

# in_network COMMAND…: runs a command of this machine in the container's network.
in_network() { nsenter -t "$INIT" -n -- "$@"; }

halt() {
  [ -n "$NSPAWN" ] || return 0
  # Its own pid and no other: nspawn powers the container off.
  kill -TERM "$NSPAWN" 2>/dev/null || true
  for _ in $(seq 100); do kill -0 "$NSPAWN" 2>/dev/null || break; sleep 0.1; done
  [ -z "$INIT" ] || kill -KILL "$INIT" 2>/dev/null || true
  wait "$NSPAWN" 2>/dev/null || true
  NSPAWN='' INIT=''
  rm -rf "$ROOT"
}

# The service -------------------------------------------------------------------------------------------------------------

install_package() { inside env DEBIAN_FRONTEND=noninteractive dpkg -i "/root/$(basename "$1")"; }
property() { inside systemctl show pitchguard.service --property="$1" --value; }
main_pid() { property MainPID; }
# Ready as itself says: systemd's word that it is active, since it is of Type=notify.
status_text_is() { [ "$(property StatusText)" = "$1" ]; }
restarted_since() { [ "$(restarts)" -gt "$1" ]; }
active() { [ "$(inside systemctl is-active pitchguard.service)" = active ]; }
api() { in_network curl --silent --show-error --max-time 5 "http://127.0.0.1:8080$1"; }
answers() { api /health/ready | grep -Eq '"status":"(ready|degraded)"'; }
restarts() { property NRestarts; }
# The daemon's own log, message by message, as JSON.
journal() { inside journalctl --namespace=pitchguard --no-pager --output=json "$@"; }
# log_has PATTERN: whether some message of the daemon's log matches.
log_has() { journal --grep "$1" | grep -q .; }
# One number of /api/status by a Python expression on `s`.
status_of() { api /api/status | python3 -c "import json,sys; s=json.load(sys.stdin); print($1)"; }
