#!/usr/bin/python3
"""Gives a service's management tool several commands at the price of one start: manage.py MODULE CONFIG COMMAND...

MODULE is what nova-manage or keystone-manage runs; most of their time goes into importing it.
"""
import importlib
import os
import shlex
import sys

module = importlib.import_module(sys.argv[1])
for command in sys.argv[3:]:
    child = os.fork()
    if child == 0:
        sys.argv = [sys.argv[1], "--config-file", sys.argv[2], *shlex.split(command)]
        sys.exit(module.main())
    if os.waitpid(child, 0)[1]:
        sys.exit(f"failed: {command}")
