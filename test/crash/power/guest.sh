#!/bin/bash
# Gateways on disks whose power goes, all at once: `guest.sh NODE HOME BROKER_PORT CONFIG ...`, inside
# the lab's machine; one CONFIG for each disk. Feeders, broker and municipality are outside it, as they
# are in life. What a gateway says comes line by line, with its number: `home 0: …`.
node=$1 home=$2 broker=$3; shift 3
ip addr add 10.0.2.15/24 dev eth0; ip link set eth0 up; ip route add default via 10.0.2.2
socat TCP-LISTEN:1883,bind=127.0.0.1,fork,reuseaddr TCP:10.0.2.2:"$broker" &

# Each line whole: several programs share the console, and a line may come to it in parts.
tell() { while IFS= read -r line; do printf 'home %s: %s\n' "$1" "$line"; done; }

# For whoever looks for the cause: what the machine and each thread of a gateway wait for. Without
# programs of its own, which would take from a busy machine what it lacks.
look() {
  local words task stack load comm state entropy name kb memory=
  read -r load < /proc/loadavg; read -r entropy < /proc/sys/kernel/random/entropy_avail
  while read -r name kb _; do
    case $name in MemAvailable:|Dirty:|Writeback:) memory+=", $name $kb kB";; esac
  done < /proc/meminfo
  echo "LAB late: after $SECONDS s, load $load, entropy $entropy$memory"
  for process in /proc/[0-9]*; do
    { mapfile -d '' -t words < "$process/cmdline"; } 2>/dev/null
    [ "${words[0]}" = "$node" ] || continue
    for task in "$process"/task/*; do
      { read -r comm < "$task/comm"; read -r state < "$task/stat"
        mapfile -t -n 5 stack < "$task/stack"; } 2>/dev/null
      state=${state##*) }
      echo "LAB late: ${words[*]: -1} $comm ${state%% *} ${stack[*]}"
    done
  done
  dmesg | tail -n 20 | sed 's/^/LAB late: kernel: /'
}
# A machine that is well loses its power long before.
{ for after in 150 120 120; do sleep $after; look; done; } &

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
