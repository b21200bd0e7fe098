# unit tests: aws
