// Sockets, time, and the loop over all of them.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

enum { EVENTS = 1024, PATIENCE_S = 60 };

static int poller = -1;

void die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  exit(1);
}

double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

double own_cpu(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return used.ru_utime.tv_sec + used.ru_utime.tv_usec / 1e6 + used.ru_stime.tv_sec +
         used.ru_stime.tv_usec / 1e6;
}

static struct sockaddr_in address_of(const char *host, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  if (inet_pton(AF_INET, host, &address.sin_addr) != 1) die("no address: %s", host);
  return address;
}

int connected_socket(const char *source, int flags) {
  int one = 1, fd = socket(AF_INET, SOCK_STREAM | flags, 0);
  if (fd < 0) die("socket: %s", strerror(errno));
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  // Ends by a reset: ports that linger after one run would be missing in the next.
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  // The port is chosen when the destination is known: then each source has all ports for each.
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  struct sockaddr_in from = address_of(source, 0), to = address_of("127.0.0.1", given.port);
  if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0)
    die("bind to %s: %s", source, strerror(errno));
  if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)
    die("connect: %s", strerror(errno));
  return fd;
}

static void control(int how, int fd, uint32_t events, void *what) {
  if (poller < 0) poller = epoll_create1(0);
  struct epoll_event event = {.events = events, .data.ptr = what};
  if (epoll_ctl(poller, how, fd, &event) < 0) die("epoll_ctl: %s", strerror(errno));
}

void watch(int fd, uint32_t events, void *what) { control(EPOLL_CTL_ADD, fd, events, what); }

void rewatch(int fd, uint32_t events, void *what) { control(EPOLL_CTL_MOD, fd, events, what); }

void put(int fd, const void *data, size_t size) {
  if (write(fd, data, size) != (ssize_t)size) die("write: %s", strerror(errno));
}

static void attend(void *what) {
  enum kind kind = *(enum kind *)what;
  if (kind == INPUT)
    read_commands();
  else if (kind == CONTROL)
    read_control(what);
  else if (((struct subscriber *)what)->stage == CONNECTING)
    continue_connecting(what);
  else
    read_subscriber(what);
}

void turn(int timeout_ms) {
  static struct epoll_event events[EVENTS];
  int count = epoll_wait(poller, events, EVENTS, timeout_ms);
  for (int at = 0; at < count; at++) attend(events[at].data.ptr);
}

void turn_until(const uint64_t *counter, uint64_t goal) {
  double deadline = now() + PATIENCE_S;
  while (*counter < goal) {
    turn(100);
    if (now() > deadline)
      die("%llu of %llu came", (unsigned long long)*counter, (unsigned long long)goal);
  }
}

void idle(int milliseconds) {
  double end = now() + milliseconds / 1e3;
  while (now() < end) turn(1);
}
