#!/bin/sh
# Turns a minimal Debian into the root file system of a sandbox host. Runs inside it, as root; $1 is the login to make.
# Used alike on a registry's image and on a fresh bootstrap. What a host is for comes later, from the roles.
set -eu
export DEBIAN_FRONTEND=noninteractive
user=$1
shift # what remains are packages to install

# A registry's image has no systemd and no sshd yet; a bootstrap brought them along.
if ! dpkg-query --show "$@" >/dev/null 2>&1; then
    apt-get --quiet update
    apt-get --quiet --yes --no-install-recommends install "$@"
fi

# The login: key only (`*` is the hash of no password); its sudo rule comes with the key at birth. A base may have it.
id -u "$user" >/dev/null 2>&1 || useradd --uid 1000 --create-home --shell /bin/bash --password '*' "$user"

# Every host gets its own key at birth; no two hosts may share one.
rm -f /etc/ssh/ssh_host_*
cat >/etc/ssh/sshd_config.d/00-sandbox.conf <<'CONF'
# Closed from the first byte, before role ssh_server has run.
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
CONF
systemctl enable ssh.service

# The engine mounts the cgroup v2 tree read-only; systemd has to write to this container's own part of it.
cat >/usr/local/sbin/sandbox-init <<'INIT'
#!/bin/sh
[ ! -e /sys/fs/cgroup/cgroup.controllers ] || [ -w /sys/fs/cgroup ] || mount -o remount,bind,rw /sys/fs/cgroup
exec /lib/systemd/systemd
INIT
chmod 0755 /usr/local/sbin/sandbox-init

# No consoles, no disks, no kernel of its own; /tmp on disk rather than in memory; and nobody upgrades packages behind
# the back of a converge.
systemctl mask --quiet getty.target console-getty.service systemd-remount-fs.service systemd-pstore.service \
    fstrim.timer e2scrub_all.timer e2scrub_reap.service tmp.mount dev-hugepages.mount sys-fs-fuse-connections.mount \
    apt-daily.timer apt-daily-upgrade.timer
systemctl set-default --quiet multi-user.target

# The engine's build leaves this behind; a policy that forbids starting services would break every role.
rm -f /usr/sbin/policy-rc.d
apt-get clean
rm -rf /var/lib/apt/lists/* /var/log/*.log /var/log/apt/* /var/lib/dbus/machine-id
: >/etc/machine-id
rm -- "$0"
