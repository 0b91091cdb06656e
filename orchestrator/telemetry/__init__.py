"""What hosts say of their GPUs and of who used them: asked over SSH, all hosts at once, read strictly. The hosts hold the truth."""
