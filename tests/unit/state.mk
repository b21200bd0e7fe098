# unit tests: state
