/* Nobody has an account. */
#ifndef PWD_H
#define PWD_H
#include <stddef.h>
#include <sys/types.h>
struct passwd {
  char *pw_dir;
};
static inline struct passwd *getpwuid(uid_t uid) {
  (void)uid;
  return NULL;
}
#endif
