"""Asks npm's http-signature, the library that CloudAPI verifies with, about requests: an oracle for any signer."""
import json
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


def ask(jobs):
    """The results of these jobs (see http_signature.js)."""
    done = subprocess.run(['node', os.path.join(HERE, 'http_signature.js')], input=json.dumps(jobs), text=True,
                          stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def verify(records, public):
    """For requests that a stand-in recorded, or any with method, target and headers: {ok, signed} or {error} each."""
    return ask([{'verify': {'method': record.method, 'url': record.target, 'headers': record.headers},
                 'publicKey': public} for record in records])
