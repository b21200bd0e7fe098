# unit tests: intent
