# Varnish as the edge of Monolith: caches public responses, serves them while the origin is unavailable, and purges by surrogate key. Checked with Varnish 7.1
# and its module xkey (Debian: varnish varnish-modules gcc libc6-dev; a configuration is compiled when it is loaded).
#   openssl rand -hex 32 > /etc/varnish/purge-secret     what Monolith sends with a purge; readable by Varnish only
#   varnishd -C -f deploy/varnish.vcl                    checks it
#   varnishd -F -f /etc/varnish/varnish.vcl -a :6081 -s malloc,1g -p vcc_allow_inline_c=off
# Varnish has no TLS: put a proxy that terminates it in front, name that below, and name this machine in TrustedProxies. See docs/adapters/varnish.md.
vcl 4.1;
import std;
import xkey;

# The balancer (deploy/haproxy.cfg), or a node.
backend origin {
  .host = "127.0.0.1";
  .port = "8080";
  .connect_timeout = 2s;
  .first_byte_timeout = 60s;
  .between_bytes_timeout = 60s;
  .probe = { .url = "/v1/limits"; .interval = 1s; .timeout = 1s; .window = 4; .threshold = 2; .initial = 2; }
}

# Addresses from which Monolith itself purges. A purge also needs the secret.
acl purgers { "127.0.0.1"; "::1"; }

# Proxies that terminate TLS in front of Varnish, and are trusted about the client. The address here is a documentation address (RFC 5737).
acl proxies { "192.0.2.1"; }

sub vcl_recv {
  if (req.restarts == 0) {
    unset req.http.X-Stale;
    # These headers are not trusted when a client sends them. Varnish has added the peer to X-Forwarded-For already.
    if (client.ip !~ proxies) {
      set req.http.X-Forwarded-For = client.ip;
      unset req.http.X-Forwarded-Proto;
    }
    # The origin does not need them; one that it honoured, and that is not part of the cache key here, would poison the cache.
    unset req.http.Forwarded;
    unset req.http.Proxy;
    unset req.http.X-Forwarded-Host;
    unset req.http.X-Forwarded-Port;
    unset req.http.X-Forwarded-Prefix;
    unset req.http.X-Forwarded-Scheme;
    unset req.http.X-Forwarded-Server;
    unset req.http.X-Host;
    unset req.http.X-HTTP-Method-Override;
    unset req.http.X-Method-Override;
    unset req.http.X-Original-Host;
    unset req.http.X-Original-URL;
    unset req.http.X-Rewrite-URL;
  }

  if (req.method == "PURGE") { call purge_keys; }
  if (req.method !~ "^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$") { return (synth(405)); }
  # Internal endpoints are not exposed.
  if (req.url ~ "^/(metrics|health)(/|\?|$)") { return (synth(404)); }

  # Only below these two prefixes responses are shared; everything else depends on the caller and is passed unchanged.
  if (req.url !~ "^/(m|assets)/" || req.method !~ "^(GET|HEAD)$") { return (pass); }
  unset req.http.Cookie;
  unset req.http.Authorization;
  set req.url = regsub(req.url, "\?.*$", "");
  # While the origin is healthy, a stale copy is served only during revalidation, as stale-while-revalidate says; otherwise for as long as it is kept.
  if (std.healthy(req.backend_hint) && !req.http.X-Stale) { set req.grace = 60s; }
  else { set req.grace = 365d; }
  return (hash);
}

# Whatever name the client used, and whatever else it sent.
sub vcl_hash {
  hash_data(req.url);
  return (lookup);
}

# X-Purge-Keys: one or more keys, separated by spaces; none to ask whether a purge would be accepted. X-Purge-Soft: true keeps the copies while the
# origin is unavailable (never for deleted content).
sub purge_keys {
  if (client.ip !~ purgers || req.http.X-Purge-Secret !~ "^.{16,}$"
      || req.http.X-Purge-Secret != regsub(std.fileread("/etc/varnish/purge-secret"), "\s+$", "")) {
    return (synth(403));
  }
  if (req.http.X-Purge-Keys !~ "[^ ]") { set req.http.X-Purged = "0"; }
  elsif (req.http.X-Purge-Soft == "true") { set req.http.X-Purged = xkey.softpurge(req.http.X-Purge-Keys); }
  else { set req.http.X-Purged = xkey.purge(req.http.X-Purge-Keys); }
  return (synth(200));
}

sub vcl_backend_response {
  # A failure does not replace a good copy.
  if (beresp.status >= 500) {
    if (bereq.is_bgfetch) { return (abandon); }
    set beresp.uncacheable = true;
    set beresp.ttl = 0s;
    set beresp.grace = 0s;
    return (deliver);
  }
  if (bereq.uncacheable || beresp.status != 200 || beresp.http.Set-Cookie || beresp.http.Vary || beresp.http.Surrogate-Key !~ "[^ ]"
      || beresp.http.Cache-Control !~ "(^|[ ,])public([ ,]|$)" || beresp.http.Cache-Control ~ "private|no-store|no-cache") {
    set beresp.uncacheable = true;
    # Remembered, so that concurrent requests do not wait for each other's responses.
    set beresp.ttl = 10s;
    set beresp.grace = 0s;
    return (deliver);
  }
  set beresp.http.xkey = beresp.http.Surrogate-Key;
  set beresp.grace = std.duration(regsub(beresp.http.Cache-Control, "^.*stale-if-error=(\d+).*$", "\1") + "s", 0s);
  return (deliver);
}

sub vcl_backend_error {
  if (bereq.is_bgfetch) { return (abandon); }
  call say;
  return (deliver);
}

sub vcl_deliver {
  # The origin is unreachable, and was not yet known to be: an older copy is better than none.
  if (resp.status >= 500 && req.restarts == 0 && req.url ~ "^/(m|assets)/" && req.method ~ "^(GET|HEAD)$") {
    set req.http.X-Stale = "true";
    return (restart);
  }
  if (obj.uncacheable) { set resp.http.X-Cache = "pass"; }
  elsif (obj.hits > 0) { set resp.http.X-Cache = "hit"; }
  else { set resp.http.X-Cache = "miss"; }
  unset resp.http.Surrogate-Key;
  unset resp.http.Cache-Tag;
  unset resp.http.xkey;
  unset resp.http.X-Varnish;
  unset resp.http.Via;
  return (deliver);
}

sub vcl_synth {
  set resp.http.Cache-Control = "no-store";
  if (req.http.X-Purged) { set resp.http.X-Purged = req.http.X-Purged; }
  set resp.body = "";
  return (deliver);
}

# In the form of Monolith's own refusals.
sub say {
  set beresp.status = 503;
  set beresp.reason = "Service Unavailable";
  set beresp.http.Content-Type = "application/problem+json";
  set beresp.http.Cache-Control = "no-store";
  set beresp.http.Retry-After = "2";
  set beresp.body = """{"type":"/problems#unavailable","title":"Service Unavailable","status":503,"detail":"The service cannot be reached at the moment.","code":"unavailable"}""";
}
