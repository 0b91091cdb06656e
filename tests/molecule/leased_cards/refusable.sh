# Console and tun: an engine lets containers open them, and `DevicePolicy=closed` lets no unit. systemd finds out anew what it may use.
set -e
systemctl stop orchestrate-leases.service stand-in-telemetry.service
rm -f /dev/nvidia[0-9]
mknod --mode=666 /dev/nvidia0 c 5 1
mknod --mode=666 /dev/nvidia1 c 10 200
systemctl daemon-reexec
systemd-run --unit=stand-in-telemetry-of-two python3 /usr/local/lib/cards.py 2
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ "$(grep -c . /run/gpuhost/snapshot.json)" = 1 ] && ! grep -q 'GPU-00000002' /run/gpuhost/snapshot.json && break
    sleep 0.5
done
systemctl start orchestrate-leases.service
