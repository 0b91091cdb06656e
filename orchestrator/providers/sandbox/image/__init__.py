"""How the image of a sandbox host comes to be: its recipe, its root file system, its way into the engine."""
