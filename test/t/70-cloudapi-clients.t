#!/bin/bash
# slow
# Proves the CloudAPI stand-in with its real clients from npm, triton, smartdc and http-signature.
exec "$(dirname "${BASH_SOURCE[0]}")/../clients/cloudapi/run"
