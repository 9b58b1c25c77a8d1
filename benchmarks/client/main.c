// The load: load NAME=VALUE ..., then phases on standard input (phases.c) until that ends.
//
//   port, path              of the server; path may hold patterns (text.c)
//   protocol                websocket or sse
//   subscribers, first      how many, and the number of the first of them
//   topics, base            subscribers listen to topics in turn, numbered from base on
//   source                  the address to connect from
//   connecting              how many may be on their way in at once
//   after, say              what to say after a message that has this near its beginning; repeated
//   ready, event            near the beginning of what makes it ready, and of a delivery
//   request                 METHOD PATH, headers, an empty line, a body: publishes one message
//   join, joined, leave, left  a change of topics, and what answers it
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "load.h"

struct options given = {
    .topics = 1, .connecting = 256, .source = "127.0.0.1", .path = "/", .ready = "",
    .event = "", .request = "", .join = "", .joined = "", .leave = "", .left = "",
};

static enum kind input = INPUT;
static char command[256];
static int has_command;

void read_commands(void) {
  size_t size = strlen(command);
  ssize_t count = read(STDIN_FILENO, command + size, sizeof command - size - 1);
  if (count <= 0) exit(0);
  command[size + count] = 0;
  has_command = strchr(command, '\n') != NULL;
}

static int number(const char *name, const char *value) {
  if (!*value || strspn(value, "0123456789") != strlen(value)) die("%s: %s?", name, value);
  return atoi(value);
}

static void take(const char *name, const char *value) {
  struct { const char *name; int *place; } numbers[] = {
      {"port", &given.port}, {"subscribers", &given.subscribers}, {"first", &given.first},
      {"topics", &given.topics}, {"base", &given.base}, {"connecting", &given.connecting},
  };
  struct { const char *name; const char **place; } texts[] = {
      {"path", &given.path}, {"source", &given.source}, {"ready", &given.ready},
      {"event", &given.event}, {"request", &given.request}, {"join", &given.join},
      {"joined", &given.joined}, {"leave", &given.leave}, {"left", &given.left},
      {"after", &given.steps[given.step_count].after},
      {"say", &given.steps[given.step_count].say},
  };
  for (size_t at = 0; at < sizeof numbers / sizeof *numbers; at++)
    if (!strcmp(name, numbers[at].name)) {
      *numbers[at].place = number(name, value);
      return;
    }
  for (size_t at = 0; at < sizeof texts / sizeof *texts; at++)
    if (!strcmp(name, texts[at].name)) {
      *texts[at].place = value;
      if (!strcmp(name, "say") && ++given.step_count == MOST_STEPS) die("too many steps");
      return;
    }
  if (strcmp(name, "protocol")) die("nothing is called %s", name);
  given.protocol = strcmp(value, "sse") ? WEBSOCKET : SSE;
}

static void prepare(void) {
  if (!given.port || !given.subscribers || !given.topics) die("give port and subscribers");
  subscribers = calloc(given.subscribers, sizeof *subscribers);
  if (!subscribers) die("no memory for %d subscribers", given.subscribers);
  for (int at = 0; at < given.subscribers; at++) subscribers[at].number = given.first + at;
  for (int at = 0; at < given.step_count; at++)
    if (!given.steps[at].after) given.steps[at].after = "";
  watch(STDIN_FILENO, EPOLLIN, &input);
}

int main(int count, char **arguments) {
  for (int at = 1; at < count; at++) {
    char *value = strchr(arguments[at], '=');
    if (!value) die("%s: what is it?", arguments[at]);
    *value = 0;
    take(arguments[at], value + 1);
  }
  prepare();
  for (;;) {
    while (!has_command) turn(-1);
    char line[sizeof command];
    strcpy(line, command);
    has_command = 0;
    command[0] = 0;
    run_command(line);
  }
}
