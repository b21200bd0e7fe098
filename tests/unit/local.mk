# Unit tests: one Check program per noun.
