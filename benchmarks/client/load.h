// Many live subscribers in one thread, and the requests that make a server tell them something.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { PREFIX = 320, MOST_STEPS = 4, MOST_CONTROLS = 64, MOST_TOPICS = 100000 };

enum stage { CONNECTING, UPGRADING, GREETING, READY };
enum protocol { WEBSOCKET, SSE };

// What has to be read from a connection; its kind comes first, for epoll knows only the address.
enum kind { SUBSCRIBER, CONTROL, INPUT };

struct subscriber {
  enum kind kind;
  int fd;
  int number;         // among all subscribers of all programs; tells its topic
  enum stage stage;
  uint8_t steps;      // of the greeting that were sent
  uint8_t head[10];   // of the frame being read
  uint8_t head_size;
  uint8_t in_payload;
  uint8_t newlines;   // in a row: the end of the response's head, or of an event
  uint8_t changing;   // an answer to a change of its subscriptions is awaited
  uint8_t holds;      // the topic `extra`, beside its own
  uint16_t prefix_size;
  uint32_t heard;     // deliveries since the phase began
  uint32_t extra;
  double asked_at;
  uint64_t left;      // of the frame's payload; only meaningful once its head is whole
  uint8_t prefix[PREFIX];
};

// Said once a message with `after` near its beginning came; if that is empty, at once.
struct step {
  const char *after, *say;
};

struct options {
  enum protocol protocol;
  int port, subscribers, first, topics, base, connecting;
  const char *source, *path, *ready, *event, *request;
  const char *join, *joined, *leave, *left;
  struct step steps[MOST_STEPS];
  int step_count;
};

extern struct options given;
extern struct subscriber *subscribers;
extern int ready;                                // subscribers
extern uint64_t delivered;
extern void (*on_delivery)(struct subscriber *); // told of each; may be NULL
extern void (*on_change)(struct subscriber *);   // its change was answered

// sockets.c
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
double now(void);
double own_cpu(void);
int connected_socket(const char *source, int flags);
void watch(int fd, uint32_t events, void *what);
void rewatch(int fd, uint32_t events, void *what);
void put(int fd, const void *data, size_t size);
void turn(int timeout_ms);
void turn_until(const uint64_t *counter, uint64_t goal);
void idle(int milliseconds);

// text.c
struct place {
  uint64_t topic, number;
};
size_t fill(char *into, size_t room, const char *pattern, struct place at);

// subscribers.c
void open_subscriber(struct subscriber *one);
void read_subscriber(struct subscriber *one);
void continue_connecting(struct subscriber *one);
void say(struct subscriber *one, const char *pattern, uint64_t topic);
int topic_of(const struct subscriber *one);

// publisher.c
void open_controls(int count);
int publish_if_free(int topic);
int publishers_busy(void);
void read_control(void *control);

// phases.c
void run_command(const char *line);
void read_commands(void);
