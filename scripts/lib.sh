# What the scripts share: where the tree is, how they speak, how many jobs the machine bears. Sourced, not run.
set -euo pipefail
YUN_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
cd "$YUN_ROOT"

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' plain=$'\e[0m'
else
  bold='' dim='' red='' plain=''
fi

# All of these speak on stderr: stdout belongs to the answer.
say() { printf '%s==>%s %s\n' "$bold" "$plain" "$*" >&2; }
note() { printf '    %s%s%s\n' "$dim" "$*" "$plain" >&2; }
die() {
  printf '%serror:%s %s\n' "$red" "$plain" "$1" >&2
  shift
  for line in "$@"; do printf '       %s\n' "$line" >&2; done
  exit 1
}

# One job a core, but no more than memory bears: the largest file takes about 1.5 GB to compile.
build_jobs() {
  local cores memory_jobs
  cores=$(nproc)
  memory_jobs=$(awk '/^MemAvailable/ {n = int($2 / 1500000); print n < 1 ? 1 : n}' /proc/meminfo)
  echo $((cores < memory_jobs ? cores : memory_jobs))
}

# configure_and_build PRESET TARGET...: CMake only when there is no build yet; after that ninja sees itself what changed.
configure_and_build() {
  local preset=$1
  shift
  if [ ! -f "build/$preset/build.ninja" ]; then
    say "configuring build/$preset"
    cmake --preset "$preset" >&2 || {
      rm -f "build/$preset/CMakeCache.txt" "build/$preset/build.ninja"
      die "CMake could not configure build/$preset" "the lines above say what is missing; scripts/setup installs what yun needs"
    }
  fi
  local jobs
  jobs=$(build_jobs)
  say "building $* in build/$preset, $jobs at a time (minutes the first time, seconds after that)"
  ninja -C "build/$preset" -j "$jobs" "$@" >&2
}
