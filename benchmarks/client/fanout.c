// Many WebSocket subscribers in one thread, and the requests that make a server publish to them.
//
//   fanout PORT PATH SUBSCRIBERS HELLO READY EVENT ROUNDS SECONDS WINDOW REQUEST [REQUEST ...]
//
// Each subscriber connects to PATH, sends HELLO, and is ready when a message begins with READY
// (each empty: nothing is sent, or waited for). Messages with EVENT near their beginning are
// deliveries. A REQUEST is a whole HTTP request that publishes one message; several are sent in
// turn.
//
// Three phases, each told by a line of JSON; before each but the first a line is awaited:
//   connected  all subscribers are ready
//   single     ROUNDS publications, each after all have received the one before
//   loop       as many publications as possible within SECONDS, at most WINDOW on their way
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { AT_ONCE = 256, EVENTS = 1024, BUFFER = 1 << 18, PREFIX = 240, MOST_CONTROLS = 16 };
enum { WARM_UP = 3, PAUSE_MS = 20, PATIENCE_S = 60 };

enum stage { CONNECTING, UPGRADING, GREETING, READY };

struct subscriber {
  int fd;
  enum stage stage;
  uint8_t head[10];   // of the frame being read
  uint8_t head_size;
  uint8_t prefix[PREFIX];
  uint8_t prefix_size;
  uint64_t left;      // of the frame's payload; only meaningful once its head is whole
  int in_payload;
  int newlines;       // while upgrading: how much of the blank line was seen
};

struct control {
  int fd;
  int busy;           // a response is awaited
  char answer[4096];
  size_t size;
};

static struct subscriber *subscribers;
static struct control controls[MOST_CONTROLS];
static char **requests;
static int request_count, next_request, window, control_count;
static int port, wanted, opened, ready;
static const char *path, *hello, *ready_prefix, *event_mark;
static uint8_t buffer[BUFFER];
static int poller;

static uint64_t delivered;
static double published_at;
static float *latencies;      // of the present publication, where they are recorded
static size_t recorded;
static int recording;

static void die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static double own_cpu(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return used.ru_utime.tv_sec + used.ru_utime.tv_usec / 1e6 + used.ru_stime.tv_sec +
         used.ru_stime.tv_usec / 1e6;
}

// Sockets

