#!/bin/bash
# slow
# needs: node
# Proves the IMS stand-in with Huawei Cloud's own SDK from npm, whose requests are accepted and tampered ones are not,
# and that the requests of the extension have the signatures that the SDK makes for them.
exec "$(dirname "${BASH_SOURCE[0]}")/../clients/run" ims
