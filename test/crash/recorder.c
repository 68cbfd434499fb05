/*
 * Records what a process does to the files below one directory, as one totally ordered trace.
 *
 * Loaded with LD_PRELOAD. Everything but a sync happens under one lock, together with its record:
 * the order of the trace is the order of the file system. A sync leaves two records, one before it
 * starts and one after it has ended; it covers what stands before the first and counts from the
 * second on. trace.ts reads the records, disk-state.ts gives them their meaning.
 *
 *   GRANARY_RECORD_ROOT       the directory (absolute, without symbolic links)
 *   GRANARY_RECORD_TRACE      the trace, outside of it; is appended to
 *   GRANARY_RECORD_SYNC_US    how long a sync takes; the real one is left out
 *
 * What it cannot follow ends the process with a line on stderr: a writable shared mapping, a write
 * through a path that it does not know. A trace with a hole would prove nothing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum record_type {
  STARTED = 1,
  OPENED = 2,
  WRITTEN = 3,
  RESIZED = 4,
  SYNC_STARTED = 5,
  SYNC_ENDED = 6,
  RENAMED = 7,
  UNLINKED = 8,
  DIRECTORY_MADE = 9,
  DIRECTORY_REMOVED = 10,
  LINKED = 11,
  OPAQUE_OPENED = 12,
};

/* Must agree with trace.ts. */
struct record_header {
  uint32_t length; /* of the whole record */
  uint8_t type;
  uint8_t unused;
  uint16_t path_length;
  uint32_t handle;
  uint32_t flags;
  uint64_t number; /* offset, size or sync, by type */
};

#define FD_COUNT_MAX 65536

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_length;
static int trace_fd = -1;
static useconds_t sync_us;
static uint32_t handles[FD_COUNT_MAX];
static uint32_t handle_last;
static uint64_t sync_last;

static void give_up(const char *what, const char *path) {
  dprintf(2, "recorder: cannot follow %s of %s\n", what, path);
  abort();
}

#define REAL(name) ((__typeof__(&name))real_symbol(#name))
static void *real_symbol(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (found == NULL) give_up("symbol", name);
  return found;
}

/* The system calls that several C functions lead to; made directly, so that nothing comes back here. */
static long direct(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  if (result < 0 && result > -4096) {
    errno = (int)-result;
    return -1;
  }
  return result;
}

/* Appends one record. The caller holds the lock. */
static void record(enum record_type type, uint32_t handle, uint32_t flags, uint64_t number,
                   const char *path, const struct iovec *pieces, int count, size_t length) {
  struct record_header header = {0};
  size_t path_length = path == NULL ? 0 : strlen(path);
  header.length = (uint32_t)(sizeof header + path_length + length);
  header.type = (uint8_t)type;
  header.path_length = (uint16_t)path_length;
  header.handle = handle;
  header.flags = flags;
  header.number = number;
  int kept = errno;
  size_t total = header.length;
  char *bytes = malloc(total);
  if (bytes == NULL) give_up("memory", "trace");
  memcpy(bytes, &header, sizeof header);
  if (path_length > 0) memcpy(bytes + sizeof header, path, path_length);
  size_t at = sizeof header + path_length;
  for (int i = 0; i < count && at < total; i++) {
    size_t some = pieces[i].iov_len < total - at ? pieces[i].iov_len : total - at;
    memcpy(bytes + at, pieces[i].iov_base, some);
    at += some;
  }
  for (size_t done = 0; done < total;) {
    long some = direct(SYS_write, trace_fd, (long)(bytes + done), (long)(total - done), 0, 0, 0);
    if (some <= 0) give_up("append", "trace");
    done += (size_t)some;
  }
  free(bytes);
  errno = kept;
}

__attribute__((constructor)) static void start(void) {
  const char *directory = getenv("GRANARY_RECORD_ROOT");
  const char *trace = getenv("GRANARY_RECORD_TRACE");
  const char *delay = getenv("GRANARY_RECORD_SYNC_US");
  if (directory == NULL || trace == NULL) return;
  root_length = strlen(directory);
  if (root_length == 0 || root_length >= sizeof root) give_up("root", directory);
  memcpy(root, directory, root_length + 1);
  sync_us = delay == NULL ? 0 : (useconds_t)atoi(delay);
  trace_fd = (int)direct(SYS_openat, AT_FDCWD, (long)trace,
                         O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600, 0, 0);
  if (trace_fd < 0) give_up("open", trace);
  pthread_mutex_lock(&lock);
  record(STARTED, 0, 0, (uint64_t)getpid(), NULL, NULL, 0, 0);
  pthread_mutex_unlock(&lock);
}

