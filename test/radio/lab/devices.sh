# To be sourced inside the lab: a bus, six controllers on one software radio, bluetoothd over them,
# and four devices on hci1 to hci4. The gateway's adapter is hci0; hci5 is for the hci backend.
lab=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
mkdir -p /run/lab /run/dbus /var/lib/bluetooth
dbus-daemon --system --fork
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/dbus/system_bus_socket
# LE only: the scan of dual-mode controllers hears no legacy advertiser here.
# The radio goes first: a controller that answers late, while Node is starting, is given up by the
# kernel for good. Then they are all plugged in once more.
start_radio() {
  local ready
  for ((try = 1; try <= 5; try++)); do
    nice -n -15 btvirt -L -l6 >/dev/null &
    local btvirt=$!
    for ((i = 0; i < 150; i++)); do
      ready=$(hciconfig | grep -c 'BD Address: 00:AA')
      [ "$ready" -eq 6 ] && return 0
      sleep 0.2
    done
    echo "LAB $ready of 6 controllers, try $try"
    dmesg | grep Bluetooth: | tail -8 | sed 's/^/LAB kernel: /'
    kill $btvirt; wait $btvirt 2>/dev/null
  done
  exit 1
}
start_radio

start_bluetoothd() {
  nice -n -10 "$(command -v bluetoothd || echo /usr/libexec/bluetooth/bluetoothd)" -n -E \
    >>/run/lab/bluetoothd.log 2>&1 &
  bluetoothd=$!
}

# What devices are asked to do: `measure cuff scale`, `measure scale.lock agent.DisplayOnly`.
measure() { echo "$*" > /run/lab/measure; }

# For whoever looks for the cause: how busy it is in here, and what bluetoothd and the kernel said.
trouble() {
  echo "LAB up and idle $(cat /proc/uptime) s, load $(cat /proc/loadavg)"
  tail -30 /run/lab/bluetoothd.log | sed 's/^/LAB bluetoothd: /'
  dmesg | tail -30 | sed 's/^/LAB kernel: /'
}

# Waits for a line that matches in a file, at most so many seconds.
wait_for() {
  local pattern=$1 file=$2 seconds=${3:-180}
  for ((i = 0; i < seconds * 5; i++)); do
    grep -qE "$pattern" "$file" 2>/dev/null && return 0
    sleep 0.2
  done
  echo "LAB waited ${seconds}s in vain for: $pattern"
  trouble
  return 1
}

start_bluetoothd
for adapter in hci0 hci5; do
  until busctl --system get-property org.bluez /org/bluez/$adapter org.bluez.Adapter1 Address \
    >/dev/null 2>&1; do sleep 0.2; done
done
address_of() {
  busctl --system get-property org.bluez "/org/bluez/$1" org.bluez.Adapter1 Address | cut -d'"' -f2
}
nice -n -5 env TZ=Europe/Oslo PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$lab/devices.py" > >(tee /run/lab/devices.log) 2>&1 &
for device in CUFF SCALE METER STRAP; do
  wait_for "^$device advertising" /run/lab/devices.log || exit 1
done
echo 'LAB devices ready'
