# shellcheck shell=bash
# The stages of script/test, a function each: its name is stage_ and the stage's.

stage_bootstrap() { script/bootstrap; }

stage_house() {
  local check failed=0
  for check in edges tidy; do
    python3 "tests/house/$check.py" . || failed=1
  done
  (cd tests/house && python3 -m unittest edges_test tidy_test) || failed=1
  return $failed
}

# The house checks are a stage of their own.
unit_tests() { ctest --test-dir "build/$1" --verbose --parallel "$(nproc)" --exclude-regex '^house'; }

stage_release() { script/build release; unit_tests release; }
stage_asan() { script/build asan; unit_tests asan; }

# Modules that share memory between threads or processes.
stage_tsan() {
  local folder targets=() test failed=0
  mapfile -t targets < <(grep -lrE 'std::(j?thread|atomic)\b' src --include='*.[hc]pp' |
    xargs -n 1 dirname | sed 's|/detail$||; s|^src/||' | sort -u | while read -r folder; do
      if compgen -G "src/$folder/*_test.cpp" >/dev/null; then printf '%s_test\n' "${folder//\//_}"; fi
    done)
  script/build tsan "${targets[@]}"
  for test in "${targets[@]}"; do
    "build/tsan/bin/$test" || failed=1
  done
  return $failed
}

# Each fuzzer for FUZZ_SECONDS (15), two at a time, from the inputs that are kept for it in
# tests/corpora/FUZZER. script/lib/fuzz-keep puts new ones there.
fuzz_seconds=${FUZZ_SECONDS:-15}
stage_fuzz() {
  local fuzzers
  mapfile -t fuzzers < <(find src -name '*_fuzz.cpp' -exec basename {} .cpp \; | sort)
  if [[ ${#fuzzers[@]} -eq 0 ]]; then return; fi
  script/build asan "${fuzzers[@]}"
  printf '%s\n' "${fuzzers[@]}" | xargs -P 2 -I {} script/lib/fuzz-one {} "$fuzz_seconds"
}

stage_ui() {
  npm_install ui
  npm run build --prefix ui
  npm run check --prefix ui
  npm test --prefix ui
}

# The description of the API: as others judge it, and as the server keeps it.
stage_contract() {
  npm_install tests/contract
  npm test --prefix tests/contract
  build_ui
  python_tests contract
}

# The real binary, killed and ill-treated. Debian's own python3 has the packages for it.
python_tests() {
  script/build release shelcaster
  (cd "tests/$1" && /usr/bin/python3 -m unittest -v)
}
# Two files at a time: these mostly wait. The longest ones begin.
stage_system() {
  build_ui
  script/build release shelcaster attack_flood
  (cd tests/system && wc -c test_*.py) | awk '$2 ~ /py$/ { print $1, substr($2, 1, length($2) - 3) }' |
    sort -rn | cut -d ' ' -f 2 | xargs -P 2 -I {} script/lib/python-module system {}
}
# What an outsider can do to a show on the air.
stage_attack() { python_tests attack; }
stage_chaos() { python_tests chaos; }

stage_e2e() {
  npm_install tests/e2e
  build_ui
  script/build release shelcaster
  npm test --prefix tests/e2e
}

# By Debian's own python3 too: aiortc and GStreamer are packaged for it.
stage_interop() {
  build_ui
  python_tests interop
}
