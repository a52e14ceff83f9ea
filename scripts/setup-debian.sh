#!/bin/sh
# Installs the Debian packages that the tests and benchmarks run or compare with. Needs root.
set -eu
packages="busybox-static bash-static musl-tools gcc libc6-dev gdb strace qemu-user tcc tmux vim make git
lua5.3 sqlite3 gawk xz-utils python3 libpython3.11-testsuite redis-server redis-tools libevent-dev libuv1-dev golang-go chromium iproute2
  curl nginx-light tcpdump iputils-ping netcat-openbsd fio"
missing=""
for p in $packages; do
  dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $p"
done
if [ -z "$missing" ]; then
  echo "All Debian packages are installed."
  exit 0
fi
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing
