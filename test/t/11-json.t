#!/bin/bash
exec "$(dirname "$0")/../unit/run" json_test row/json row/character
