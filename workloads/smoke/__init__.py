"""Devices and arithmetic."""
