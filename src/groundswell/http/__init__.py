"""What all routes share: problems, bodies, callers, security headers, OpenAPI and tRPC."""
