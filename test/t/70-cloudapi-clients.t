#!/bin/bash
# slow
# needs: node
# Proves the CloudAPI stand-in with its real clients, triton and smartdc, and the signatures of both the stand-in and the
# extension with http-signature, the library that CloudAPI verifies with. All three are from npm.
exec "$(dirname "${BASH_SOURCE[0]}")/../clients/run" cloudapi
