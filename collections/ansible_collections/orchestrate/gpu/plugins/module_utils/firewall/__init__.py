"""The firewall: which ports stay open, whether a way in would be lost, and rules that are applied with rollback."""
