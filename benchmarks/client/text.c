// Patterns: {n} is the number of a topic, {i} that of a subscriber or publication, {ip} an address
// made of it, {way} is up or down in turn.
#include <stdio.h>
#include <string.h>

#include "load.h"

static size_t put_number(char *into, size_t room, uint64_t number) {
  return snprintf(into, room, "%llu", (unsigned long long)number);
}

static size_t put_address(char *into, size_t room, uint64_t number) {
  unsigned parts = (unsigned)number;
  return snprintf(into, room, "10.%u.%u.%u", parts >> 16 & 255, parts >> 8 & 255, parts & 255);
}

static int is_at(const char *text, const char *name) {
  return strncmp(text, name, strlen(name)) == 0;
}

size_t fill(char *into, size_t room, const char *pattern, struct place at) {
  size_t size = 0;
  while (*pattern) {
    if (size + 24 > room) die("a message to send is too long");
    if (is_at(pattern, "{n}")) {
      size += put_number(into + size, room - size, given.base + at.topic);
      pattern += 3;
    } else if (is_at(pattern, "{i}")) {
      size += put_number(into + size, room - size, at.number);
      pattern += 3;
    } else if (is_at(pattern, "{ip}")) {
      size += put_address(into + size, room - size, at.number);
      pattern += 4;
    } else if (is_at(pattern, "{way}")) {
      size += snprintf(into + size, room - size, at.number / given.topics % 2 ? "down" : "up");
      pattern += 5;
    } else {
      into[size++] = *pattern++;
    }
  }
  into[size] = 0;
  return size;
}
