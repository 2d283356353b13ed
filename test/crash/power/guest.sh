#!/bin/bash
# Gateways on disks whose power goes, all at once: `guest.sh NODE HOME BROKER_PORT CONFIG ...`, inside
# the lab's machine; one CONFIG for each disk. Feeders, broker and municipality are outside it, as they
# are in life. What a gateway says comes line by line, with its number: `home 0: …`.
node=$1 home=$2 broker=$3; shift 3
ip addr add 10.0.2.15/24 dev eth0; ip link set eth0 up; ip route add default via 10.0.2.2
socat TCP-LISTEN:1883,bind=127.0.0.1,fork,reuseaddr TCP:10.0.2.2:"$broker" &

# Each line whole: several programs share the console, and a line may come to it in parts.
tell() { while IFS= read -r line; do printf 'home %s: %s\n' "$1" "$line"; done; }

# For whoever looks for the cause: what each thread of a gateway does, and what the machine waits for.
look() {
  echo "LAB late: up and idle $(cat /proc/uptime) s, load $(cat /proc/loadavg)," \
    "entropy $(cat /proc/sys/kernel/random/entropy_avail)," \
    $(grep -E '^(MemAvailable|Dirty|Writeback):' /proc/meminfo)
  for process in /proc/[0-9]*; do
    grep -aqs "$home" "$process/cmdline" || continue
    for task in "$process"/task/*; do
      echo "LAB late: $(tr '\0' ' ' < "$process/cmdline" | tail -c 60)" \
        "$(cat "$task/comm") $(cut -d' ' -f3 "$task/stat")" $(head -n 5 "$task/stack" 2>/dev/null)
    done
  done
  dmesg | tail -n 20 | sed 's/^/LAB late: kernel: /'
}
# A machine that is well loses its power long before.
{ for after in 120 120 120; do sleep $after; look; done; } &

n=0
for config in "$@"; do
  disk=/run/disk-$n letters=abcdefgh
  mkdir -p "$disk"
  mount -t ext4 "/dev/vd${letters:$n:1}" "$disk" || { echo "LAB home ended: no disk"; exit 3; }
  mkdir -p -m 700 "$disk/home"
  socat "TCP-LISTEN:$((7000 + 2 * n)),fork,reuseaddr" "UNIX-CONNECT:$disk/home/fed.sock" &
  socat "TCP-LISTEN:$((7001 + 2 * n)),fork,reuseaddr" "UNIX-CONNECT:$disk/home/control.sock" &
  { "$node" "$home" "$config" 2>&1; echo "LAB home ended $?"; } | tell $n &
  n=$((n + 1))
done
wait
