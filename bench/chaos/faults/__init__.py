"""What breaks: one lane each for workers, bots, Valkey and Discord, which break side by side."""
