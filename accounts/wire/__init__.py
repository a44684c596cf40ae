"""Who, as the JSON API says it: bodies, columns and words that several of its addresses share."""