/* Makes a path absolute and plain; returns it relative to the root, or NULL if it is outside. */
static const char *below_root(int directory_fd, const char *path, char *buffer) {
  if (trace_fd < 0 || path == NULL) return NULL;
  char joined[2 * PATH_MAX];
  joined[0] = 0;
  if (path[0] != '/') {
    if (directory_fd == AT_FDCWD) {
      if (direct(SYS_getcwd, (long)joined, PATH_MAX, 0, 0, 0, 0) < 0) return NULL;
    } else {
      char link[64];
      snprintf(link, sizeof link, "/proc/self/fd/%d", directory_fd);
      long length = direct(SYS_readlink, (long)link, (long)joined, PATH_MAX - 1, 0, 0, 0);
      if (length < 0) return NULL;
      joined[length] = 0;
    }
    strcat(joined, "/");
  }
  if (strlen(joined) + strlen(path) >= sizeof joined) return NULL;
  strcat(joined, path);
  size_t length = 0;
  for (char *at = joined; *at != 0;) {
    while (*at == '/') at++;
    size_t name = strcspn(at, "/");
    if (name == 0) break;
    if (name == 2 && at[0] == '.' && at[1] == '.') {
      while (length > 0 && buffer[--length] != '/') {
      }
    } else if (!(name == 1 && at[0] == '.')) {
      if (length + name + 2 >= PATH_MAX) return NULL;
      buffer[length++] = '/';
      memcpy(buffer + length, at, name);
      length += name;
    }
    at += name;
  }
  buffer[length] = 0;
  if (strncmp(buffer, root, root_length) != 0) return NULL;
  if (buffer[root_length] == 0) return buffer + root_length;
  return buffer[root_length] == '/' ? buffer + root_length + 1 : NULL;
}

static uint32_t handle_of(int fd) {
  return fd >= 0 && fd < FD_COUNT_MAX ? __atomic_load_n(&handles[fd], __ATOMIC_ACQUIRE) : 0;
}

static void set_handle(int fd, uint32_t handle) {
  if (fd < 0) return;
  if (fd >= FD_COUNT_MAX) give_up("so many descriptors", "process");
  __atomic_store_n(&handles[fd], handle, __ATOMIC_RELEASE);
}

static int record_open(int directory_fd, const char *path, int flags, mode_t mode) {
  char buffer[PATH_MAX];
  const char *inside = below_root(directory_fd, path, buffer);
  if (inside == NULL) {
    int fd = (int)direct(SYS_openat, directory_fd, (long)path, flags, mode, 0, 0);
    if (fd >= 0 && handle_of(fd) != 0) set_handle(fd, 0);
    return fd;
  }
  pthread_mutex_lock(&lock);
  int fd = (int)direct(SYS_openat, directory_fd, (long)path, flags, mode, 0, 0);
  if (fd >= 0) {
    set_handle(fd, ++handle_last);
    record(OPENED, handle_last, (uint32_t)flags, 0, inside, NULL, 0, 0);
  }
  pthread_mutex_unlock(&lock);
  return fd;
}

