#!/bin/sh
# A system user of its own, and the right to open packet sockets for those in its group:
# whoever is in it captures without sudo. Where the file system or a tool is missing for
# that, simplecap works, and captures as root only.
set -e
if ! getent group simplecap > /dev/null 2>&1; then
    groupadd --system simplecap 2> /dev/null || addgroup -S simplecap 2> /dev/null || true
fi
if ! getent passwd simplecap > /dev/null 2>&1; then
    useradd --system --gid simplecap --no-create-home --home-dir /var/lib/simplecap --shell /usr/sbin/nologin simplecap 2> /dev/null ||
        adduser -S -D -H -h /var/lib/simplecap -s /sbin/nologin -G simplecap simplecap 2> /dev/null || true
fi
if command -v setcap > /dev/null 2>&1; then
    setcap cap_net_raw=ep /usr/bin/simplecap || echo "simplecap: setcap failed: only root can capture" >&2
else
    echo "simplecap: no setcap here: only root can capture" >&2
fi
if [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi
