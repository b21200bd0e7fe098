# unit tests: helper
