# unit tests: plan
