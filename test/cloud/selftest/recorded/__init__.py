"""What real servers were asked and answered: text files, one request or answer a line, read by the self-tests.

glance-*.txt and nova-sqlite.txt were recorded from Glance 25.1 and Nova 26.2 over the images of populated.py,
cloudapi-answers.jsonl from CloudAPI 9.20 over the stored manifests of cloudapi-manifests.jsonl.
"""
import os


def recorded(name):
    """The lines of a file."""
    with open(os.path.join(os.path.dirname(__file__), name), encoding='utf-8') as file:
        return file.read().strip('\n').split('\n')
