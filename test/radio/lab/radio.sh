#!/bin/bash
# The radio alone, without the agent around it: `radio.sh NODE BUNDLE`, the bundle made of home.ts.
source "$(dirname "$0")/devices.sh"
log=/run/lab/home.log
"$1" "$2" > >(tee "$log") 2>&1 &
home=$!

wait_for '^HOME paired cuff' "$log" && wait_for '^HOME value 2a35' "$log" || exit 1
wait_for '^HOME note visit-ended' "$log"; sleep 3
echo 'LAB measures again'
measure cuff
wait_for '^HOME again 2a35' "$log" || exit 1
echo 'LAB kills bluetoothd'
kill -9 $bluetoothd; wait $bluetoothd 2>/dev/null
wait_for '^HOME state poweredOff' "$log"
start_bluetoothd
wait_for '^HOME state poweredOn again' "$log" || exit 1
sleep 3; measure cuff
wait_for '^HOME after restart 2a35' "$log" || { tail -5 /run/lab/bluetoothd.log; exit 1; }
kill $home; wait $home
echo "LAB home ended $?"
