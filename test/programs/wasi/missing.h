/*
 * Included before every source: what these programs call and WASI does not have. There are no rights and owners of
 * files, so that setting them is done at once; no symbolic links, so that every path is a real one; no locks, so that
 * asking for one fails; no other programs.
 */
#ifndef MISSING_H
#define MISSING_H
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

static inline int chmod(const char *path, mode_t mode) { return (void)path, (void)mode, 0; }
static inline int fchmod(int fd, mode_t mode) { return (void)fd, (void)mode, 0; }
static inline int chown(const char *path, uid_t uid, gid_t gid) { return (void)path, (void)uid, (void)gid, 0; }
static inline int fchown(int fd, uid_t uid, gid_t gid) { return (void)fd, (void)uid, (void)gid, 0; }
static inline mode_t umask(mode_t mask) { return (void)mask, 0; }
static inline uid_t getuid(void) { return 0; }
static inline uid_t geteuid(void) { return 0; }

static inline char *realpath(const char *path, char *resolved) {
  return resolved == NULL ? strdup(path) : strcpy(resolved, path);
}

#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2
#define F_GETLK 5
#define F_SETLK 6

static inline int system(const char *command) { return command == NULL ? 0 : (errno = ENOSYS, -1); }
#define L_tmpnam 20
#define tmpfile() ((FILE *)NULL)
#define tmpnam(name) ((char *)NULL)
#endif
