// What is measured, each phase on a line of standard input and answered by a line of JSON.
//
//   connect                 until all subscribers are ready
//   single ROUNDS           publications, each after all have received the one before
//   loop SECONDS WINDOW     as many publications as possible, at most WINDOW on their way
//   pace SECONDS RATE       publications at fixed moments; delays count from these moments
//   change SECONDS WINDOW   topics joined and left, at most WINDOW requests unanswered
//   listen                  until each has one more delivery; told twice: before, and then
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

enum { WARM_UP = 3, PAUSE_MS = 20, PATIENCE_S = 300 };

static float *delays;  // in milliseconds
static size_t recorded, room;
static double started, rate;
static uint64_t asked, changes;
static int next_changing;

static void record(double seconds) {
  if (recorded < room) delays[recorded++] = (float)(seconds * 1e3);
}

static void make_room(size_t size) {
  free(delays);
  delays = malloc(sizeof *delays * size);
  if (!delays) die("no memory for %zu delays", size);
  room = size;
  recorded = 0;
}

static int by_value(const void *left, const void *right) {
  float difference = *(const float *)left - *(const float *)right;
  return difference < 0 ? -1 : difference > 0;
}

static void tell_delays(void) {
  if (!recorded) die("nothing was measured");
  qsort(delays, recorded, sizeof *delays, by_value);
  printf("\"p50\":%.3f,\"p99\":%.3f,\"longest\":%.3f,", delays[recorded / 2],
         delays[recorded * 99 / 100], delays[recorded - 1]);
}

static void begin(void) {
  for (int at = 0; at < given.subscribers; at++) subscribers[at].heard = 0;
  started = now();
}

// Subscribers that one publication reaches: topics are dealt out in turn.
static int listeners(void) {
  if (given.subscribers % given.topics) die("as many subscribers on every topic, please");
  return given.subscribers / given.topics;
}

// connect

static void connect_all(void) {
  int opened = 0;
  double deadline = now() + PATIENCE_S;
  begin();
  while (ready < given.subscribers) {
    while (opened < given.subscribers && opened - ready < given.connecting)
      open_subscriber(&subscribers[opened++]);
    turn(100);
    if (now() > deadline) die("%d of %d subscribers are ready", ready, given.subscribers);
  }
  printf("{\"phase\":\"connected\",\"seconds\":%.6f}\n", now() - started);
}

// single

static void since_publication(struct subscriber *one) {
  (void)one;
  record(now() - started);
}

static double publish_and_wait(void) {
  uint64_t goal = delivered + listeners();
  size_t before = recorded;
  started = now();
  if (!publish_if_free(0)) die("every publisher is busy");
  turn_until(&delivered, goal);
  double last = now() - started;
  while (publishers_busy()) turn(100);
  idle(PAUSE_MS);
  if (on_delivery && recorded != before + listeners()) die("a publication came more than once");
  return last;
}

static void measure_single(int rounds) {
  open_controls(1);
  on_delivery = NULL;
  for (int at = 0; at < WARM_UP; at++) publish_and_wait();
  make_room((size_t)listeners() * rounds + listeners());
  on_delivery = since_publication;
  printf("{\"phase\":\"single\",\"last\":[");
  for (int at = 0; at < rounds; at++) printf("%s%.3f", at ? "," : "", publish_and_wait() * 1e3);
  printf("],");
  on_delivery = NULL;
  tell_delays();
  printf("\"deliveries\":%zu}\n", recorded);
}

// loop

static void measure_loop(double seconds, int window) {
  uint64_t before = delivered, published = 0;
  int each = listeners();
  open_controls(window);
  double cpu = own_cpu(), start = now(), end = start + seconds;
  while (now() < end) {
    while (published - (delivered - before) / each < (uint64_t)window &&
           publish_if_free(random() % given.topics))
      published++;
    turn(100);
  }
  turn_until(&delivered, before + published * each);
  double took = now() - start;
  printf("{\"phase\":\"loop\",\"seconds\":%.6f,\"publications\":%llu,\"deliveries\":%llu,"
         "\"clientBusy\":%.4f}\n",
         took, (unsigned long long)published, (unsigned long long)(delivered - before),
         (own_cpu() - cpu) / took);
  while (publishers_busy()) turn(100);
}

// pace

static void since_due(struct subscriber *one) {
  uint64_t publication = (uint64_t)one->heard * given.topics + topic_of(one);
  record(now() - (started + publication / rate));
}

static void measure_pace(double seconds, double wanted_rate) {
  uint64_t count = (uint64_t)(seconds * wanted_rate) / given.topics * given.topics, sent = 0;
  uint64_t before = delivered;
  if (!count) die("publish at least once on each topic");
  open_controls(MOST_CONTROLS);
  make_room(count * listeners());
  double cpu = own_cpu();
  rate = wanted_rate;
  begin();
  on_delivery = since_due;
  while (sent < count) {
    double wait = started + sent / rate - now();
    if (wait <= 0 && publish_if_free(sent % given.topics))
      sent++;
    else
      turn(wait > 0.001 ? 1 : 0);
  }
  turn_until(&delivered, before + count * listeners());
  on_delivery = NULL;
  double took = now() - started;
  printf("{\"phase\":\"pace\",");
  tell_delays();
  printf("\"publications\":%llu,\"deliveries\":%zu,\"clientBusy\":%.4f}\n",
         (unsigned long long)count, recorded, (own_cpu() - cpu) / took);
  while (publishers_busy()) turn(100);
}

// change

static void ask_change(void) {
  struct subscriber *one = &subscribers[next_changing++ % given.subscribers];
  if (one->changing) die("more requests at once than subscribers");
  if (!one->holds) one->extra = random() % given.topics;
  one->changing = 1;
  asked++;
  one->asked_at = now();
  say(one, one->holds ? given.leave : given.join, one->extra);
}

static void changed(struct subscriber *one) {
  record(now() - one->asked_at);
  one->changing = 0;
  one->holds = !one->holds;
  changes++;
  if (now() - started < rate) ask_change();
}

static void measure_changes(double seconds, int window) {
  make_room(1 << 22);
  double cpu = own_cpu();
  asked = changes = 0;
  rate = seconds;
  on_change = changed;
  begin();
  for (int at = 0; at < window; at++) ask_change();
  while (now() - started < seconds) turn(100);
  double took = now() - started, busy = own_cpu() - cpu;
  uint64_t done = changes;
  turn_until(&changes, asked);
  printf("{\"phase\":\"change\",");
  tell_delays();
  printf("\"seconds\":%.6f,\"changes\":%llu,\"clientBusy\":%.4f}\n", took,
         (unsigned long long)done, busy / took);
}

// listen

static void await_one_more(void) {
  uint64_t goal = delivered + given.subscribers;
  printf("{\"phase\":\"listening\"}\n");
  fflush(stdout);
  turn_until(&delivered, goal);
  printf("{\"phase\":\"heard\",\"at\":%.6f}\n", now());
}

void run_command(const char *line) {
  double seconds = 0, second = 0;
  char name[16] = "";
  sscanf(line, "%15s %lf %lf", name, &seconds, &second);
  if (!strcmp(name, "connect")) connect_all();
  else if (!strcmp(name, "single")) measure_single((int)seconds);
  else if (!strcmp(name, "loop")) measure_loop(seconds, (int)second);
  else if (!strcmp(name, "pace")) measure_pace(seconds, second);
  else if (!strcmp(name, "change")) measure_changes(seconds, (int)second);
  else if (!strcmp(name, "listen")) await_one_more();
  else die("no phase is called %s", name);
  fflush(stdout);
}
