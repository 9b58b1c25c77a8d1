// Subscribers: WebSockets or event streams, from connecting to what they hear.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

enum { BUFFER = 1 << 18, TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };

struct subscriber *subscribers;
int ready;
uint64_t delivered;
void (*on_delivery)(struct subscriber *);
void (*on_change)(struct subscriber *);

static uint8_t buffer[BUFFER];

int topic_of(const struct subscriber *one) { return one->number % given.topics; }

// Connecting

void open_subscriber(struct subscriber *one) {
  one->fd = connected_socket(given.source, SOCK_NONBLOCK);
  watch(one->fd, EPOLLOUT, one);
}

static const char *upgrade_headers(void) {
  if (given.protocol == SSE) return "Accept: text/event-stream\r\n";
  return "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
}

void continue_connecting(struct subscriber *one) {
  char request[2048], path[1024];
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(one->fd, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error) die("connect: %s", strerror(error));
  fill(path, sizeof path, given.path, (struct place){topic_of(one), one->number});
  int size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n",
                      path, given.port, upgrade_headers());
  put(one->fd, request, size);
  one->stage = UPGRADING;
  rewatch(one->fd, EPOLLIN, one);
}

// Messages

static void send_frame(int fd, uint8_t opcode, const char *text, size_t size) {
  size_t head = size < 126 ? 2 : 4;
  uint8_t frame[2048];
  if (size > sizeof frame - 8) die("a message to send is too long");
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (size < 126 ? size : 126);
  if (size >= 126) {
    frame[2] = size >> 8;
    frame[3] = size & 0xff;
  }
  memset(frame + head, 0, 4);  // masked by nothing
  memcpy(frame + head + 4, text, size);
  put(fd, frame, head + 4 + size);
}

void say(struct subscriber *one, const char *pattern, uint64_t topic) {
  char text[2048];
  size_t size = fill(text, sizeof text, pattern, (struct place){topic, one->number});
  send_frame(one->fd, TEXT, text, size);
}

static int mentions(const struct subscriber *one, const char *text) {
  return memmem(one->prefix, one->prefix_size, text, strlen(text)) != NULL;
}

static void greet(struct subscriber *one, int heard) {
  while (one->steps < given.step_count) {
    const struct step *next = &given.steps[one->steps];
    if (*next->after && !(heard && mentions(one, next->after))) return;
    one->steps++;
    heard = 0;  // one message sets off one step at most, and what needs none
    say(one, next->say, topic_of(one));
  }
  if (!*given.ready || (heard && mentions(one, given.ready))) {
    one->stage = READY;
    ready++;
  }
}

static int answers_change(const struct subscriber *one) {
  return one->changing && mentions(one, one->holds ? given.left : given.joined);
}

static void received_message(struct subscriber *one) {
  if (one->prefix_size == 1 && one->prefix[0] == '2') {
    send_frame(one->fd, TEXT, "3", 1);  // the heartbeat of Engine.IO
  } else if (one->stage == GREETING) {
    greet(one, 1);
  } else if (mentions(one, given.event)) {
    delivered++;
    if (on_delivery) on_delivery(one);
    one->heard++;
  } else if (answers_change(one)) {
    if (mentions(one, "\"error\"")) die("refused: %.*s", one->prefix_size, one->prefix);
    on_change(one);
  } else if (mentions(one, "\"type\":\"ERROR\"")) {
    die("an error: %.*s", one->prefix_size, one->prefix);
  }
}

static void keep_prefix(struct subscriber *one, const uint8_t *data, size_t size) {
  size_t kept = PREFIX - one->prefix_size;
  if (kept > size) kept = size;
  memcpy(one->prefix + one->prefix_size, data, kept);
  one->prefix_size += kept;
}

// Frames, RFC 6455

static void received_frame(struct subscriber *one) {
  uint8_t opcode = one->head[0] & 0x0f;
  if (opcode == TEXT) received_message(one);
  if (opcode == PING) send_frame(one->fd, PONG, "", 0);
  if (opcode == CLOSE)
    die("the server closed a connection: %d %.*s", one->prefix[0] << 8 | one->prefix[1],
        one->prefix_size > 2 ? one->prefix_size - 2 : 0, one->prefix + 2);
}

static size_t head_length(const struct subscriber *one) {
  if (one->head_size < 2) return 2;
  uint8_t size = one->head[1] & 0x7f;
  return size == 126 ? 4 : size == 127 ? 10 : 2;
}

static uint64_t payload_length(const struct subscriber *one) {
  size_t bytes = head_length(one);
  if (bytes == 2) return one->head[1] & 0x7f;
  uint64_t size = 0;
  for (size_t at = 2; at < bytes; at++) size = size << 8 | one->head[at];
  return size;
}

static size_t read_head(struct subscriber *one, const uint8_t *data, size_t size) {
  size_t used = 0;
  while (used < size && one->head_size < head_length(one)) one->head[one->head_size++] = data[used++];
  if (one->head_size == head_length(one)) {
    one->in_payload = 1;
    one->left = payload_length(one);
    one->prefix_size = 0;
  }
  return used;
}

static void parse_frames(struct subscriber *one, const uint8_t *data, size_t size) {
  for (;;) {
    if (!one->in_payload) {
      size_t used = read_head(one, data, size);
      data += used;
      size -= used;
      if (!one->in_payload) return;
    }
    size_t used = size < one->left ? size : one->left;
    keep_prefix(one, data, used);
    one->left -= used;
    data += used;
    size -= used;
    if (one->left) return;
    one->in_payload = 0;
    one->head_size = 0;
    received_frame(one);
  }
}

// Event streams: blocks that end by an empty line. What HTTP chunks add around them has none.

static void parse_blocks(struct subscriber *one, const uint8_t *data, size_t size) {
  while (size) {
    const uint8_t *line = memchr(data, '\n', size);
    size_t used = line ? (size_t)(line - data) + 1 : size;
    keep_prefix(one, data, used);
    one->newlines = !line ? 0 : used == 1 ? one->newlines + 1 : 1;
    if (one->newlines == 2) {
      received_message(one);
      one->prefix_size = 0;
    }
    data += used;
    size -= used;
  }
}

// Reading

static void upgraded(struct subscriber *one) {
  one->stage = GREETING;
  one->newlines = 0;
  greet(one, 0);
}

// Answers how much of the data belongs to the head of the HTTP response.
static size_t read_response(struct subscriber *one, const uint8_t *data, size_t size) {
  const char *wanted = given.protocol == SSE ? "200" : "101";
  if (one->newlines == 0 && size > 12 && memcmp(data, "HTTP/", 5) == 0 &&
      memcmp(data + 9, wanted, 3) != 0)
    die("not let in: %.*s", (int)(size < 400 ? size : 400), data);
  for (size_t at = 0; at < size; at++) {
    if (data[at] == '\n' && ++one->newlines == 2) {
      upgraded(one);
      return at + 1;
    }
    if (data[at] != '\n' && data[at] != '\r') one->newlines = 0;
  }
  return size;
}

void read_subscriber(struct subscriber *one) {
  ssize_t size = read(one->fd, buffer, BUFFER);
  if (size < 0 && errno == EAGAIN) return;
  if (size <= 0) die("a subscriber lost its connection (%zd, %s)", size, strerror(errno));
  size_t used = one->stage == UPGRADING ? read_response(one, buffer, size) : 0;
  if ((size_t)size == used) return;
  if (given.protocol == SSE)
    parse_blocks(one, buffer + used, size - used);
  else
    parse_frames(one, buffer + used, size - used);
}
