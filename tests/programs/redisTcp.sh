# A redis server on TCP, its client over IPv4 and IPv6, and its benchmark.
redis-server --port 6399 --save "" >/tmp/redis.log 2>&1 &
for i in $(seq 1 100); do redis-cli -p 6399 ping >/dev/null 2>&1 && break; sleep 0.1; done
cli="redis-cli -p 6399"
$cli set a 1
$cli incr a
$cli lpush l x y z
redis-cli -h ::1 -p 6399 lrange l 0 -1
redis-benchmark -p 6399 -n 2000 -q -t set,get,lpush -c 20 >/tmp/benchmark.out 2>&1
echo "$(grep -ac 'requests per second' /tmp/benchmark.out) results"
$cli shutdown nosave
wait
$cli ping 2>&1 || true
