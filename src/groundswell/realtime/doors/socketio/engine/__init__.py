"""Engine.IO, revision 4: sessions that move between long-polling and WebSocket.

Written from the protocol's document; nothing here knows Socket.IO or the gateway.
"""