static mode_t mode_of(int flags, va_list arguments) {
  return flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

#define OPEN_BODY(directory_fd)                                                                    \
  va_list arguments;                                                                               \
  va_start(arguments, flags);                                                                      \
  mode_t mode = mode_of(flags, arguments);                                                         \
  va_end(arguments);                                                                               \
  return record_open(directory_fd, path, flags, mode);

int open(const char *path, int flags, ...) { OPEN_BODY(AT_FDCWD) }
int open64(const char *path, int flags, ...) { OPEN_BODY(AT_FDCWD) }
int openat(int directory_fd, const char *path, int flags, ...) { OPEN_BODY(directory_fd) }
int openat64(int directory_fd, const char *path, int flags, ...) { OPEN_BODY(directory_fd) }
int creat(const char *path, mode_t mode) {
  return record_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

/* RocksDB's own log ("LOG") goes through stdio: its name is followed, its text is not. */
static FILE *record_fopen(const char *path, const char *mode, FILE *(*real)(const char *, const char *)) {
  char buffer[PATH_MAX];
  const char *inside = below_root(AT_FDCWD, path, buffer);
  if (inside == NULL || mode[0] == 'r') return real(path, mode);
  const char *name = strrchr(inside, '/');
  if (strcmp(name == NULL ? inside : name + 1, "LOG") != 0) give_up("fopen", inside);
  pthread_mutex_lock(&lock);
  FILE *file = real(path, mode);
  if (file != NULL) record(OPAQUE_OPENED, 0, 0, 0, inside, NULL, 0, 0);
  pthread_mutex_unlock(&lock);
  return file;
}
FILE *fopen(const char *path, const char *mode) { return record_fopen(path, mode, REAL(fopen)); }
FILE *fopen64(const char *path, const char *mode) { return record_fopen(path, mode, REAL(fopen64)); }

int close(int fd) {
  if (handle_of(fd) == 0) return (int)direct(SYS_close, fd, 0, 0, 0, 0, 0);
  pthread_mutex_lock(&lock);
  set_handle(fd, 0);
  int result = (int)direct(SYS_close, fd, 0, 0, 0, 0, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

static int record_dup(int fd, int copy) {
  if (copy >= 0) set_handle(copy, handle_of(fd));
  return copy;
}
int dup(int fd) { return record_dup(fd, (int)direct(SYS_dup, fd, 0, 0, 0, 0, 0)); }
int dup2(int fd, int to) { return record_dup(fd, (int)direct(SYS_dup2, fd, to, 0, 0, 0, 0)); }
int dup3(int fd, int to, int flags) {
  return record_dup(fd, (int)direct(SYS_dup3, fd, to, flags, 0, 0, 0));
}
static int record_fcntl(int fd, int command, long argument) {
  int result = (int)direct(SYS_fcntl, fd, command, argument, 0, 0, 0);
  return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? record_dup(fd, result) : result;
}
#define FCNTL_BODY                                                                                 \
  va_list arguments;                                                                               \
  va_start(arguments, command);                                                                    \
  long argument = va_arg(arguments, long);                                                         \
  va_end(arguments);                                                                               \
  return record_fcntl(fd, command, argument);
int fcntl(int fd, int command, ...) { FCNTL_BODY }
int fcntl64(int fd, int command, ...) { FCNTL_BODY }

/* offset < 0: from the file's own position on. */
static ssize_t record_write(int fd, const struct iovec *pieces, int count, off64_t offset) {
  uint32_t handle = handle_of(fd);
  if (handle == 0) {
    return offset < 0 ? direct(SYS_writev, fd, (long)pieces, count, 0, 0, 0)
                      : direct(SYS_pwritev, fd, (long)pieces, count, (long)offset, 0, 0);
  }
  pthread_mutex_lock(&lock);
  off64_t at = offset;
  long flags = direct(SYS_fcntl, fd, F_GETFL, 0, 0, 0, 0);
  if (flags >= 0 && (flags & O_APPEND) != 0) at = direct(SYS_lseek, fd, 0, SEEK_END, 0, 0, 0);
  else if (offset < 0) at = direct(SYS_lseek, fd, 0, SEEK_CUR, 0, 0, 0);
  if (at < 0) give_up("position", "file");
  long written = offset < 0 ? direct(SYS_writev, fd, (long)pieces, count, 0, 0, 0)
                            : direct(SYS_pwritev, fd, (long)pieces, count, (long)offset, 0, 0);
  if (written > 0) record(WRITTEN, handle, 0, (uint64_t)at, NULL, pieces, count, (size_t)written);
  pthread_mutex_unlock(&lock);
  return written;
}

static ssize_t record_plain_write(int fd, const void *bytes, size_t length, off64_t offset) {
  struct iovec piece = {(void *)bytes, length};
  if (handle_of(fd) != 0) return record_write(fd, &piece, 1, offset);
  return offset < 0 ? direct(SYS_write, fd, (long)bytes, (long)length, 0, 0, 0)
                    : direct(SYS_pwrite64, fd, (long)bytes, (long)length, (long)offset, 0, 0);
}

ssize_t write(int fd, const void *bytes, size_t length) {
  return record_plain_write(fd, bytes, length, -1);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
  return record_plain_write(fd, bytes, length, offset);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  return record_plain_write(fd, bytes, length, offset);
}
ssize_t writev(int fd, const struct iovec *pieces, int count) {
  return record_write(fd, pieces, count, -1);
}
ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t offset) {
  return record_write(fd, pieces, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec *pieces, int count, off64_t offset) {
  return record_write(fd, pieces, count, offset);
}
ssize_t pwritev2(int fd, const struct iovec *pieces, int count, off_t offset, int flags) {
  if (handle_of(fd) != 0 && flags != 0) give_up("pwritev2 with flags", "file");
  return record_write(fd, pieces, count, offset);
}
ssize_t pwritev64v2(int fd, const struct iovec *pieces, int count, off64_t offset, int flags) {
  if (handle_of(fd) != 0 && flags != 0) give_up("pwritev64v2 with flags", "file");
  return record_write(fd, pieces, count, offset);
}
ssize_t sendfile(int to, int from, off_t *offset, size_t length) {
  if (handle_of(to) != 0) give_up("sendfile", "file");
  return direct(SYS_sendfile, to, from, (long)offset, (long)length, 0, 0);
}
ssize_t sendfile64(int to, int from, off64_t *offset, size_t length) {
  return sendfile(to, from, offset, length);
}
ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t length, unsigned flags) {
  if (handle_of(to) != 0) give_up("copy_file_range", "file");
  return direct(SYS_copy_file_range, from, (long)from_at, to, (long)to_at, (long)length, (long)flags);
}

static int record_resize(int fd, long result, off64_t size) {
  if (result == 0) record(RESIZED, handle_of(fd), 0, (uint64_t)size, NULL, NULL, 0, 0);
  return (int)result;
}
int ftruncate(int fd, off_t size) {
  if (handle_of(fd) == 0) return (int)direct(SYS_ftruncate, fd, size, 0, 0, 0, 0);
  pthread_mutex_lock(&lock);
  int result = record_resize(fd, direct(SYS_ftruncate, fd, size, 0, 0, 0, 0), size);
  pthread_mutex_unlock(&lock);
  return result;
}
int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }
int truncate(const char *path, off_t size) {
  char buffer[PATH_MAX];
  const char *inside = below_root(AT_FDCWD, path, buffer);
  if (inside != NULL) give_up("truncate by name", inside);
  return (int)direct(SYS_truncate, (long)path, size, 0, 0, 0, 0);
}
int truncate64(const char *path, off64_t size) { return truncate(path, size); }

/* Space that is reserved without a new length leaves no record: nobody can read it. */
int fallocate(int fd, int mode, off_t offset, off_t length) {
  if (handle_of(fd) == 0) return (int)direct(SYS_fallocate, fd, mode, offset, length, 0, 0);
  if ((mode & ~FALLOC_FL_KEEP_SIZE) != 0) give_up("fallocate with this mode", "file");
  pthread_mutex_lock(&lock);
  long result = direct(SYS_fallocate, fd, mode, offset, length, 0, 0);
  struct stat status;
  if (result == 0 && (mode & FALLOC_FL_KEEP_SIZE) == 0 &&
      direct(SYS_fstat, fd, (long)&status, 0, 0, 0, 0) == 0) {
    record_resize(fd, 0, status.st_size);
  }
  pthread_mutex_unlock(&lock);
  return (int)result;
}
int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
  return fallocate(fd, mode, offset, length);
}
int posix_fallocate(int fd, off_t offset, off_t length) {
  return fallocate(fd, 0, offset, length) == 0 ? 0 : errno;
}
int posix_fallocate64(int fd, off64_t offset, off64_t length) {
  return posix_fallocate(fd, offset, length);
}

static int record_sync(int fd, long number) {
  uint32_t handle = handle_of(fd);
  if (handle == 0) return (int)direct(number, fd, 0, 0, 0, 0, 0);
  pthread_mutex_lock(&lock);
  uint64_t sync = ++sync_last;
  record(SYNC_STARTED, handle, 0, sync, NULL, NULL, 0, 0);
  pthread_mutex_unlock(&lock);
  /* The kernel is not asked: what is durable after a power cut is for the reader of the trace. */
  if (sync_us > 0) usleep(sync_us);
  pthread_mutex_lock(&lock);
  record(SYNC_ENDED, handle, 0, sync, NULL, NULL, 0, 0);
  pthread_mutex_unlock(&lock);
  return 0;
}
int fsync(int fd) { return record_sync(fd, SYS_fsync); }
int fdatasync(int fd) { return record_sync(fd, SYS_fdatasync); }

static int record_two_names(enum record_type type, int from_fd, const char *from, int to_fd,
                            const char *to, unsigned flags) {
  char from_buffer[PATH_MAX], to_buffer[PATH_MAX], both[2 * PATH_MAX];
  const char *inside_from = below_root(from_fd, from, from_buffer);
  const char *inside_to = below_root(to_fd, to, to_buffer);
  long number = type == RENAMED ? SYS_renameat2 : SYS_linkat;
  if (inside_from == NULL && inside_to == NULL) {
    return (int)direct(number, from_fd, (long)from, to_fd, (long)to, (long)flags, 0);
  }
  if (type == RENAMED && flags != 0) give_up("rename with flags", to);
  pthread_mutex_lock(&lock);
  long result = direct(number, from_fd, (long)from, to_fd, (long)to, (long)flags, 0);
  if (result == 0) {
    /* An empty name stands for a place outside the root. */
    snprintf(both, sizeof both, "%s\n%s", inside_from == NULL ? "" : inside_from,
             inside_to == NULL ? "" : inside_to);
    record(type, 0, 0, 0, both, NULL, 0, 0);
  }
  pthread_mutex_unlock(&lock);
  return (int)result;
}
int rename(const char *from, const char *to) {
  return record_two_names(RENAMED, AT_FDCWD, from, AT_FDCWD, to, 0);
}
int renameat(int from_fd, const char *from, int to_fd, const char *to) {
  return record_two_names(RENAMED, from_fd, from, to_fd, to, 0);
}
int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags) {
  return record_two_names(RENAMED, from_fd, from, to_fd, to, flags);
}
int link(const char *from, const char *to) {
  return record_two_names(LINKED, AT_FDCWD, from, AT_FDCWD, to, 0);
}
int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags) {
  return record_two_names(LINKED, from_fd, from, to_fd, to, (unsigned)flags);
}

