// Package forward is the door that proxies ask about every request before they
// pass it on. The answer decides: 200 passes, 401 and 403 refuse. A request that
// passes gets headers that say whose token it is; all of them are in every answer,
// so that a proxy writes over what the client has sent.
//
// nginx, whose own headers the application sees in place of the client's:
//
//	location /api/ {
//		auth_request /_auth;
//		auth_request_set $subject $upstream_http_x_auth_subject;
//		proxy_set_header X-Auth-Subject $subject;
//		proxy_pass http://app;
//	}
//	location = /_auth {
//		internal;
//		proxy_pass http://tokens:8443/auth/forward?permission=createA;
//		proxy_pass_request_body off;
//		proxy_set_header Content-Length "";
//		proxy_set_header X-Original-URI $request_uri;
//		proxy_set_header X-Original-Method $request_method;
//	}
//
// Traefik:
//
//	http:
//	  middlewares:
//	    tokens:
//	      forwardAuth:
//	        address: http://tokens:8443/auth/forward?permission=createA
//	        authResponseHeaders: [X-Auth-Subject, X-Auth-User, X-Auth-Scope, X-Auth-Permissions]
//
// Caddy:
//
//	forward_auth tokens:8443 {
//		uri /auth/forward?permission=createA
//		copy_headers X-Auth-Subject X-Auth-User X-Auth-Scope X-Auth-Permissions
//	}
//
// Envoy appends the client's path and query to its own, so the policy is a named
// one, and the query is not looked at:
//
//	http_service:
//	  server_uri: { uri: http://tokens:8443, cluster: tokens, timeout: 0.2s }
//	  path_prefix: /auth/forward/p/api
//	  authorization_request:
//	    allowed_headers: { patterns: [{ exact: cookie }] }
//	  authorization_response:
//	    allowed_upstream_headers: { patterns: [{ prefix: x-auth- }, { exact: remote-user }] }
//	    allowed_client_headers: { patterns: [{ exact: www-authenticate }] }
package forward
