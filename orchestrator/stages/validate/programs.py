"""What runs on hosts of a cluster around a joint job. Constant programs; what varies comes as arguments."""

TASK = """
folder=$1
shift
"$@"
code=$?
if [ "${SLURM_PROCID:-0}" = 0 ]; then
    boot=$(cat /proc/sys/kernel/random/boot_id)
    echo "$code $boot $(cut -d " " -f 1 /proc/uptime) $SLURMD_NODENAME" > "$folder/ended.new"
    mv "$folder/ended.new" "$folder/ended"
fi
exit "$code"
"""
"""A task; when the first one ended is told as jobs of one host tell it. Arguments: the job's folder, the command."""
NOW = 'echo "$(cat /proc/sys/kernel/random/boot_id) $(cut -d " " -f 1 /proc/uptime) $(date +%s)"'
"""A host's clocks: which start of the machine, its uptime, seconds since 1970."""
