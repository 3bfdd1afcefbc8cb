/*===- FailCalls.c - A disk that fails at the N-th call ----------------------===
 *
 * Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
 *
 *===----------------------------------------------------------------------===
 *
 * To be preloaded. Of the calls about what lies in or beneath FAIL_FOLDER, made
 * by the process whose rank is FAIL_RANK, number FAIL_AT fails as FAIL_HOW says:
 *
 *   kill     the process is killed before the call
 *   torn     half of what the call would write is written, then the same
 *   short    half of what the call would write is written; other calls go on
 *   a number the call fails with this errno
 *
 * and so do all calls from there on, with FAIL_ON=1. FAIL_POOR=1 is a file system
 * without unnamed files, exchanges of names and reserved room. FAIL_COUNT names a
 * file to which each call's name is appended.
 *
 *===----------------------------------------------------------------------===*/

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int calls;

static const char *get(const char *name) {
  const char *value = getenv(name);
  return value ? value : "";
}

static int isMyRank(void) {
  const char *rank = getenv("OMPI_COMM_WORLD_RANK");
  return strcmp(get("FAIL_RANK"), rank ? rank : "0") == 0;
}

static int isBeneath(const char *path) {
  const char *folder = get("FAIL_FOLDER");
  size_t length = strlen(folder);
  return length > 0 && strncmp(path, folder, length) == 0 &&
         (path[length] == '\0' || path[length] == '/');
}

static int isFile(int descriptor) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
  long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof(path) - 1);
  if (length < 0)
    return 0;
  path[length] = '\0';
  return isBeneath(path);
}

static int isPath(int folder, const char *path) {
  return path[0] == '/' || folder == AT_FDCWD ? isBeneath(path)
                                              : isFile(folder);
}

enum Fate { GoOn, Fails, Halves, Torn };

/* What becomes of a call; where it is Fails, errno is set. */
static enum Fate meet(const char *name, int matters) {
  int before = errno;
  if (!matters || !isMyRank())
    return GoOn;
  int number = atomic_fetch_add(&calls, 1) + 1;
  if (*get("FAIL_COUNT")) {
    char line[64];
    int length = snprintf(line, sizeof(line), "%s\n", name);
    long file = syscall(SYS_openat, AT_FDCWD, get("FAIL_COUNT"),
                        O_WRONLY | O_CREAT | O_APPEND, 0666);
    syscall(SYS_write, file, line, length);
    syscall(SYS_close, file);
  }
  int at = atoi(get("FAIL_AT"));
  const char *how = get("FAIL_HOW");
  errno = before;
  if (at == 0 || number < at || (number > at && !*get("FAIL_ON")))
    return GoOn;
  if (strcmp(how, "kill") == 0)
    kill(getpid(), SIGKILL);
  if (strcmp(how, "torn") == 0)
    return Torn;
  if (strcmp(how, "short") == 0)
    return Halves;
  errno = atoi(how);
  return Fails;
}

static int isPoor(int matters, int error) {
  if (!matters || !*get("FAIL_POOR"))
    return 0;
  errno = error;
  return 1;
}

/* A call that writes nothing: torn is killed. */
static int fails(const char *name, int matters) {
  enum Fate fate = meet(name, matters);
  if (fate == Torn)
    kill(getpid(), SIGKILL);
  return fate == Fails;
}

#define REAL(NAME) ((__typeof__(&NAME))dlsym(RTLD_NEXT, #NAME))

static int openFile(int folder, const char *path, int flags, mode_t mode) {
  int matters = isPath(folder, path);
  if ((flags & O_TMPFILE) == O_TMPFILE && isPoor(matters, EOPNOTSUPP))
    return -1;
  return fails("open", matters)
             ? -1
             : (int)syscall(SYS_openat, folder, path, flags, mode);
}

#define MODE()                                                                 \
  va_list more;                                                                \
  va_start(more, flags);                                                       \
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;      \
  va_end(more)

