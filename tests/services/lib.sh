# shellcheck shell=bash
# Shared by alertmanager-up, prometheus-up and their counterparts (source it): one background process
# a service, its pid in a file, its data in a folder of its own.
RUN=${VAKHTA_RUN:-/tmp/vakhta-run}
mkdir -p "$RUN"
alive() { [ -s "$RUN/$1.pid" ] && kill -0 "$(cat "$RUN/$1.pid")" 2>/dev/null; }
launch() { # NAME COMMAND...
  local name=$1; shift
  (
    # What stays must not hold what its starter has open: a lock would never be let go of.
    for fd in /proc/self/fd/*; do
      fd=${fd##*/}
      if [ "$fd" -gt 2 ]; then exec {fd}>&-; fi
    done
    exec setsid "$@"
  ) </dev/null >"$RUN/$name.log" 2>&1 &
  echo $! >"$RUN/$name.pid"
}
await() { # URL: until it answers
  local i
  for ((i = 0; i < 300; i++)); do
    curl -fs -m 2 -o /dev/null "$1" && return 0
    sleep 0.1
  done
  echo "$1 does not answer" >&2
  return 1
}
end() { # NAME
  local pid i
  pid=$(cat "$RUN/$1.pid" 2>/dev/null || true)
  [ -n "$pid" ] || return 0
  kill -CONT "$pid" 2>/dev/null || true
  kill "$pid" 2>/dev/null || true
  for ((i = 0; i < 50; i++)); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  kill -KILL "$pid" 2>/dev/null || true
  rm -f "$RUN/$1.pid"
}
