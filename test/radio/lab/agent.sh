#!/bin/bash
# The real agent on the real stack: `agent.sh NODE BUNDLE`, the bundle made of agent/main.ts.
# Mosquitto, the municipality and the home gateway; three devices paired from the command line.
node=$1 bundle=$2
source "$(dirname "$0")/devices.sh"
data=/run/lab/data; mkdir -p $data/home $data/municipality; chmod 700 $data/*
printf '%064d' 7 > /run/lab/key; chmod 600 /run/lab/key
export NODE_COMPILE_CACHE=/run/lab/cache
iomt() { "$node" "$bundle" "$@" --config /run/lab/iomt.yaml; }
say() { echo "LAB $*"; }
ask() { /usr/bin/python3 -c "import json,sys,datetime; d=json.load(sys.stdin); $1"; }

mosquitto_passwd -b -c /run/lab/passwords gateway lab-password
mosquitto_passwd -b /run/lab/passwords municipality lab-password
printf 'lab-password' > /run/lab/password; chmod 600 /run/lab/password
cat > /run/lab/mosquitto.conf <<'CONF'
listener 1883 127.0.0.1
allow_anonymous false
password_file /run/lab/passwords
set_tcp_nodelay true
user root
CONF
mosquitto -c /run/lab/mosquitto.conf >/run/lab/mosquitto.log 2>&1 &
cat > /run/lab/iomt.yaml <<'YAML'
home:
  data: /run/lab/data/home
  zone: Europe/Oslo
  clock: assume-trusted
  keyFile: /run/lab/key
  recipients:
    - id: lab
      name: Lab municipality
      transport: { type: mqtt, url: mqtt://127.0.0.1:1883, username: gateway, passwordFile: /run/lab/password }
municipality:
  data: /run/lab/data/municipality
  keyFile: /run/lab/key
  mqtt: { type: mqtt, url: mqtt://127.0.0.1:1883, username: municipality, passwordFile: /run/lab/password }
  fhir: { type: embedded, port: 8440 }
YAML

"$node" "$bundle" municipality --config /run/lab/iomt.yaml > >(tee /run/lab/municipality.log) 2>&1 &
municipality=$!
"$node" "$bundle" home --config /run/lab/iomt.yaml > >(tee /run/lab/agent.log) 2>&1 &
home=$!
wait_for home-started /run/lab/agent.log 90 || exit 1
say 'agent started'

iomt people add 'Kari Eksempel' >/dev/null || exit 1
iomt consents give --person 'Kari Eksempel' --recipient lab \
  --kinds blood-pressure,body-weight,oxygen-saturation >/dev/null || exit 1
for i in {1..30}; do
  iomt devices seen --json > /run/lab/seen.json
  [ "$(ask 'print(len(d))' < /run/lab/seen.json)" -ge 3 ] && break
done
say "seen $(ask 'print(len(d))' < /run/lab/seen.json)"

# One device after another: this bluetoothd is the devices' own too, and does not survive being both
# ends of two links at once (5.66, a segmentation fault).
visits() { grep -c '"event":"visit-ended"' /run/lab/agent.log; }
visit_over() {
  for ((i = 0; i < 200; i++)); do [ "$(visits)" -gt "$1" ] && sleep 2 && return 0; sleep 0.2; done
  say "no visit of $2 ended"; tail -5 /run/lab/bluetoothd.log; exit 1
}
again() {
  local before; before=$(visits)
  measure "$1"
  visit_over "$before" "$1"
}
for device in cuff scale oximeter; do
  address=$(ask "print(next(s['address'] for s in d if '$device' in s['name']))" < /run/lab/seen.json)
  before=$(visits)
  iomt devices pair "$address" --name "$device" --owner 'Kari Eksempel' >/dev/null || exit 1
  say "paired $device"
  visit_over "$before" "$device"
done
# Those that have been silent for a while: a device is not called again at once.
again cuff

say 'kills bluetoothd'
kill -9 $bluetoothd; wait $bluetoothd 2>/dev/null
wait_for bluetoothd-gone /run/lab/agent.log || exit 1
powered=$(grep -c '"state":"poweredOn"' /run/lab/agent.log)
start_bluetoothd
for ((i = 0; i < 200; i++)); do
  [ "$(grep -c '"state":"poweredOn"' /run/lab/agent.log)" -gt "$powered" ] && break; sleep 0.2
done
sleep 3
again scale

for i in {1..10}; do
  iomt outbox --json > /run/lab/outbox.json
  n=$(ask "print(sum(r['n'] for r in d if r['state'] == 'received'))" < /run/lab/outbox.json)
  [ "$n" -ge 3 ] && break
  sleep 1
done
say "received $n"
for code in 85354-9 29463-7 2708-6; do
  curl -s "http://127.0.0.1:8440/fhir/Observation?code=$code&_count=50" > /run/lab/stored.json
  say "stored $code $(ask 'print(d["total"])' < /run/lab/stored.json)"
  # How far the measured instant lies from now, in minutes: the cuff's clock is two minutes ahead.
  say "age $code $(ask 'print(*sorted(int((datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(e["resource"]["effectiveDateTime"])).total_seconds() // 60) for e in d["entry"]))' < /run/lab/stored.json)"
done
iomt readings list --held --json > /run/lab/held.json
say "held $(ask 'print(sum(r["because"] == "before-pairing" for r in d))' < /run/lab/held.json) from before the pairing"
say "models $(iomt devices list --json | ask 'print(sorted(r["model"] for r in d))')"
kill $home; wait $home; say "home ended $?"
kill $municipality; wait $municipality; say "municipality ended $?"
