#!/usr/bin/env bash
# Installs what pip cannot: a headless browser (gui family), off-screen OpenGL (robotic family) and
# Java (ScienceWorld).
# As root on Debian or Ubuntu it installs them; elsewhere it prints the command and goes on,
# because every other family works without them.
set -euo pipefail

packages=(chromium chromium-driver libosmesa6 libegl1 libgl1 libgles2 libgl1-mesa-dri)
# Any Java will do, so that one that is there already is kept.
command -v java >/dev/null || packages+=(default-jre-headless)

if ! command -v dpkg-query >/dev/null; then
    echo "Not a Debian system. The gui and robotic families and ScienceWorld need: ${packages[*]}"
    exit 0
fi

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "The gui and robotic families and ScienceWorld need system packages. Install them with:"
    echo "    sudo apt-get install -y --no-install-recommends ${missing[*]}"
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
