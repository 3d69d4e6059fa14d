#!/bin/sh
# A system user and a group of its own. The program gets no right to open packet sockets
# here: everybody may run it, and would capture what passes this host.
set -e
if ! getent group simplecap > /dev/null 2>&1; then
    groupadd --system simplecap 2> /dev/null || addgroup -S simplecap 2> /dev/null || true
fi
if ! getent passwd simplecap > /dev/null 2>&1; then
    useradd --system --gid simplecap --no-create-home --home-dir /var/lib/simplecap --shell /usr/sbin/nologin simplecap 2> /dev/null ||
        adduser -S -D -H -h /var/lib/simplecap -s /sbin/nologin -G simplecap simplecap 2> /dev/null || true
fi
if [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi
