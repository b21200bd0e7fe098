# unit tests: plugin
