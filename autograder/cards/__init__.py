"""How a verdict looks: an HTML card, text for terminals, and the picture of where an error lies."""
