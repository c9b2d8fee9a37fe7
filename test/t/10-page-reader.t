#!/bin/bash
exec "$(dirname "$0")/../unit/run" page_test wire/page wire/syntax
