"""Who gets which GPU and when. Pure: no clock, no process, no disk."""
