"""What a host offers to people: desktops and web pages, as its roles wrote down in /etc/orchestrate. Changes nothing there."""

from orchestrator.services.desktop import Desktop, desktop_of
from orchestrator.services.passwords import Password, login_of, password_of, text_of
from orchestrator.services.web import Tool, Web, web_of

__all__ = ["Desktop", "Password", "Tool", "Web", "desktop_of", "login_of", "password_of", "text_of", "web_of"]
