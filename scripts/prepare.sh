#!/bin/sh
# Installs what the tests need and this machine lacks: PostgreSQL, and strace
# for the tests that watch fsync. With apt and as root; otherwise it says what
# is missing, and the tests that need it fail rather than skip.
set -eu

have() { command -v "$1" >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/"$1" >/dev/null 2>&1; }

missing=""
have initdb || missing="$missing postgresql"
have strace || missing="$missing strace"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
	echo "please install:$missing" >&2
	exit 0
fi
# The tests start throw-away clusters of their own.
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
