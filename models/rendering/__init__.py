"""From a picture file to a page of characters: decode, tone, generator, page, paint."""
