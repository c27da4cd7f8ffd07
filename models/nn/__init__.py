"""The networks: generator, subject branch, discriminator."""
