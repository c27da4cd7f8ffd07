"""What bot and worker share: requests and results, job records, the queue, stored pictures, the fleet."""
