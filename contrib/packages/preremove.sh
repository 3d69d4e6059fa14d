#!/bin/sh
# Stops the service where the package goes, not where another version comes.
set -e
case ${1:-0} in
remove | 0) if [ -d /run/systemd/system ]; then systemctl disable --now simplecap.service > /dev/null 2>&1 || true; fi ;;
esac
