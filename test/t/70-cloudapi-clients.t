#!/bin/bash
# slow
# needs: node
# Proves the CloudAPI stand-in with its real clients from npm, triton and smartdc, and the signatures of the stand-in
# and of the extension with http-signature, the library that CloudAPI verifies with.
exec "$(dirname "${BASH_SOURCE[0]}")/../clients/run" cloudapi
