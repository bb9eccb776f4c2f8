# What the commands of this directory share; sourced, not run.

# Installs the Debian packages that are missing; the package lists are read only when something is.
install_packages() {
    local missing=() package
    for package in "$@"; do
        # One word for each architecture that the package is known for.
        dpkg-query -Wf '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -qq -y --no-install-recommends \
        "${missing[@]}" >/dev/null
}
