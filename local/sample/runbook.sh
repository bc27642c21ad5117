#!/usr/bin/env bash
# The runbook's code rollback as its own hand steps, on one host:
#   runbook.sh <directory> <commit> <health address> <application unit> <proxy unit>
set -euo pipefail
directory=$1 commit=$2 health=$3 application=$4 proxy=$5

# Navigate to the deployment directory, roll back to the commit
cd "$directory"
git checkout --quiet "$commit"

# Dependencies
cd backend
npm ci --silent

# Restart services
systemctl restart "$application"
systemctl reload "$proxy"

# Verify: the health endpoint returns 200
for _ in $(seq 1 600); do
  if [ "$(curl --silent --max-time 2 --output /dev/null --write-out '%{http_code}' "$health")" = 200 ]; then exit 0; fi
  sleep 0.05
done
echo "$health does not answer 200" >&2
exit 1
