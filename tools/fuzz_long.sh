#!/usr/bin/env bash
# fuzz_long.sh PROGRAMS RESULTS JOBS: every libFuzzer program for 60 seconds, starting from its committed corpus.
# Inputs that it finds go to build/fuzz/found, one that breaks it to RESULTS; the committed corpus is only read.
set -euo pipefail
programs=$1 results=$2 jobs=$3
export results
one() {
  local name corpus
  name=$(basename "$1")
  corpus=${name%_fuzz}
  mkdir -p "build/fuzz/found/$corpus"
  if "$1" -max_total_time=60 -rss_limit_mb=2048 -timeout=20 -print_final_stats=1 \
    -artifact_prefix="$results/$name-" "build/fuzz/found/$corpus" "fuzz/$corpus" >"$results/$name.log" 2>&1; then
    echo "passed $name $(grep -o 'number_of_executed_units: [0-9]*' "$results/$name.log" || true)"
  else
    echo "FAILED $name: see $results/$name.log and the input $results/$name-*"
    return 1
  fi
}
export -f one
find "$programs" -maxdepth 1 -type f -executable -name '*_fuzz' | sort | xargs -P "$jobs" -I{} bash -c 'one {}'
