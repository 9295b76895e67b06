#!/usr/bin/env bash
# Checks everything: style, import contracts, and the whole test suite.
#
#   ./launch/test.sh [PYTEST ARGUMENTS]
#
# Makes .venv-test and installs the project with its test extra, once per setup.cfg.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source launch/environment.sh

ensure_environment .venv-test '.[test]'
.venv-test/bin/python -m ruff check .
.venv-test/bin/python -m pytest --numprocesses=auto --dist=loadgroup "$@"
