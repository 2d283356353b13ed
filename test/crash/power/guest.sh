#!/bin/bash
# The gateway on a disk whose power goes: `guest.sh NODE HOME CONFIG BROKER_PORT`, inside the lab's
# machine. Feeder, broker and municipality are outside it, as they are in life.
node=$1 home=$2 config=$3 broker=$4
mkdir -p /run/disk
mount -t ext4 /dev/vda /run/disk || exit 3
mkdir -p -m 700 /run/disk/home
ip addr add 10.0.2.15/24 dev eth0; ip link set eth0 up; ip route add default via 10.0.2.2
socat TCP-LISTEN:1883,bind=127.0.0.1,fork,reuseaddr TCP:10.0.2.2:"$broker" &
socat TCP-LISTEN:7000,fork,reuseaddr UNIX-CONNECT:/run/disk/home/fed.sock &
socat TCP-LISTEN:7001,fork,reuseaddr UNIX-CONNECT:/run/disk/home/control.sock &
"$node" "$home" "$config" &
trap 'kill %4; wait %4; umount /run/disk; exit 0' TERM
wait %4
echo "LAB home ended $?"
