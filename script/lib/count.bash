# shellcheck shell=bash
# Counts single tests in the output of GoogleTest (by itself or under ctest), node:test, vitest,
# unittest and script/lib/fuzz-one. Prints "PASSED FAILED".
count_tests() {
  sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
    /^([0-9]+: )?\[       OK \] / { passed++ }
    /^([0-9]+: )?\[  FAILED  \] .*\([0-9]+ ms\)$/ { failed++ }
    /\*\*\*(Timeout|Not Run|Exception)/ { failed++ }
    /^(#|ℹ) pass [0-9]+$/ { passed += $3 }
    /^(#|ℹ) (fail|cancelled) [0-9]+$/ { failed += $3 }
    /^ +Tests  / {
      for (i = 2; i <= NF; i++) {
        if ($i ~ /^passed/) passed += $(i - 1)
        if ($i ~ /^failed/) failed += $(i - 1)
      }
    }
    /^Ran [0-9]+ tests? in/ { ran = $2; passed += ran }
    /^FAILED \(/ {
      bad = 0
      while (match($0, /(failures|errors)=[0-9]+/)) {
        split(substr($0, RSTART, RLENGTH), pair, "=")
        bad += pair[2]
        $0 = substr($0, RSTART + RLENGTH)
      }
      failed += bad
      passed -= bad
    }
    /^(OK|FAILED) \(.*skipped=/ { match($0, /skipped=[0-9]+/); passed -= substr($0, RSTART + 8, RLENGTH - 8) }
    /^(edges|tidy): / { if (/breaches$/) failed++; else passed++ }
    /^fuzz ok / { passed++ }
    /^fuzz not ok / { failed++ }
    END { print passed + 0, failed + 0 }'
}
