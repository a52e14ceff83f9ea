# nginx with two workers: files by sendfile, a range, an error, a proxy, both address families; curl as its client.
mkdir -p /tmp/n/html/logs /tmp/n/logs; cd /tmp/n
head -c 3000000 /dev/urandom > html/big; echo hello > html/index.html
cat > conf <<X
worker_processes 2; error_log /tmp/n/logs/error.log; pid /tmp/n/pid; daemon on;
events { worker_connections 64; }
http { access_log off; sendfile on; tcp_nopush on; server { listen 127.0.0.1:8088; listen [::1]:8088; root /tmp/n/html; }
 server { listen 8089; location / { proxy_pass http://127.0.0.1:8088; } } }
X
nginx -p /tmp/n -c /tmp/n/conf || exit 1
curl -s http://127.0.0.1:8088/; curl -s http://[::1]:8088/
curl -s http://localhost:8088/big | cmp - html/big && echo big
curl -s http://127.0.0.1:8089/big | cmp - html/big && echo proxied
curl -s -o /dev/null -w '%{http_code} %{size_download}\n' -r 10-19 http://127.0.0.1:8088/big
curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:8088/none
curl -s http://127.0.0.1:1/ || echo refused $?
nginx -p /tmp/n -c /tmp/n/conf -s stop 2>/dev/null; sleep 1; grep -c "failed (2" logs/error.log; curl -s http://127.0.0.1:8088/ || echo gone
