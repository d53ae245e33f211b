#!/bin/sh
# Installs Foz for the user who runs it, without root:
#   curl -fsSL $FOZ_RELEASE/install.sh | FOZ_RELEASE=https://host/path sh
# FOZ_RELEASE: where the release lies: SHA256SUMS and its archives, an address (https:// or file://; http:// of this
# machine).
# FOZ_VERSION: the version; by default the newest release in SHA256SUMS, or the newest before a release if there is none.
# FOZ_HOME:    where the versions go; by default ~/.local/share/foz. FOZ_BIN: the folder of the command; ~/.local/bin.
# FOZ_KEY:     a file with the public key that SHA256SUMS must be signed with; by default the one that this script has.
# The archive is compared with its SHA-256 before anything of it is unpacked. The command is switched to the new version
# at the very end, in one step: until then the old one works.
set -eu

# The public key of whoever made the release; a release that is signed has it here (deploy/release/sums).
key=''

fail() { echo "install.sh: $*; nothing was installed" >&2; exit 1; }

main() {
    release=${FOZ_RELEASE:-}
    [ -n "$release" ] || fail "set FOZ_RELEASE to the address of the release"
    case $release in
        https://* | file://* | http://127.0.0.1[:/]* | http://localhost[:/]*) ;;
        *) fail "FOZ_RELEASE must be an address that begins with https:// or file://: others can be changed on the way" ;;
    esac
    home=${FOZ_HOME:-$HOME/.local/share/foz}
    bin=${FOZ_BIN:-$HOME/.local/bin}
    case $(uname -s)/$(uname -m) in
        Linux/x86_64) rid=x64 ;;
        Linux/aarch64) rid=arm64 ;;
        Darwin/x86_64) rid=osx-x64 ;;
        Darwin/arm64) rid=osx-arm64 ;;
        *) fail "there is no Foz for $(uname -s) on $(uname -m)" ;;
    esac
    case $rid in
        osx-*) ;;
        # A system of glibc may have the package of musl as well.
        *) if getconf GNU_LIBC_VERSION >/dev/null 2>&1 || ! ls /lib/ld-musl-* >/dev/null 2>&1
            then rid=linux-$rid; else rid=linux-musl-$rid; fi ;;
    esac

    mkdir -p "$home" || fail "cannot write $home"
    # What an installation that was killed left a day ago or earlier.
    find "$home" -maxdepth 1 -name '.new-*' -mtime +0 -exec rm -rf {} +
    work=$(mktemp -d "$home/.new-XXXXXX") || fail "cannot write $home"
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' HUP INT TERM

    fetch SHA256SUMS "$work/SHA256SUMS"
    verify
    if [ -n "${FOZ_VERSION:-}" ]; then
        line=$(awk -v f="foz-$FOZ_VERSION-$rid.tar.gz" '$2 == f' "$work/SHA256SUMS")
    else
        line=$(newest "-$rid.tar.gz" < "$work/SHA256SUMS")
    fi
    [ -n "$line" ] || fail "$release/SHA256SUMS names no archive ${FOZ_VERSION:+of version $FOZ_VERSION }for $rid"
    expected=${line%% *}
    archive=${line##* }
    name=${archive%.tar.gz}
    # The sum must be one: half a line of a list that was cut says nothing.
    [ ${#expected} -eq 64 ] || fail "$release/SHA256SUMS is cut or no list of sums"

    echo "fetching $archive"
    fetch "$archive" "$work/$archive"
    actual=$(sum "$work/$archive")
    [ "$actual" = "$expected" ] ||
        fail "$archive is cut or changed: its SHA-256 is $actual, and SHA256SUMS says $expected"
    tar -xzf "$work/$archive" -C "$work" || fail "cannot unpack $archive in $home"
    "$work/$name/foz" version >/dev/null || fail "$archive does not start here"

    mkdir -p "$bin" || fail "cannot write $bin"
    # The same version again goes beside the one that the command leads to, which works until the command is switched.
    place=$home/$name
    old=$home/$name.again
    if [ "$(readlink "$bin/foz" || true)" = "$place/foz" ]; then
        place=$old
        old=$home/$name
    fi
    rm -rf "$place"
    mv "$work/$name" "$place"
    ln -s "$place/foz" "$work/foz"
    mv -f "$work/foz" "$bin/foz"
    rm -rf "$old"
    echo "installed $("$bin/foz" version) in $place, as $bin/foz"
    case :$PATH: in
        *:"$bin":*) ;;
        *) echo "add it to the PATH:  export PATH=\"$bin:\$PATH\"" ;;
    esac
}

# Compares the signature of the sums, if there is a key: then a release without one is none.
verify() {
    if [ -n "${FOZ_KEY:-}" ]; then
        cat "$FOZ_KEY" > "$work/key" || fail "cannot read the key $FOZ_KEY"
    elif [ -n "$key" ]; then
        echo "$key" > "$work/key"
    else
        return 0
    fi
    command -v openssl >/dev/null || fail "install openssl, which compares the signature of the release"
    fetch SHA256SUMS.sig "$work/SHA256SUMS.sig"
    openssl dgst -sha256 -verify "$work/key" -signature "$work/SHA256SUMS.sig" "$work/SHA256SUMS" >/dev/null 2>&1 ||
        fail "$release/SHA256SUMS is not signed with the key of the release"
}

# Prints the line of the newest version, of those whose archive ends as said. Not all systems have `sort -V`, which also takes
# 1.0.0-rc.1 for newer than 1.0.0: so numbers get leading zeros. A release comes after all that is before a release.
newest() {
    awk -v end="$1" '
        function number(text) { return sprintf("%010d", text) }
        {
            at = length($2) - length(end)
            version = substr($2, 5, at - 4)
            sub(/\+.*/, "", version)
            if (substr($2, 1, 4) != "foz-" || substr($2, at + 1) != end) next
            if (version !~ /^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$/) next
            before = ""
            if (dash = index(version, "-")) {
                before = substr(version, dash + 1)
                version = substr(version, 1, dash - 1)
            }
            split(version, parts, ".")
            key = (before == "") number(parts[1]) number(parts[2]) number(parts[3])
            count = split(before, parts, ".")
            for (i = 1; i <= count; i++) key = key "!" (parts[i] ~ /^[0-9]+$/ ? "0" number(parts[i]) : "1" parts[i])
            print key, $0
        }' | LC_ALL=C sort | tail -n 1 | cut -d ' ' -f 2-
}

fetch() {
    # A folder of this machine needs no program for the web.
    case $release in file://*) cp "${release#file://}/$1" "$2" || fail "cannot fetch $release/$1"; return ;; esac
    if command -v curl >/dev/null; then
        curl -fsSL --proto-redir =https --retry 3 --connect-timeout 20 -o "$2" "$release/$1" || fail "cannot fetch $release/$1"
    elif command -v wget >/dev/null; then
        wget -q -O "$2" "$release/$1" || fail "cannot fetch $release/$1"
    else
        fail "neither curl nor wget is there"
    fi
}

sum() {
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

# All of this script is read before any of it runs: one that was cut does nothing.
main "$@"
