#!/bin/sh
# Has a host of Debian say that it is Ubuntu, by all that programs ask: os-release, lsb-release, dpkg's vendor, the name of apt's
# sources, sshd started by its socket, and the group `admin` that Ubuntu's images for clouds have. Its packages stay Debian's. Runs
# on the host, as root, with systemd or before it; $1 is the release, `24.04`.
set -eu
release=$1
case $release in
22.04) codename=jammy name="Jammy Jellyfish" ;;
24.04) codename=noble name="Noble Numbat" ;;
26.04) codename=resolute name="Resolute Raccoon" ;;
*) echo "no Ubuntu is known as $release" >&2 && exit 2 ;;
esac

rm -f /etc/os-release # a link to the one of package base-files
cat >/etc/os-release <<FILE
PRETTY_NAME="Ubuntu $release LTS"
NAME="Ubuntu"
VERSION_ID="$release"
VERSION="$release LTS ($name)"
VERSION_CODENAME=$codename
ID=ubuntu
ID_LIKE=debian
UBUNTU_CODENAME=$codename
FILE
cat >/etc/lsb-release <<FILE
DISTRIB_ID=Ubuntu
DISTRIB_RELEASE=$release
DISTRIB_CODENAME=$codename
DISTRIB_DESCRIPTION="Ubuntu $release LTS"
FILE
cat >/etc/dpkg/origins/ubuntu <<FILE
Vendor: Ubuntu
Vendor-URL: http://www.ubuntu.com/
Bugs: https://bugs.launchpad.net/ubuntu/+filebug
Parent: Debian
FILE
ln -sf ubuntu /etc/dpkg/origins/default
getent group admin >/dev/null || groupadd --system admin

[ "$release" != 22.04 ] || exit 0
# From 24.04 on apt's sources are a file of stanzas, whose name says Ubuntu; and sshd waits for its socket to be connected to.
[ ! -e /etc/apt/sources.list.d/debian.sources ] ||
    mv /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list.d/ubuntu.sources
if [ -s /etc/apt/sources.list ]; then
    sed -nE 's/^deb (\[.*\] )?([^ ]+) ([^ ]+) (.+)$/Types: deb\nURIs: \2\nSuites: \3\nComponents: \4\n/p' \
        /etc/apt/sources.list >/etc/apt/sources.list.d/ubuntu.sources
    : >/etc/apt/sources.list
fi
systemctl disable --quiet ssh.service
systemctl enable --quiet ssh.socket
[ -d /run/systemd/system ] || exit 0 # it starts what is enabled
# Connections that are open stay: their processes are not of the service's that is stopped.
systemctl stop ssh.service
systemctl start ssh.socket
