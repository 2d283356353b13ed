#!/bin/bash
# Gateways on disks whose power goes, all at once: `guest.sh NODE HOME BROKER_PORT CONFIG ...`, inside
# the lab's machine; one CONFIG for each disk. Feeders, broker and municipality are outside it, as they
# are in life.
node=$1 home=$2 broker=$3; shift 3
ip addr add 10.0.2.15/24 dev eth0; ip link set eth0 up; ip route add default via 10.0.2.2
socat TCP-LISTEN:1883,bind=127.0.0.1,fork,reuseaddr TCP:10.0.2.2:"$broker" &
n=0
for config in "$@"; do
  disk=/run/disk-$n letters=abcdefgh
  mkdir -p "$disk"
  mount -t ext4 "/dev/vd${letters:$n:1}" "$disk" || { echo "LAB home ended: no disk"; exit 3; }
  mkdir -p -m 700 "$disk/home"
  socat "TCP-LISTEN:$((7000 + 2 * n)),fork,reuseaddr" "UNIX-CONNECT:$disk/home/fed.sock" &
  socat "TCP-LISTEN:$((7001 + 2 * n)),fork,reuseaddr" "UNIX-CONNECT:$disk/home/control.sock" &
  { "$node" "$home" "$config"; echo "LAB home ended $?"; } &
  n=$((n + 1))
done
wait
