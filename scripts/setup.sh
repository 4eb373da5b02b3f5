#!/bin/sh
# Installs what tinyq needs on Debian and Ubuntu: system packages through apt, Python packages into .venv.
# Says what it does; does nothing that is done already.
set -eu
cd "$(dirname "$0")/.."

need_command() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
missing=""
need_command gcc gcc
need_command arm-none-eabi-gcc gcc-arm-none-eabi
need_command qemu-system-arm qemu-system-arm
[ -e /usr/include/stdio.h ] || missing="$missing libc6-dev"
if command -v arm-none-eabi-gcc >/dev/null 2>&1; then
    has_arm_file() { [ "$(arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -print-file-name="$1")" != "$1" ]; }
    has_arm_file nano.specs || missing="$missing libnewlib-arm-none-eabi"
    has_arm_file libstdc++.a || missing="$missing libstdc++-arm-none-eabi-newlib"
else
    missing="$missing libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib"
fi
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "tinyq needs python3 of version 3.11 or later; install it and run this again." >&2
    exit 1
}
python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"

if [ -n "$missing" ]; then
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "This system has no apt. Install these (Debian's names), then run this again:" >&2
        echo "   $missing" >&2
        exit 1
    fi
    sudo=""
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 || {
            echo "Neither root nor sudo is at hand. Have someone run: apt-get install$missing" >&2
            exit 1
        }
        sudo=sudo
    fi
    echo "== installing with apt:$missing"
    $sudo apt-get update -qq
    # shellcheck disable=SC2086 # a list of words on purpose
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

stamp=.venv/.tinyq-installed
if [ ! -e "$stamp" ] || [ pyproject.toml -nt "$stamp" ] || [ constraints.txt -nt "$stamp" ]; then
    echo "== installing Python packages into .venv (a few minutes the first time)"
    [ -x .venv/bin/python ] || python3 -m venv .venv
    .venv/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[keras,vela,dev]'
    touch "$stamp"
fi
