"""What tests need beside the code: databases, the service as a process, a browser, Node."""
