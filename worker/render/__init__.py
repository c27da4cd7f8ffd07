"""One job: decode, draw with the warm model, in stages."""