int open(const char *path, int flags, ...) {
  MODE();
  return openFile(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  MODE();
  return openFile(AT_FDCWD, path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
  MODE();
  return openFile(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
  MODE();
  return openFile(folder, path, flags, mode);
}
FILE *fopen(const char *path, const char *mode) {
  return fails("fopen", isBeneath(path)) ? NULL : REAL(fopen)(path, mode);
}
FILE *fopen64(const char *path, const char *mode) {
  return fails("fopen", isBeneath(path)) ? NULL : REAL(fopen)(path, mode);
}
DIR *opendir(const char *path) {
  return fails("opendir", isBeneath(path)) ? NULL : REAL(opendir)(path);
}
DIR *fdopendir(int folder) {
  return fails("fdopendir", isFile(folder)) ? NULL : REAL(fdopendir)(folder);
}

static ssize_t put(const char *name, int file, const void *bytes, size_t count,
                   const off_t *at) {
  enum Fate fate = meet(name, isFile(file));
  if (fate == Fails)
    return -1;
  if (fate != GoOn)
    count = (count + 1) / 2;
  ssize_t done = at ? syscall(SYS_pwrite64, file, bytes, count, *at)
                    : syscall(SYS_write, file, bytes, count);
  if (fate == Torn)
    kill(getpid(), SIGKILL);
  return done;
}
ssize_t write(int file, const void *bytes, size_t count) {
  return put("write", file, bytes, count, NULL);
}
ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
  return put("pwrite", file, bytes, count, &at);
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off_t at) {
  return put("pwrite", file, bytes, count, &at);
}

int fallocate(int file, int mode, off_t at, off_t count) {
  int matters = isFile(file);
  if (isPoor(matters, EOPNOTSUPP) || fails("fallocate", matters))
    return -1;
  return (int)syscall(SYS_fallocate, file, mode, at, count);
}
int fallocate64(int file, int mode, off_t at, off_t count) {
  return fallocate(file, mode, at, count);
}
int fsync(int file) {
  return fails("fsync", isFile(file)) ? -1 : (int)syscall(SYS_fsync, file);
}
/* Linux closes the file whatever it returns. */
int close(int file) {
  int failed = fails("close", isFile(file)), error = errno;
  int result = (int)syscall(SYS_close, file);
  if (!failed)
    return result;
  errno = error;
  return -1;
}
int flock(int file, int operation) {
  return fails("flock", isFile(file)) ? -1
                                      : (int)syscall(SYS_flock, file, operation);
}
int mkdir(const char *path, mode_t mode) {
  return fails("mkdir", isBeneath(path)) ? -1
                                         : (int)syscall(SYS_mkdir, path, mode);
}
int linkat(int from, const char *source, int to, const char *target,
           int flags) {
  return fails("linkat", isPath(to, target))
             ? -1
             : (int)syscall(SYS_linkat, from, source, to, target, flags);
}
int rename(const char *from, const char *to) {
  return fails("rename", isBeneath(to)) ? -1
                                        : (int)syscall(SYS_rename, from, to);
}
int renameat2(int fromFolder, const char *from, int toFolder, const char *to,
              unsigned int flags) {
  int matters = isPath(toFolder, to);
  if (isPoor(matters, EINVAL) || fails("renameat2", matters))
    return -1;
  return (int)syscall(SYS_renameat2, fromFolder, from, toFolder, to, flags);
}
int unlink(const char *path) {
  return fails("unlink", isBeneath(path)) ? -1 : (int)syscall(SYS_unlink, path);
}
int unlinkat(int folder, const char *path, int flags) {
  return fails("unlinkat", isPath(folder, path))
             ? -1
             : (int)syscall(SYS_unlinkat, folder, path, flags);
}
int rmdir(const char *path) {
  return fails("rmdir", isBeneath(path)) ? -1 : (int)syscall(SYS_rmdir, path);
}
int remove(const char *path) {
  return fails("remove", isBeneath(path)) ? -1 : REAL(remove)(path);
}
