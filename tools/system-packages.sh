#!/usr/bin/env bash
# Installs what pip cannot: a headless browser (gui family) and off-screen OpenGL (robotic family).
# As root on Debian or Ubuntu it installs them; elsewhere it prints the command and goes on,
# because every other family works without them.
set -euo pipefail

packages=(chromium chromium-driver libosmesa6 libegl1 libgl1 libgles2 libgl1-mesa-dri)

if ! command -v dpkg-query >/dev/null; then
    echo "Not a Debian system. The gui and robotic families need: ${packages[*]}"
    exit 0
fi

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "The gui and robotic families need system packages. Install them with:"
    echo "    sudo apt-get install -y --no-install-recommends ${missing[*]}"
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
