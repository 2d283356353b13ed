#!/bin/bash
# The real agent on the real stack: `agent.sh NODE AGENT SCENARIOS`, the bundles of the command and of
# scenarios.ts. Mosquitto, the municipality and the home gateway; three devices are paired, and
# everything dies once.
node=$1 bundle=$2 scenarios=$3
source "$(dirname "$0")/devices.sh"
data=/run/lab/data; mkdir -p $data/home $data/municipality; chmod 700 $data/*
printf '%064d' 7 > /run/lab/key; chmod 600 /run/lab/key
iomt() { "$node" "$bundle" "$@" --config /run/lab/iomt.yaml; }
say() { echo "LAB $*"; }
ask() { /usr/bin/python3 -c "import json,sys,datetime; d=json.load(sys.stdin); $1"; }
# What the command line asks the gateway for, without a Node for each question.
api() { curl -s --unix-socket $data/home/control.sock -H 'content-type: application/json' "http://gateway/api/$1" "${@:2}"; }

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
start_home() {
  "$node" "$bundle" home --config /run/lab/iomt.yaml > >(tee -a /run/lab/agent.log) 2>&1 &
  home=$!
}
start_home
hciconfig hci5 down
"$node" "$scenarios" hci hci5 "$(address_of hci4)" & hci=$!
# The n-th time that the agent's log has a line.
wait_nth() {
  for ((i = 0; i < 900; i++)); do
    [ "$(grep -c "$2" /run/lab/agent.log)" -ge "$1" ] && return 0
    sleep 0.2
  done
  say "waited in vain for: $2"; trouble; exit 1
}
wait_nth 1 home-started
say 'agent started'
wait $hci; say "hci ended with $?"

api people -d '{"name":"Kari Eksempel"}' >/dev/null
api consents -d '{"person":"Kari Eksempel","recipient":"lab","kinds":["blood-pressure","body-weight"]}' >/dev/null

# One device after another: this bluetoothd is the devices' own too, and does not survive being both
# ends of two links at once (5.66, a segmentation fault).
visits() { grep -c '"event":"visit-ended"' /run/lab/agent.log; }
again() {
  local before; before=$(visits)
  measure "$1"
  wait_nth $((before + 1)) '"event":"visit-ended"'
}
for device in cuff:hci1 scale:hci2; do
  before=$(visits)
  iomt devices pair "$(address_of ${device#*:})" --name "${device%:*}" --owner 'Kari Eksempel' >/dev/null || exit 1
  say "paired ${device%:*}"
  wait_nth $((before + 1)) '"event":"visit-ended"'
done

# Until a device that was connected is left.
wait_left() {
  for ((i = 0; i < 300; i++)); do
    [ "$(grep -oE "^$1 (not )?connected" /run/lab/devices.log | tail -1)" = "$1 not connected" ] && return 0
    sleep 0.2
  done
  say "$1 was not left"
}

# A person who reads six digits off the meter and types them on the gateway's page. What fails, for
# the radio in here may, is tried again as the page says: the meter is still in its pairing mode.
measure agent.DisplayOnly
wait_for '^AGENT DisplayOnly' /run/lab/devices.log
pair_meter() {
  rm -f /run/lab/passkey
  api pairing -d "{\"address\":\"$(address_of hci3)\",\"name\":\"meter\",\"whose\":{\"owner\":\"Kari Eksempel\"}}" >/dev/null
  while sleep 0.2; do
    view=$(api pairing)
    case $view in
      *'"ask":"passkey"'*) [ -s /run/lab/passkey ] && api pairing/answer -d "{\"passkey\":\"$(cat /run/lab/passkey)\"}" >/dev/null;;
      *'"state":"running"'*) ;;
      *) break;;
    esac
  done
  say "paired meter $(ask 'print(d["state"], d.get("failure"))' <<<"$view")"
  [[ $view = *'"state":"paired"'* ]]
}
for try in 1 2 3; do pair_meter && break; done
[[ $view = *'"state":"paired"'* ]] || { trouble; exit 1; }
# One bluetoothd has one way to pair: with this one the other devices would ask for a code as well.
measure agent.NoInputNoOutput
wait_for '^METER reported' /run/lab/devices.log || exit 1
wait_left METER

say 'kills bluetoothd'
powered=$(grep -c '"state":"poweredOn"' /run/lab/agent.log)
kill -9 $bluetoothd; wait $bluetoothd 2>/dev/null
wait_for bluetoothd-gone /run/lab/agent.log || exit 1
start_bluetoothd
wait_nth $((powered + 1)) '"state":"poweredOn"'
again scale

say 'kills the agent'
kill -9 $home; wait $home 2>/dev/null
start_home
wait_nth 2 home-started
again cuff

"$node" "$scenarios" bluez "$(address_of hci1)" "$(address_of hci2)" "$(address_of hci3)" &
story=$!
for i in {1..200}; do
  api outbox > /run/lab/outbox.json
  [ "$(ask 'print(sum(r["n"] for r in d if r["state"] == "received") >= 2)' < /run/lab/outbox.json)" = True ] && break
done
for code in 85354-9 29463-7; do
  curl -s "http://127.0.0.1:8440/fhir/Observation?code=$code&_count=50" > /run/lab/$code.json
done
api 'readings?state=held' > /run/lab/held.json
api devices > /run/lab/devices.json
/usr/bin/python3 "$lab/arrived.py"
kill $home; wait $home; say "home ended $?"
kill $municipality; wait $municipality; say "municipality ended $?"

touch /run/lab/go
wait $story; say "scenarios ended $?"
