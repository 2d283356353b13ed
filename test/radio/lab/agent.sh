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

mosquitto_passwd -b -c /run/lab/passwords gateway lab-password
mosquitto_passwd -b /run/lab/passwords municipality lab-password
printf 'lab-password' > /run/lab/password; chmod 600 /run/lab/password
cat > /run/lab/acl <<'ACL'
user gateway
topic readwrite iomt/1/#
user municipality
topic readwrite iomt/1/#
ACL
cat > /run/lab/mosquitto.conf <<'CONF'
listener 1883 127.0.0.1
allow_anonymous false
password_file /run/lab/passwords
acl_file /run/lab/acl
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

iomt municipality > >(tee /run/lab/municipality.log) 2>&1 & municipality=$!
start_home() { iomt home > >(tee -a /run/lab/home.log) 2>&1 & home=$!; }
start_home
wait_for home-started /run/lab/home.log 90 || exit 1
say 'agent started'

iomt people add 'Kari Eksempel' >/dev/null || exit 1
iomt consents give --person 'Kari Eksempel' --recipient lab \
  --kinds blood-pressure,body-weight,oxygen-saturation >/dev/null || exit 1
for i in {1..30}; do
  iomt devices seen --json > /run/lab/seen.json
  [ "$(grep -o '"address"' /run/lab/seen.json | wc -l)" -ge 3 ] && break
done
say "seen $(grep -o '"address"' /run/lab/seen.json | wc -l)"
for device in cuff scale oximeter; do
  address=$(/usr/bin/python3 - "$device" <<'PY'
import json, sys
print(next(d['address'] for d in json.load(open('/run/lab/seen.json')) if sys.argv[1] in d['name']))
PY
)
  iomt devices pair "$address" --name "$device" --owner 'Kari Eksempel' >/dev/null && say "paired $device"
done
sleep 8
say 'everybody measures'
measure cuff scale oximeter

received() { grep -c '"because":"received\|receipt-stored' /run/lab/home.log; }
for i in {1..20}; do
  iomt outbox --json > /run/lab/outbox.json; cat /run/lab/outbox.json
  n=$(/usr/bin/python3 -c "import json; print(sum(r['n'] for r in json.load(open('/run/lab/outbox.json')) if r['state']=='received'))")
  [ "$n" -ge 3 ] && break
  sleep 2
done
say "received $n"
for code in 85354-9 29463-7 2708-6; do
  count=$(curl -s "http://127.0.0.1:8440/fhir/Observation?code=$code&_count=50" | /usr/bin/python3 -c "import json,sys; print(json.load(sys.stdin)['total'])")
  say "stored $code $count"
done
say "held $(iomt readings list --held --json | grep -o before-pairing | wc -l) from before the pairing"
kill $home; wait $home; say "home ended $?"
kill $municipality; wait $municipality; say "municipality ended $?"
