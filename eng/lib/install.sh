# shellcheck shell=bash
# Sourced by ./run and ./test: builds the project when something changed; installs what tests need beside it.
# Everything it says goes to standard error; the caller's standard output stays the caller's.

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

say() { printf '%s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

has() { command -v "$1" >/dev/null 2>&1; }

# install_packages NAME...: Debian's names. Returns non-zero, having said what to do, where it cannot install them.
install_packages() {
    local as_root=() by_hand="apt-get install -y --no-install-recommends $*"
    if ! has apt-get; then
        say "Missing: $* (Debian's names). Install them with your package manager and run this again."
        return 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! has sudo; then
            say "Missing: $*. Run this as root, then try again: $by_hand"
            return 1
        elif ! sudo -n true 2>/dev/null; then
            say "Missing: $*. Run this, then try again: sudo $by_hand"
            return 1
        fi
        as_root=(sudo -n)
    fi

    local log=artifacts/install.log
    mkdir -p artifacts
    say "Installing $*"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c "$apt_script" sh "$@" >"$log" 2>&1 </dev/null && return 0
    tail -n 20 "$log" >&2
    say "Could not install $* (all of it: $log)"
    return 1
}

# The package lists are fetched only when the first try fails: they may be empty or old, and then apt-get says so at once.
# shellcheck disable=SC2016  # Expanded by the shell that runs it.
apt_script='
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        # Otherwise a package that holds a server starts it, on its default port.
        trap "rm -f $policy" EXIT
        trap "exit 130" INT TERM
        printf "#!/bin/sh\nexit 101\n" >"$policy" && chmod 755 "$policy" || exit
    fi
    install() { apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"; }
    install "$@" || { apt-get -o DPkg::Lock::Timeout=300 update && install "$@"; }
'

has_rabbitmq() { compgen -G '/usr/lib/rabbitmq/lib/*/sbin/rabbitmq-server' >/dev/null; }

has_postgres() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || has initdb; }

# With its module xkey, and the compiler that it needs for its configuration.
has_varnish() { [ -x /usr/sbin/varnishd ] && has gcc && compgen -G '/usr/lib/*/varnish/vmods/libvmod_xkey.so' >/dev/null && [ -e /usr/include/stdio.h ]; }

need_dotnet() {
    local home=${DOTNET_ROOT:-$HOME/.dotnet}
    if ! has dotnet && [ -x "$home/dotnet" ]; then
        PATH="$home:$PATH"
    fi
    has dotnet || fail "The .NET 10 SDK is missing. Get it from https://dot.net/download (or your distribution's dotnet-sdk-10.0) and try again."
}

# build TARGET FOLDER...: builds a project or solution in Release, unless nothing in the folders or beside this
# script changed since it was last built: even a build that finds nothing to do takes seconds.
build() {
    local target=$1 stamp changed
    shift
    stamp=artifacts/built/$(basename "$target")
    # Change times (-newercm), so that a file restored with an old date counts; folders too, so that a deletion does.
    if [ -e "$stamp" ] &&
        changed=$(find "$@" \( -name node_modules -o -name Snapshots \) -prune -o -newercm "$stamp" -print -quit 2>/dev/null) && [ -z "$changed" ] &&
        changed=$(find ./*.props ./*.targets eng/lib/*.props ./*.sln ./*.json .editorconfig BannedSymbols.txt -newercm "$stamp" -print -quit 2>/dev/null) && [ -z "$changed" ]; then
        return 0
    fi

    dotnet --version >/dev/null 2>&1 ||
        fail "The .NET 10 SDK is missing; here there is: $(dotnet --list-sdks 2>/dev/null | cut -d' ' -f1 | tr '\n' ' '). Get it from https://dot.net/download and try again."
    local log=artifacts/build.log
    mkdir -p artifacts/built
    say "Building"
    # Touched before the build: a file saved while it runs is built the next time.
    touch "$stamp.new"
    if ! dotnet build "$target" --configuration Release --nologo --verbosity quiet -nodeReuse:false \
        ${CI:+-p:RestoreLockedMode=true} >"$log" 2>&1 </dev/null; then
        grep -E '(error|warning) [A-Z]+[0-9]+|error :' "$log" | sort -u >&2 || cat "$log" >&2
        say "The build failed (all of it: $log)"
        return 1
    fi
    mv "$stamp.new" "$stamp"
}
