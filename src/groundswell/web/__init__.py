"""The server-rendered pages: complete without JavaScript, live with it."""
