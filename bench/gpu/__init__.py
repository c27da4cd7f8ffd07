"""What a card makes of the project, in one command that needs no network: `python -m bench.gpu`."""
