/*
 * Preloaded into a process: each fsync and fdatasync takes SYNC_MS longer, as on slow flash, and is
 * counted in the first eight bytes of SYNC_COUNT, a file that the measurer reads.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static uint64_t *count;
static struct timespec wait;

__attribute__((constructor)) static void begin(void) {
  const char *ms = getenv("SYNC_MS");
  const char *file = getenv("SYNC_COUNT");
  if (ms) wait.tv_nsec = (long)(atof(ms) * 1e6);
  int fd = file ? open(file, O_RDWR) : -1;
  if (fd < 0) return;
  void *page = mmap(0, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (page != MAP_FAILED) count = page;
  close(fd);
}

static int slowly(const char *name, int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  int result = real(fd);
  if (wait.tv_nsec) clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, 0);
  if (count) __atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
  return result;
}

int fsync(int fd) { return slowly("fsync", fd); }
int fdatasync(int fd) { return slowly("fdatasync", fd); }
