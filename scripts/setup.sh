#!/bin/sh
# Installs what tinyq needs into .venv, from PyPI alone: neither apt nor root is needed. Where arm-none-eabi-gcc and
# qemu-system-arm are installed they are used; elsewhere their places are taken by zig and Unicorn, which are plain
# Python packages. `scripts/setup.sh --apt` installs the former with apt on Debian and Ubuntu.
# Says what it does; does nothing that is done already.
set -eu
cd "$(dirname "$0")/.."

python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "tinyq needs python3 of version 3.11 or later; install it and run this again." >&2
    exit 1
}

if [ "${1:-}" = --apt ]; then
    packages="gcc libc6-dev gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib qemu-system-arm"
    sudo=""
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 || {
            echo "Neither root nor sudo is at hand. Have someone run: apt-get install $packages" >&2
            exit 1
        }
        sudo=sudo
    fi
    echo "== installing with apt: $packages"
    $sudo apt-get update -qq
    # shellcheck disable=SC2086 # a list of words on purpose
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
fi

stamp=.venv/.tinyq-installed
if [ ! -e "$stamp" ] || [ pyproject.toml -nt "$stamp" ] || [ constraints.txt -nt "$stamp" ]; then
    echo "== installing Python packages into .venv (a few minutes the first time)"
    if [ ! -x .venv/bin/python ]; then
        python3 -m venv .venv || {
            echo "python3 cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv" >&2
            exit 1
        }
    fi
    .venv/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[keras,vela,embedded,dev,docs]'
    touch "$stamp"
fi
