"""Libraries of tags, where Django looks for them."""
