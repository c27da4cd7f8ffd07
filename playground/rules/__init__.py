"""What Discord demands of what a bot sends."""
