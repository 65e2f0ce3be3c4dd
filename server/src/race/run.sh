#!/bin/bash
d=$(mktemp -d /tmp/rx/run.XXXX); s="$1"; shift
LOCKSTEP_RACE="{\"directory\":\"$d\",\"history\":65536,\"include\":[],\"exclude\":[],\"halt\":false,\"nudge\":false,\"seed\":1,\"mark\":\"mk$RANDOM\"}" NODE_OPTIONS="--require=/tmp/rx/dist/race/shim.cjs" ${NODE:-node} $s "$@"; echo "exit $?"; cat $d/log-*.jsonl | grep -v '"stack","thread' | cut -c1-400