static int record_name(enum record_type type, int directory_fd, const char *path, long number,
                       long argument) {
  char buffer[PATH_MAX];
  const char *inside = below_root(directory_fd, path, buffer);
  if (inside == NULL) return (int)direct(number, directory_fd, (long)path, argument, 0, 0, 0);
  pthread_mutex_lock(&lock);
  long result = direct(number, directory_fd, (long)path, argument, 0, 0, 0);
  if (result == 0) record(type, 0, 0, 0, inside, NULL, 0, 0);
  pthread_mutex_unlock(&lock);
  return (int)result;
}
int unlink(const char *path) { return record_name(UNLINKED, AT_FDCWD, path, SYS_unlinkat, 0); }
int unlinkat(int directory_fd, const char *path, int flags) {
  enum record_type type = flags & AT_REMOVEDIR ? DIRECTORY_REMOVED : UNLINKED;
  return record_name(type, directory_fd, path, SYS_unlinkat, flags);
}
int rmdir(const char *path) {
  return record_name(DIRECTORY_REMOVED, AT_FDCWD, path, SYS_unlinkat, AT_REMOVEDIR);
}
int remove(const char *path) {
  int result = unlink(path);
  return result == 0 || errno != EISDIR ? result : rmdir(path);
}
int mkdir(const char *path, mode_t mode) {
  return record_name(DIRECTORY_MADE, AT_FDCWD, path, SYS_mkdirat, mode);
}
int mkdirat(int directory_fd, const char *path, mode_t mode) {
  return record_name(DIRECTORY_MADE, directory_fd, path, SYS_mkdirat, mode);
}
int symlink(const char *target, const char *path) {
  char buffer[PATH_MAX];
  if (below_root(AT_FDCWD, path, buffer) != NULL) give_up("symlink", path);
  return (int)direct(SYS_symlinkat, (long)target, AT_FDCWD, (long)path, 0, 0, 0);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  if ((flags & MAP_SHARED) != 0 && (protection & PROT_WRITE) != 0 && handle_of(fd) != 0) {
    give_up("a writable shared mapping", "file");
  }
  return (void *)direct(SYS_mmap, (long)address, (long)length, protection, flags, fd, offset);
}
void *mmap64(void *address, size_t length, int protection, int flags, int fd, off64_t offset) {
  return mmap(address, length, protection, flags, fd, offset);
}

/* libuv makes some of its calls this way. */
long syscall(long number, ...) {
  va_list arguments;
  va_start(arguments, number);
  long a = va_arg(arguments, long), b = va_arg(arguments, long), c = va_arg(arguments, long);
  long d = va_arg(arguments, long), e = va_arg(arguments, long), f = va_arg(arguments, long);
  va_end(arguments);
  switch (number) {
    case SYS_close: return close((int)a);
    case SYS_write: return write((int)a, (void *)b, (size_t)c);
    case SYS_writev: return writev((int)a, (void *)b, (int)c);
    case SYS_pwrite64: return pwrite64((int)a, (void *)b, (size_t)c, d);
    case SYS_pwritev: return pwritev64((int)a, (void *)b, (int)c, d);
    case SYS_fsync: return fsync((int)a);
    case SYS_fdatasync: return fdatasync((int)a);
    case SYS_copy_file_range:
      return copy_file_range((int)a, (void *)b, (int)c, (void *)d, (size_t)e, (unsigned)f);
    case SYS_renameat2: return renameat2((int)a, (void *)b, (int)c, (void *)d, (unsigned)e);
    case SYS_io_uring_setup: errno = ENOSYS; return -1;
    default: return direct(number, a, b, c, d, e, f);
  }
}
