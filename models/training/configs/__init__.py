"""Training configurations that ship with the project, a .toml file each."""
