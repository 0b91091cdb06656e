#!/bin/bash
# In the place of runc: a sandbox may neither make keys of the kernel nor change its root by pivot_root.
words=()
for word in "$@"; do
    words+=("$word")
    [[ $word != create && $word != run ]] || words+=(--no-new-keyring --no-pivot)
done
exec /usr/sbin/runc "${words[@]}"
