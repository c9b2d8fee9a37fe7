"""Proves that the stand-in does what it claims.

    /usr/bin/python3 -m unittest discover -t test -s test/cloud/selftest
"""
