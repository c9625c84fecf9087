#!/bin/sh
# Usage: install.sh PYTHON VENV
# Make VENV with PYTHON and install the pinned packages, then this project.
# USE_PIP=1 installs with pip alone.
set -eu

python=$1
venv=$2
py=$venv/bin/python

fail() {
    echo "install: $1" >&2
    exit 1
}

command -v "$python" >/dev/null 2>&1 ||
    fail "'$python' was not found; install Python 3.11 or newer, or name one: make PYTHON=python3.12"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or newer is needed and '$python' is older; name another: make PYTHON=python3.12"

# An environment whose Python is gone or too old is made again.
if ! "$py" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    echo "install: making $venv"
    "$python" -m venv --clear "$venv"
fi

# Kernels keep their files here: a home may be missing or read-only.
mkdir -p "$venv/.jupyter/ipython"

install_with_pip() {
    echo "install: installing the pinned packages with pip (about two minutes)"
    "$py" -m pip install --quiet --disable-pip-version-check -r requirements.txt
    "$py" -m pip install --quiet --disable-pip-version-check --no-deps -e .
}

# uv needs a cache it can write; without one it makes a temporary cache.
uv_cache_flag() {
    cache=$("$py" -m uv cache dir 2>/dev/null) || cache=
    if [ -z "$cache" ] || ! mkdir -p "$cache" 2>/dev/null || [ ! -w "$cache" ]; then
        echo --no-cache
    fi
}

install_with_uv() {
    flag=$(uv_cache_flag)
    echo "install: installing the pinned packages with uv"
    "$py" -m uv pip install --quiet $flag --python "$py" -r requirements.txt &&
        "$py" -m uv pip install --quiet $flag --python "$py" --no-deps -e .
}

uv=$(sed -n 's/^\(uv==[0-9.]*\).*/\1/p' requirements.txt)
if [ -z "${USE_PIP:-}" ] &&
    "$py" -m pip install --quiet --disable-pip-version-check "$uv" &&
    install_with_uv; then
    exit 0
fi
[ -n "${USE_PIP:-}" ] || echo "install: uv did not work here, so pip is used" >&2
install_with_pip
