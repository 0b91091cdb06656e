"""Jobs on hosts: started as systemd units, followed, and read. They outlive us: a dropped line or Ctrl-C loses nothing."""
