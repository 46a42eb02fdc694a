"""Failure-flavoured fakes of the ports, for tests of this package and of services that embed it.

They hold real state and keep the ports' promises, as the contract suites show; on top they do what a scenario says.
"""
