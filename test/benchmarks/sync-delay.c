/*
 * Preload library that makes the disk slow to sync: every fdatasync and fsync takes
 * GRANARY_SYNC_DELAY_US microseconds longer. So the benchmark sees what group commit is worth on a
 * disk that is not this machine's.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

static int (*real_fdatasync)(int);
static int (*real_fsync)(int);
static struct timespec delay;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void set_up(void) {
  const char *text = getenv("GRANARY_SYNC_DELAY_US");
  long microseconds = text ? atol(text) : 0;
  delay.tv_sec = microseconds / 1000000;
  delay.tv_nsec = microseconds % 1000000 * 1000;
  *(void **)&real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  *(void **)&real_fsync = dlsym(RTLD_NEXT, "fsync");
}

static void wait_longer(void) {
  int saved = errno;
  struct timespec left = delay;
  while (nanosleep(&left, &left) == -1 && errno == EINTR) {
  }
  errno = saved;
}

int fdatasync(int fd) {
  pthread_once(&once, set_up);
  int result = real_fdatasync(fd);
  wait_longer();
  return result;
}

int fsync(int fd) {
  pthread_once(&once, set_up);
  int result = real_fsync(fd);
  wait_longer();
  return result;
}
