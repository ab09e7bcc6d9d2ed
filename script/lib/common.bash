# shellcheck shell=bash
# Sourced by the scripts beside: goes to the root of the repository and finds node.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

# Vite 8 needs Node 20.19 or newer (`engines` of the package vite).
node_is_new_enough() {
  command -v node >/dev/null && command -v npm >/dev/null &&
    node -e 'const [a, b] = process.versions.node.split(".").map(Number);
             process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)'
}

# script/bootstrap puts a node here where the distribution's is too old (Debian 12 has 18).
own_node_dir=$PWD/build/node/node_modules/.bin
use_own_node() {
  if [[ -x $own_node_dir/node && :$PATH: != *":$own_node_dir:"* ]]; then
    export PATH=$own_node_dir:$PATH
  fi
}
use_own_node

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Installs the locked npm packages of a folder, if its lockfile is newer than what is installed.
npm_install() {
  local folder=$1
  use_own_node  # a bootstrap that ran as a child may just have put it there
  if [[ ! -e $folder/node_modules/.package-lock.json ||
        $folder/package-lock.json -nt $folder/node_modules/.package-lock.json ]]; then
    say "npm packages of $folder"
    npm ci --prefix "$folder" --no-audit --no-fund
    touch "$folder/node_modules/.package-lock.json"
  fi
}

# Builds ui/dist, if a source is newer.
build_ui() {
  npm_install ui
  if [[ ! -e ui/dist/index.html || -n $(find ui api -newer ui/dist/index.html -type f \
        -not -path '*/node_modules/*' -not -path 'ui/dist/*' -print -quit) ]]; then
    say 'building the pages (ui/dist)'
    npm run build --prefix ui
    touch ui/dist/index.html
  fi
}
