# A redis server on a Unix socket, its client and its benchmark.
redis-server --port 0 --unixsocket /tmp/redis.sock --save "" >/tmp/redis.log 2>&1 &
for i in $(seq 1 100); do [ -S /tmp/redis.sock ] && break; sleep 0.1; done
cli="redis-cli -s /tmp/redis.sock"
$cli set a 1
$cli incr a
$cli lpush l x y z
$cli lrange l 0 -1
redis-benchmark -s /tmp/redis.sock -n 2000 -q -t set,get,lpush -c 20 >/tmp/benchmark.out 2>&1
echo "$(grep -ac 'requests per second' /tmp/benchmark.out) results"
$cli shutdown nosave
wait
[ -S /tmp/redis.sock ] || echo gone
