"""What bot and worker agree on: requests and results, the queue, stored pictures, the ledger, the fleet."""
