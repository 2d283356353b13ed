# To be sourced inside the lab: a bus, four controllers on one software radio, bluetoothd over all
# of them, and three devices on hci1 to hci3. The gateway's adapter is hci0.
lab=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
mkdir -p /run/lab /run/dbus /var/lib/bluetooth
dbus-daemon --system --fork
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/dbus/system_bus_socket
# LE only: the scan of dual-mode controllers hears no legacy advertiser here.
btvirt -L -l4 >/dev/null &
until [ -e /sys/class/bluetooth/hci3 ]; do sleep 0.2; done

start_bluetoothd() {
  "$(command -v bluetoothd || echo /usr/libexec/bluetooth/bluetoothd)" -n -E \
    >>/run/lab/bluetoothd.log 2>&1 &
  bluetoothd=$!
}

# What devices are asked to measure again: `measure cuff scale`.
measure() { echo "$*" > /run/lab/measure; }

# Waits for a line that matches in a file, at most so many seconds.
wait_for() {
  local pattern=$1 file=$2 seconds=${3:-60}
  for ((i = 0; i < seconds * 5; i++)); do
    grep -qE "$pattern" "$file" 2>/dev/null && return 0
    sleep 0.2
  done
  echo "LAB waited ${seconds}s in vain for: $pattern"
  return 1
}

# Waits until nobody is connected to a device: the software radio mixes up two connections of one
# adapter, so a test lets one end before it begins the next.
wait_gone() {
  for ((i = 0; i < 300; i++)); do
    [ "$(grep -oE '(not )?connected$' "/run/lab/$1.log" | tail -1)" = 'not connected' ] && return 0
    sleep 0.2
  done
  echo "LAB waited in vain for $1 to be left"
  return 1
}

start_bluetoothd
until busctl --system get-property org.bluez /org/bluez/hci3 org.bluez.Adapter1 Address \
  >/dev/null 2>&1; do sleep 0.2; done
for device in cuff scale oximeter; do
  PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$lab/$device.py" > >(tee "/run/lab/$device.log") 2>&1 &
  wait_for ' advertising' "/run/lab/$device.log" 30
done
echo 'LAB devices ready'
