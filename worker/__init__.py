"""The RQ worker: a warm model, a picture in, a picture out, delivered to Discord over REST."""
