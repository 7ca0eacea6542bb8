/* One thread: once is once, and nobody else comes. */
#ifndef PTHREAD_H
#define PTHREAD_H
#include <sys/types.h>
#define PTHREAD_ONCE_INIT 0
static inline int pthread_once(pthread_once_t *done, void (*init)(void)) {
  if (!*done) {
    *done = 1;
    init();
  }
  return 0;
}
#endif
