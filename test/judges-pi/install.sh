#!/bin/sh
# Brings up another Pi beside the one of package.json: install.sh VERSION (such as 1.5.2, 0.84.0 or latest), in versions/VERSION.
# Where a plain install fails because siblings of that version are not published, the tarball alone runs: its command is one bundle, plus
# three packages that it loads from outside itself.
set -eu
NAME=@earendil-works/pi-coding-agent
WANT=${1:?usage: install.sh VERSION}
VERSION=$(npm view "$NAME@$WANT" version 2>/dev/null | tail -1 | tr -d "'" | sed 's/.* //')
FOLDER=$(dirname "$0")/versions/$VERSION
mkdir -p "$FOLDER"
cd "$FOLDER"
[ -f package.json ] || echo '{ "name": "limn-judge-pi", "private": true }' >package.json
if ! npm install --no-audit --no-fund --ignore-scripts "$NAME@$VERSION" >/dev/null 2>&1; then
  rm -rf node_modules package-lock.json unpacked
  npm pack "$NAME@$VERSION" >/dev/null 2>&1
  mkdir unpacked
  tar xzf earendil-works-pi-coding-agent-*.tgz -C unpacked --strip-components=1
  rm -f earendil-works-pi-coding-agent-*.tgz
  # shellcheck disable=SC2046
  npm install --no-audit --no-fund --ignore-scripts $(node -p 'const d = require("./unpacked/package.json").dependencies; ["jiti", "quickjs-wasi", "@silvia-odwyer/photon-node"].map((n) => n + "@" + d[n]).join(" ")') >/dev/null
  mkdir -p node_modules/@earendil-works
  mv unpacked "node_modules/$NAME"
fi
ls node_modules/$NAME/dist/bundle/cli.js 2>/dev/null || ls node_modules/$NAME/dist/cli.js
