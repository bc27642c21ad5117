#!/usr/bin/env bash
# What an installation needs, for hosts that run a script of the repository.
set -euo pipefail
cd "$(dirname "$0")"
npm ci