static struct sockaddr_in server_address(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static int new_socket(int flags) {
  int one = 1, fd = socket(AF_INET, SOCK_STREAM | flags, 0);
  if (fd < 0) die("socket: %s", strerror(errno));
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  // Ends by a reset: ports that linger after one run would be missing in the next.
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  return fd;
}

static void watch(int fd, uint32_t events, void *what, int how) {
  struct epoll_event event = {.events = events, .data.ptr = what};
  if (epoll_ctl(poller, how, fd, &event) < 0) die("epoll_ctl: %s", strerror(errno));
}

static void put(int fd, const void *data, size_t size) {
  if (write(fd, data, size) != (ssize_t)size) die("write: %s", strerror(errno));
}

// Frames

static void send_frame(int fd, uint8_t opcode, const char *text) {
  size_t size = strlen(text), head = size < 126 ? 2 : 4;
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

static int begins(const struct subscriber *one, const char *with) {
  size_t size = strlen(with);
  if (size > PREFIX) size = PREFIX;
  return one->prefix_size >= size && memcmp(one->prefix, with, size) == 0;
}

static int mentions(const struct subscriber *one, const char *text) {
  return memmem(one->prefix, one->prefix_size, text, strlen(text)) != NULL;
}

static void received_message(struct subscriber *one) {
  if (one->stage == GREETING && begins(one, ready_prefix)) {
    one->stage = READY;
    ready++;
  } else if (mentions(one, event_mark)) {
    delivered++;
    if (recording) latencies[recorded++] = (float)((now() - published_at) * 1e3);
  } else if (one->prefix_size == 1 && one->prefix[0] == '2') {
    send_frame(one->fd, 1, "3");  // the heartbeat of Engine.IO
  } else if (one->stage == GREETING && begins(one, "0{")) {
    send_frame(one->fd, 1, hello);  // Engine.IO is open; its HELLO comes only now
  }
}

static void received_frame(struct subscriber *one) {
  uint8_t opcode = one->head[0] & 0x0f;
  if (opcode == 1) received_message(one);
  if (opcode == 9) send_frame(one->fd, 10, "");
  if (opcode == 8) die("the server closed a connection: %02x%02x", one->prefix[0], one->prefix[1]);
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

static size_t read_payload(struct subscriber *one, const uint8_t *data, size_t size) {
  size_t used = size < one->left ? size : one->left;
  size_t kept = PREFIX - one->prefix_size;
  if (kept > used) kept = used;
  memcpy(one->prefix + one->prefix_size, data, kept);
  one->prefix_size += kept;
  one->left -= used;
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
    size_t used = read_payload(one, data, size);
    data += used;
    size -= used;
    if (one->left) return;
    received_frame(one);
    one->in_payload = 0;
    one->head_size = 0;
  }
}

// Subscribers

static void open_subscriber(struct subscriber *one) {
  struct sockaddr_in address = server_address();
  one->fd = new_socket(SOCK_NONBLOCK);
  if (connect(one->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)
    die("connect: %s", strerror(errno));
  watch(one->fd, EPOLLOUT, one, EPOLL_CTL_ADD);
  opened++;
}

static void ask_upgrade(struct subscriber *one) {
  char request[2048];
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(one->fd, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error) die("connect: %s", strerror(error));
  int size = snprintf(request, sizeof request,
                      "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
                      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                      path, port);
  put(one->fd, request, size);
  one->stage = UPGRADING;
  watch(one->fd, EPOLLIN, one, EPOLL_CTL_MOD);
}

static void upgraded(struct subscriber *one) {
  one->stage = GREETING;
  // With Engine.IO, which speaks first, HELLO answers it.
  if (*hello && hello[0] == '{') send_frame(one->fd, 1, hello);
  if (!*ready_prefix) {
    one->stage = READY;
    ready++;
  }
}

// Answers how much of the data belongs to the HTTP response.
static size_t read_upgrade(struct subscriber *one, const uint8_t *data, size_t size) {
  if (one->newlines == 0 && size > 12 && memcmp(data + 9, "101", 3) != 0)
    die("not upgraded: %.*s", (int)(size < 200 ? size : 200), data);
  for (size_t at = 0; at < size; at++) {
    if (data[at] == '\n' && ++one->newlines == 2) {
      upgraded(one);
      return at + 1;
    }
    if (data[at] != '\n' && data[at] != '\r') one->newlines = 0;
  }
  return size;
}

static void read_subscriber(struct subscriber *one) {
  ssize_t size = read(one->fd, buffer, BUFFER);
  if (size < 0 && errno == EAGAIN) return;
  if (size <= 0) die("a subscriber lost its connection (%zd, %s)", size, strerror(errno));
  size_t used = one->stage == UPGRADING ? read_upgrade(one, buffer, size) : 0;
  if ((size_t)size > used) parse_frames(one, buffer + used, size - used);
}

// Publications

static void open_controls(void) {
  for (int at = 0; at < control_count; at++) {
    struct sockaddr_in address = server_address();
    controls[at].fd = new_socket(0);
    if (connect(controls[at].fd, (struct sockaddr *)&address, sizeof address) < 0)
      die("connect: %s", strerror(errno));
    watch(controls[at].fd, EPOLLIN, &controls[at], EPOLL_CTL_ADD);
  }
}

static void publish(struct control *one) {
  const char *request = requests[next_request++ % request_count];
  one->busy = 1;
  one->size = 0;
  put(one->fd, request, strlen(request));
}

static int publish_if_free(void) {
  for (int at = 0; at < control_count; at++)
    if (!controls[at].busy) {
      publish(&controls[at]);
      return 1;
    }
  return 0;
}

static int is_whole(const struct control *one) {
  const char *end = strstr(one->answer, "\r\n\r\n");
  const char *length = strcasestr(one->answer, "content-length:");
  if (!end || !length || length > end) return 0;
  return one->answer + one->size >= end + 4 + strtoul(length + 15, NULL, 10);
}

static void read_control(struct control *one) {
  ssize_t size = read(one->fd, one->answer + one->size, sizeof one->answer - one->size - 1);
  if (size <= 0) die("the publisher lost its connection");
  one->size += size;
  one->answer[one->size] = 0;
  if (memcmp(one->answer, "HTTP/1.1 2", 10) != 0) die("not published: %s", one->answer);
  if (is_whole(one)) one->busy = 0;
}

// Phases

static int is_control(const void *what) {
  return what >= (void *)controls && what < (void *)(controls + MOST_CONTROLS);
}

static void turn(int timeout_ms) {
  struct epoll_event events[EVENTS];
  int count = epoll_wait(poller, events, EVENTS, timeout_ms);
  for (int at = 0; at < count; at++) {
    struct subscriber *one = events[at].data.ptr;
    if (is_control(one))
      read_control(events[at].data.ptr);
    else if (one->stage == CONNECTING)
      ask_upgrade(one);
    else
      read_subscriber(one);
  }
}

static void turn_until(const uint64_t *counter, uint64_t goal) {
  double deadline = now() + PATIENCE_S;
  while (*counter < goal) {
    turn(100);
    if (now() > deadline)
      die("%llu of %llu came", (unsigned long long)*counter, (unsigned long long)goal);
  }
}

static void idle(int milliseconds) {
  double end = now() + milliseconds / 1e3;
  while (now() < end) turn(1);
}

static void await_line(void) {
  char line[16];
  fflush(stdout);
  if (!fgets(line, sizeof line, stdin)) exit(0);
}

static void connect_all(void) {
  double started = now(), deadline = started + PATIENCE_S;
  while (ready < wanted) {
    while (opened < wanted && opened - ready < AT_ONCE) open_subscriber(&subscribers[opened]);
    turn(100);
    if (now() > deadline) die("%d of %d subscribers are ready", ready, wanted);
  }
  printf("{\"phase\":\"connected\",\"seconds\":%.6f}\n", now() - started);
}

static int by_value(const void *left, const void *right) {
  float difference = *(const float *)left - *(const float *)right;
  return difference < 0 ? -1 : difference > 0;
}

static void publish_and_wait(void) {
  uint64_t goal = delivered + wanted;
  published_at = now();
  if (!publish_if_free()) die("every publisher is busy");
  turn_until(&delivered, goal);
  while (controls[0].busy) turn(100);
  idle(PAUSE_MS);
}

static void measure_single(int rounds) {
  float *all = malloc(sizeof *all * wanted * rounds);
  latencies = malloc(sizeof *latencies * wanted * 2);
  for (int at = 0; at < WARM_UP; at++) publish_and_wait();
  printf("{\"phase\":\"single\",\"last\":[");
  for (int at = 0; at < rounds; at++) {
    recording = 1;
    recorded = 0;
    publish_and_wait();
    recording = 0;
    if (recorded != (size_t)wanted) die("%zu deliveries of one publication", recorded);
    printf("%s%.3f", at ? "," : "", latencies[recorded - 1]);
    memcpy(all + (size_t)at * wanted, latencies, sizeof *all * wanted);
  }
  size_t count = (size_t)wanted * rounds;
  qsort(all, count, sizeof *all, by_value);
  printf("],\"p50\":%.3f,\"p99\":%.3f}\n", all[count / 2], all[count * 99 / 100]);
}

static void measure_loop(double seconds) {
  uint64_t before = delivered, published = 0;
  double cpu = own_cpu(), started = now(), end = started + seconds;
  while (now() < end) {
    while (published - (delivered - before) / wanted < (uint64_t)window && publish_if_free())
      published++;
    turn(100);
  }
  turn_until(&delivered, before + published * wanted);
  double took = now() - started;
  printf("{\"phase\":\"loop\",\"seconds\":%.6f,\"publications\":%llu,\"deliveries\":%llu,"
         "\"clientBusy\":%.4f}\n",
         took, (unsigned long long)published, (unsigned long long)(delivered - before),
         (own_cpu() - cpu) / took);
}

int main(int count, char **arguments) {
  if (count < 11) die("see the beginning of this file for what to give");
  port = atoi(arguments[1]);
  path = arguments[2];
  wanted = atoi(arguments[3]);
  hello = arguments[4];
  ready_prefix = arguments[5];
  event_mark = arguments[6];
  window = atoi(arguments[9]);
  requests = arguments + 10;
  request_count = count - 10;
  control_count = window < MOST_CONTROLS ? window : MOST_CONTROLS;
  poller = epoll_create1(0);
  subscribers = calloc(wanted, sizeof *subscribers);
  connect_all();
  await_line();
  open_controls();
  measure_single(atoi(arguments[7]));
  await_line();
  measure_loop(atof(arguments[8]));
  await_line();
  return 0;
}
