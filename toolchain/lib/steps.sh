# Steps that run, test and bench share.
# Needs: common.sh.

# step NAME COMMAND...: one line on the screen; the output goes to build/log/NAME and is shown when it fails.
# (Inside a condition "set -e" is off: the commands say themselves where they stop.)
step() {
    local name=$1 log=$root/build/log/$1 started=$SECONDS
    shift
    mkdir -p "$root/build/log"
    if ! "$@" >"$log" 2>&1; then
        tail -n 60 "$log" >&2
        die "$name failed; all of its output is in ${log#"$root"/}"
    fi
    note "$name ($((SECONDS - started)) s)"
}

# build_preset NAME [TARGET...]: configured and built in build/NAME, everything or these targets. Where there is
# ccache (setup test), what an earlier clone compiled from the same text is taken from the cache; every build tree has
# the same paths relative to its root.
build_preset() {
    local targets=("${@:2}")
    if command -v ccache >/dev/null; then
        export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
        export CCACHE_DIR=$cache/ccache CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=2G
    fi
    (cd "$root" && cmake --preset "$1" && cmake --build --preset "$1" -j "$jobs" ${targets:+--target "${targets[@]}"})
}

# The npm packages of tests/, exactly those of its lock file, in the cache and linked as tests/node_modules.
npm_packages() {
    local key store
    key=$(cat "$root/tests/package-lock.json" <(node --version) | sha256sum | cut -c1-16)
    store=$cache/npm/$key
    [ -e "$store/done" ] || with_lock npm npm_install "$store" || return 1
    if [ "$(readlink "$root/tests/node_modules" || true)" != "$store/node_modules" ]; then
        rm -rf "$root/tests/node_modules"
        ln -s "$store/node_modules" "$root/tests/node_modules"
    fi
}
npm_install() { # STORE
    [ ! -e "$1/done" ] || return 0
    local work=$cache/npm/work
    rm -rf "$work" "$1"
    mkdir -p "$work"
    cp "$root"/tests/package.json "$root"/tests/package-lock.json "$work/"
    [ ! -f "$root/tests/.npmrc" ] || cp "$root/tests/.npmrc" "$work/"
    (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund) || return 1
    touch "$work/done"
    mv "$work" "$1"
}
