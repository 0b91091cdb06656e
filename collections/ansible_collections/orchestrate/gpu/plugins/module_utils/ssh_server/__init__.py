"""The SSH server: whether settings would lock somebody out, and settings that are applied with rollback."""
