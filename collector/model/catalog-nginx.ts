/**
 * What to put into the `http` block of nginx.conf so that its access log can be joined with the other witnesses. Variables:
 * nginx ngx_http_log_module, ngx_http_core_module, ngx_http_upstream_module.
 */
export const NGINX_LOG_FORMATS = {
  timing: `log_format pitwall '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
                   '"$http_referer" "$http_user_agent" '
                   'rt=$request_time uct="$upstream_connect_time" uht="$upstream_header_time" urt="$upstream_response_time" '
                   'us="$upstream_status" ua="$upstream_addr" rc="$request_completion" cr=$connection_requests c=$connection '
                   'msec=$msec rid=$request_id tp="$http_traceparent" st="$upstream_http_server_timing"';
access_log /var/log/nginx/pitwall.access.log pitwall;
`,
  json: `log_format pitwall_json escape=json '{"remote_addr":"$remote_addr","msec":"$msec","request_method":"$request_method",'
                        '"request_uri":"$request_uri","server_protocol":"$server_protocol","status":"$status",'
                        '"body_bytes_sent":"$body_bytes_sent","request_length":"$request_length","request_time":"$request_time",'
                        '"upstream_connect_time":"$upstream_connect_time","upstream_header_time":"$upstream_header_time",'
                        '"upstream_response_time":"$upstream_response_time","upstream_status":"$upstream_status",'
                        '"upstream_addr":"$upstream_addr","request_completion":"$request_completion","connection":"$connection",'
                        '"connection_requests":"$connection_requests","request_id":"$request_id",'
                        '"http_traceparent":"$http_traceparent","upstream_http_server_timing":"$upstream_http_server_timing"}';
access_log /var/log/nginx/pitwall.access.log pitwall_json;
`,
} as const;
