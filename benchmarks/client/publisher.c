// Publications: HTTP requests over connections of their own, each used by one request at a time.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "load.h"

struct control {
  enum kind kind;
  int fd;
  int busy;  // a response is awaited
  char answer[4096];
  size_t size;
};

static struct control controls[MOST_CONTROLS];
static int control_count;
static uint64_t published;

static void join(struct control *one) {
  one->fd = connected_socket("127.0.0.1", 0);
  watch(one->fd, EPOLLIN, one);
}

void open_controls(int count) {
  if (count > MOST_CONTROLS) die("at most %d publications at once", MOST_CONTROLS);
  for (; control_count < count; control_count++) {
    struct control *one = &controls[control_count];
    one->kind = CONTROL;
    join(one);
  }
}

// The request is METHOD, PATH, further headers, an empty line, and the body.
static void publish(struct control *one, int topic) {
  char text[4096], request[4096];
  fill(text, sizeof text, given.request, (struct place){topic, published++});
  char *body = strstr(text, "\n\n"), *line = strchr(text, '\n');
  if (!body) die("a request has a head and a body");
  *body = 0;
  body += 2;
  int has_more = line < body - 2;
  *line = 0;
  int size = snprintf(request, sizeof request,
                      "%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                      "Content-Length: %zu\r\n%s%s\r\n%s",
                      text, strlen(body), has_more ? line + 1 : "", has_more ? "\r\n" : "", body);
  if (size >= (int)sizeof request) die("a request is too long");
  one->busy = 1;
  one->size = 0;
  put(one->fd, request, size);
}

int publish_if_free(int topic) {
  for (int at = 0; at < control_count; at++)
    if (!controls[at].busy) {
      publish(&controls[at], topic);
      return 1;
    }
  return 0;
}

int publishers_busy(void) {
  int busy = 0;
  for (int at = 0; at < control_count; at++) busy += controls[at].busy;
  return busy;
}

static int is_whole(const struct control *one) {
  const char *end = strstr(one->answer, "\r\n\r\n");
  if (!end) return 0;
  const char *length = strcasestr(one->answer, "content-length:");
  size_t body = length && length < end ? strtoul(length + 15, NULL, 10) : 0;
  return one->answer + one->size >= end + 4 + body;
}

// A connection that rests too long is closed by the server; the next request needs another one.
void read_control(void *control) {
  struct control *one = control;
  ssize_t size = read(one->fd, one->answer + one->size, sizeof one->answer - one->size - 1);
  if (size <= 0) {
    if (one->busy) die("the publisher lost its connection");
    close(one->fd);
    join(one);
    return;
  }
  one->size += size;
  one->answer[one->size] = 0;
  if (one->size >= 10 && memcmp(one->answer, "HTTP/1.1 2", 10) != 0)
    die("not published: %s", one->answer);
  if (is_whole(one)) one->busy = 0;
}
